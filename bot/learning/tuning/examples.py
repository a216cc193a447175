"""Rows as the model is asked them: the agent's own prompt, and the answer it is to give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain import RoomSettings
from bot.learning.tuning.rows import ReplyRow, TalkRow, VerdictRow
from bot.llm.protocol import ChatMessage
from bot.prompting.templates import Prompts

FIT: Final = "fit"
NOT_FIT: Final = "not"
"""The first word of a Therapist's answer, each one token of the embedded model."""


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt with the answer to learn.

    ``rejected`` is the answer that it is to be preferred to, ``verdicts`` are the right and the
    wrong first word where the answer begins with a verdict.
    """

    id: str
    situation: str
    """Rows of one situation are never on both sides of a split."""
    language: str
    kind: str
    messages: tuple[ChatMessage, ...]
    chosen: str
    rejected: str | None = None
    verdicts: tuple[str, str] | None = None


def render_replies(
    rows: Sequence[ReplyRow], prompts: Prompts, persona: str, *, pairs: bool
) -> list[Example]:
    """Return the rows as the Chatbot's draft is asked; ``pairs`` takes the rejected ones along."""
    how = prompts.persona(persona)
    norms = RoomSettings().norms
    return [
        Example(
            row.id, situation, row.language, row.kind,
            prompts.render(
                "chatbot/draft",
                conversation=row.conversation, persona=how, norms=norms, help_given=False,
                keep_in_mind=(),
            ).messages,
            chosen=row.reply,
            rejected=row.rejected if pairs else None,
        )
        for row, situation in zip(rows, situations(rows), strict=True)
    ]  # fmt: skip


def render_verdicts(rows: Sequence[VerdictRow], prompts: Prompts) -> list[Example]:
    """Return the rows as the Therapist's verdict is asked."""
    return [
        Example(
            row.id, situation, row.language, row.kind,
            prompts.render(
                "therapist/verdict", conversation=row.conversation, text=row.draft
            ).messages,
            chosen=verdict_text(row),
            verdicts=(FIT, NOT_FIT) if row.fit else (NOT_FIT, FIT),
        )
        for row, situation in zip(rows, situations(rows), strict=True)
    ]  # fmt: skip


def verdict_text(row: VerdictRow) -> str:
    """Return the Therapist's answer: the verdict, then what the row says of the person."""
    told = {"Feels": row.feelings, "Needs": row.need, "Missing": row.missing}
    lines = (f"{name}: {text}" for name, text in told.items() if text)
    return "\n".join([FIT if row.fit else NOT_FIT, *lines])


def situations(rows: Sequence[TalkRow]) -> list[str]:
    """Return for each row the id of the first row of its situation.

    Rows are of one situation if their talks begin with the same line, or their ids are the same
    up to a slash: what came of one talk is never held out from itself.
    """
    first_row: dict[object, int] = {}
    leader = list(range(len(rows)))
    for at, row in enumerate(rows):
        for key in (row.talk[0], row.id.split("/", 1)[0]):
            other = _root(leader, first_row.setdefault(key, at))
            own = _root(leader, at)
            leader[max(own, other)] = min(own, other)
    return [rows[_root(leader, at)].id for at in range(len(rows))]


def _root(leader: Sequence[int], at: int) -> int:
    while leader[at] != at:
        at = leader[at]
    return at
