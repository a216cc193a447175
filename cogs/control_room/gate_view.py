"""The look of a reply that is held at the gate, and of what became of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import discord

from bot.domain import Act, Conversation, Turn, TurnState
from bot.domain.moderation import ActKind
from bot.text.moderator_texts import LANGUAGES, Later, reading, say, say_reason
from cogs.shared.components import button
from cogs.shared.modals import MOST_FIELDS, MOST_TYPED, text_field
from cogs.shared.text import make_harmless, on_one_line, shortened, shown_name
from cogs.therapy_room.transcript import speaker_and_words

MOST_REPLY: Final = 3000
MOST_ASKED: Final = 200
MOST_WHY: Final = 400
"""Characters shown; together within Discord's bound of an embed's description."""
HELD: Final = 0xFAA61A
LET_THROUGH: Final = 0x3BA55D
KEPT_BACK: Final = 0x9B59B6
SENT_BACK: Final = 0x5865F2

BUTTONS: Final = {
    "approve": (Later("Approve"), "✅", discord.ButtonStyle.success),
    "round": (Later("Another round"), "🔁", discord.ButtonStyle.primary),
    "edit": (Later("Edit"), "✏️", discord.ButtonStyle.secondary),
    "withhold": (Later("Withhold"), "⛔", discord.ButtonStyle.danger),
}
"""By what a press does, as in its id: label, mark, style."""


def render_gate(
    turn: Turn, asked: Conversation, why: str, *, trust: str = "", paused: bool = False
) -> discord.Embed:
    """Return a reply that waits: why, until when, what it answers, and its words.

    ``trust`` says how far the Critic can be trusted whose scores hold it.
    """
    last = asked.asked[-1]
    embed = discord.Embed(
        title=say("⏳ Reply #{number} · held for a decision", number=turn.number),
        description="\n".join(
            (
                f"<#{turn.room_id}> {speaker_and_words(last.speaker, last.text, MOST_ASKED)}",
                say("**Held because** {why}", why=on_one_line(say_reason(why), MOST_WHY)),
                _time_left(turn, paused=paused),
                "",
                say("**As the Chatbot wrote it**"),
                shortened(make_harmless(turn.reply or ""), MOST_REPLY),
            )
        ),
        colour=HELD,
        timestamp=turn.created_at,
    )
    notes = [say("trust in the Critic: {trust}", trust=trust)] if trust else []
    if len(turn.reply or "") > MOST_REPLY:
        notes.append(say("The whole reply stands in the file."))
    if notes:
        embed.set_footer(text=" · ".join(notes))
    return embed


def gate_buttons(turn: Turn) -> list[discord.ui.Button[Any]]:
    """Return the buttons for what a moderator can do with it; `GateButton` answers."""
    return [
        button(f"gate:{what}:{turn.id}", say(label), style=style, emoji=mark)
        for what, (label, mark, style) in BUTTONS.items()
    ]


def late_buttons(turn: Turn) -> list[discord.ui.Button[Any]]:
    """Return the button below a reply whose time is over; `GateButton` answers."""
    success = discord.ButtonStyle.success
    return [button(f"gate:late:{turn.id}", say("Send it after all"), style=success, emoji="📨")]


def render_decision(embed: discord.Embed, turn: Turn, acts: Sequence[Act]) -> discord.Embed:
    """Return the post after the decision, or after its time: who decided what."""
    sentence, colour = _outcome(turn, acts)
    after = embed.copy()
    title = say("Reply #{number} · no longer held", number=turn.number)
    after.title = f"{sentence.split(' ', 1)[0]} {title}"
    after.description = shortened(
        f"**{sentence}**\n{_with_time(embed.description or '', [])}", 4096
    )
    after.colour = discord.Colour(colour)
    return after


def edit_fields(text: str) -> list[discord.ui.Label[Any]] | None:
    """Return fields with the text to edit, in pieces if it is long; None if it is too long."""
    pieces = pieces_of(text)
    if len(pieces) > MOST_FIELDS:
        return None
    return [
        text_field(
            f"part{number}",
            say("The reply")
            if len(pieces) == 1
            else say("The reply, part {number} of {pieces}", number=number, pieces=len(pieces)),
            value=piece,
            long=True,
            required=True,
        )
        for number, piece in enumerate(pieces, start=1)
    ]


def pieces_of(text: str, most: int = MOST_TYPED) -> list[str]:
    """Cut the text into pieces that a field can hold, at the ends of lines if there are any."""
    pieces: list[str] = []
    while len(text) > most:
        at = text.rfind("\n", 1, most + 1)
        at = at if at > 0 else max(text.rfind(" ", 1, most + 1), 0) or most
        pieces.append(text[:at])
        text = text[at:].removeprefix("\n")
    return [*pieces, text]


def join_parts(parts: Sequence[str]) -> str:
    """Return the edited text."""
    return "\n".join(parts).strip()


def render_time(embed: discord.Embed, turn: Turn, *, paused: bool) -> discord.Embed:
    """Return the post with the time that is left now."""
    after = embed.copy()
    after.description = _with_time(embed.description or "", [_time_left(turn, paused=paused)])
    return after


_WITHHELD: Final = Later("**Withheld <t:{at}:R>** unless a moderator decides")
_STANDS_STILL: Final = Later(
    "**The room is paused**: the time to decide starts again when it is resumed"
)


@cache
def _times() -> tuple[str, ...]:
    """Return the beginnings of the line that tells the time, in every language it may be in."""
    beginnings: list[str] = []
    for language in LANGUAGES:
        with reading(language):
            said = (say(_WITHHELD), say(_STANDS_STILL))
        beginnings.extend(one.partition("{" if "{" in one else ":")[0] for one in said)
    return tuple(beginnings)


def _time_left(turn: Turn, *, paused: bool) -> str:
    if paused or turn.waits_until is None:
        return say(_STANDS_STILL)
    return say(_WITHHELD, at=int(turn.waits_until.timestamp()))


def _with_time(description: str, instead: Sequence[str]) -> str:
    """Return the description with ``instead`` in place of the first line about the time."""
    lines = description.split("\n")
    first = [at for at, line in enumerate(lines) if line.startswith(_times())][:1]
    for at in first:
        lines[at : at + 1] = instead
    return "\n".join(lines)


def _outcome(turn: Turn, acts: Sequence[Act]) -> tuple[str, int]:
    last = next((act for act in reversed(acts) if act.kind in _DECISIONS), None)
    if last is not None:
        sentence_of, colour = _DECISIONS[last.kind]
        return sentence_of(f"{shown_name(last.by.name)}"), colour
    if turn.state in (TurnState.WITHHOLDING, TurnState.WITHHELD):
        return say("⌛ Nobody decided in time: not sent"), KEPT_BACK
    return say("✅ It is no longer waiting"), LET_THROUGH


_DECISIONS: Final[Mapping[str, tuple[Callable[[str], str], int]]] = {
    ActKind.APPROVE: (lambda who: say("✅ {who} let it go out", who=who), LET_THROUGH),
    ActKind.EDIT: (lambda who: say("✏️ {who} edited it and let it go out", who=who), LET_THROUGH),
    ActKind.ANOTHER_ROUND: (
        lambda who: say("🔁 {who} sent it back into therapy", who=who),
        SENT_BACK,
    ),
    ActKind.WITHHOLD: (lambda who: say("⛔ {who} withheld it", who=who), KEPT_BACK),
}
"""By kind of act: the decision in words, and its colour."""


def words_field() -> discord.ui.Label[Any]:
    """Return a field for what the Chatbot is to hear in another round."""
    return text_field(
        "words",
        say("What should the Chatbot think about?"),
        hint=say("It hears this as if the Therapist had said it."),
        long=True,
        required=True,
        most=1000,
    )
