"""The texts that the Therapy Room shows of a turn, each part with who it is by. Pure.

People's words stand in quotes and work as no markup; the agents' words keep their markup, and
neither can ping anyone or add them to the thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain import Conversation, HarmFinding, Reflection, Review, Speaker, Turn, Utterance
from bot.domain.findings import FINDING_BY_NAME, finding_title
from bot.rooms.chat.splitting import split_text
from cogs.shared.text import agents_words, member_name, on_one_line, quoted, shortened

MOST_QUOTED: Final = 800
"""Characters shown of each message that the turn answers; it stands whole in the Chat Room."""
MOST_SHOWN: Final = 8000
"""Characters shown of an agent's words: twice as many as a reply may have."""
MOST_NOTED: Final = 300
"""Characters of each note below an utterance."""

MARKS: Final = {
    Speaker.THERAPIST: "🛋️ **Therapist**",
    Speaker.CHATBOT: "🤖 **Chatbot**",
    Speaker.MODERATOR: "🧑 **Moderator, as Therapist**",
}
"""How each speaker is marked: by name, and at a glance."""


def render_draft(turn: Turn, asked: Conversation) -> list[str]:
    """Return the draft, below what it answers: messages of at most 2,000 characters."""
    quotations = "\n".join(
        f"> **{member_name(line.speaker)}**\n{quoted(line.text, MOST_QUOTED)}"
        for line in asked.asked
    )
    head = f"### Turn {turn.id}\n{quotations}\n📝 **Draft**"
    return split_text(f"{head}\n{_words(turn.draft)}")


def render_utterance(utterance: Utterance) -> list[str]:
    """Return what one of the two said, in which round, with the answer's short fields as notes."""
    head = f"{MARKS[utterance.speaker]} · round {utterance.round}"
    notes = "\n".join(f"-# {note}" for note in _notes(utterance))
    return split_text(f"{head}\n{_words(utterance.text)}\n{notes}")


def render_reply(turn: Turn, link: str | None) -> list[str]:
    """Return the reply as it went to the Chat Room."""
    how = "the draft as it was" if turn.reply == turn.draft else "after therapy"
    where = f" · [in the Chat Room]({link})" if link else ""
    return split_text(f"✅ **Reply** · {how}{where}\n{_words(turn.reply)}")


def render_withheld(turn: Turn, link: str | None) -> list[str]:
    """Say that no reply was sent, and why."""
    apology = f"They read [a short apology]({link})." if link else "No apology could be posted."
    why = quoted(turn.withheld_because or "unknown", MOST_QUOTED)
    return split_text(f"⛔ **No reply was sent.** {apology}\n{why}")


def _words(text: str | None) -> str:
    return shortened(agents_words(text or ""), MOST_SHOWN) or "(nothing)"


def _notes(utterance: Utterance) -> Iterator[str]:
    if utterance.review:
        yield from _of_review(utterance.review)
    if utterance.reflection:
        yield from _of_reflection(utterance.reflection)


def _of_review(review: Review) -> Iterator[str]:
    for label, text in (("feels", review.user_feels), ("needs", review.user_needs)):
        if text.strip():
            yield f"{label}: {_note(text)}"
    for found in review.harms:
        yield _found(found)
    if review.gives_needs is False and not review.harms:
        yield "to work on: the message does not give what they need"
    if not review.something_left:
        yield "nothing left to work on"
    elif review.wants_to_see:
        yield "wants to see the change"


def _found(found: HarmFinding) -> str:
    """Return one finding: the three scores and what is none of the list would hurt."""
    kind = FINDING_BY_NAME.get(found.harm)
    label = "would hurt" if kind is None or kind.is_score else "to work on"
    quote = f' · "{_note(found.quote)}"' if found.quote.strip() else ""
    return f"{label}: {_note(finding_title(found.harm))} ({_note(found.why)}){quote}"


def _of_reflection(reflection: Reflection) -> Iterator[str]:
    state = reflection.state
    yield (
        f"progression {state.therapy_progression} · confusion {state.confusion} · "
        f"urgency {state.urgency}"
    )
    if reflection.keeps_message:
        yield f"keeps the message as it is: {_note(reflection.keeps_why) or 'no reason given'}"
    elif reflection.wants_another_round:
        yield f"wants another round, and would say now: {_note(reflection.response)}"
    else:
        yield "ready to respond"


def _note(text: str) -> str:
    return on_one_line(text, MOST_NOTED)


def speaker_and_words(name: str, text: str, limit: int) -> str:
    """Return a person's name and words on one line."""
    return f"**{member_name(name)}**: {on_one_line(text, limit)}"
