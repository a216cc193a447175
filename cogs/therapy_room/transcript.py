"""The texts that the Therapy Room shows of a turn, each part with who it is by. Pure.

People's words stand in quotes and work as no markup; the agents' words keep their markup, and
neither can ping anyone or add them to the thread.
"""

from __future__ import annotations

from typing import Final

from bot.domain import Conversation, Speaker, Turn, Utterance
from bot.reports.session_notes import Note, notes_of
from bot.rooms.chat.splitting import split_text
from bot.text.moderator_texts import Later, say, say_reason
from cogs.shared.text import agents_words, member_name, on_one_line, quoted, shortened

MOST_QUOTED: Final = 800
"""Characters shown of each message that the turn answers; it stands whole in the Chat Room."""
MOST_SHOWN: Final = 8000
"""Characters shown of an agent's words: twice as many as a reply may have."""
MOST_NOTED: Final = 300
"""Characters of each note below an utterance."""

MARKS: Final = {
    Speaker.THERAPIST: Later("🛋️ **Therapist**"),
    Speaker.CHATBOT: Later("🤖 **Chatbot**"),
    Speaker.MODERATOR: Later("🧑 **Moderator, as Therapist**"),
}
"""How each speaker is marked: by name, and at a glance."""


def render_draft(turn: Turn, asked: Conversation) -> list[str]:
    """Return the draft, below what it answers: messages of at most 2,000 characters."""
    quotations = "\n".join(
        f"> **{member_name(line.speaker)}**\n{quoted(line.text, MOST_QUOTED)}"
        for line in asked.asked
    )
    head = say("### Reply #{number}", number=turn.number)
    return split_text(f"{head}\n{quotations}\n{say('📝 **Draft**')}\n{_words(turn.draft)}")


def render_utterance(utterance: Utterance) -> list[str]:
    """Return what one of the two said, in which round, with the answer's short fields as notes."""
    head = say("{speaker} · round {round}", speaker=MARKS[utterance.speaker], round=utterance.round)
    notes = "\n".join(map(_note, notes_of(utterance)))
    return split_text(f"{head}\n{_words(utterance.text)}\n{notes}")


def render_reply(turn: Turn, link: str | None) -> list[str]:
    """Return the reply as it went to the Chat Room."""
    how = say("the draft as it was") if turn.reply == turn.draft else say("after therapy")
    where = f" · [{say('in the Chat Room')}]({link})" if link else ""
    return split_text(f"{say('✅ **Reply** · {how}', how=how)}{where}\n{_words(turn.reply)}")


def render_withheld(turn: Turn, link: str | None) -> list[str]:
    """Say that no reply was sent, and why."""
    apology = (
        say("They read [a short apology]({link}).", link=link)
        if link
        else say("No apology could be posted.")
    )
    why = quoted(say_reason(turn.withheld_because or "") or say("unknown"), MOST_QUOTED)
    return split_text(f"{say('⛔ **No reply was sent.** {apology}', apology=apology)}\n{why}")


def _words(text: str | None) -> str:
    return shortened(agents_words(text or ""), MOST_SHOWN) or say("(nothing)")


def _note(note: Note) -> str:
    text = f": {on_one_line(note.text, MOST_NOTED)}" if note.text else ""
    return f"-# {on_one_line(note.label, MOST_NOTED)}{text}"


def speaker_and_words(name: str, text: str, limit: int) -> str:
    """Return a person's name and words on one line."""
    return f"**{member_name(name)}**: {on_one_line(text, limit)}"
