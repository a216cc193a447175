"""The rows of a tuning, as JSON Lines: replies to imitate or to prefer, or verdicts on drafts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator

from bot.domain import Conversation, Line, Value
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import CHATBOT, Text

Said = tuple[Text, Text]
"""Who says a line of a talk, and what."""
LONGEST: Final = 4000
"""Most characters of an answer: what a message of Discord holds with room to spare."""
Answer = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class TalkRow(Value):
    """What all rows have: a talk, oldest line first, the last by a person."""

    id: Text
    kind: str = ""
    language: str = ""
    talk: Annotated[tuple[Said, ...], Field(min_length=1)]
    split: str = ""

    @field_validator("talk")
    @classmethod
    def _ends_with_a_person(cls, talk: tuple[Said, ...]) -> tuple[Said, ...]:
        if talk[-1][0] == CHATBOT:
            raise ValueError("the last line of the talk has to be a person's")
        return talk

    @property
    def conversation(self) -> Conversation:
        """Return the talk as the agents see it."""
        *before, asked = (
            Line(speaker=speaker, text=text, by_chatbot=speaker == CHATBOT)
            for speaker, text in self.talk
        )
        return Conversation(lines=tuple(before), asked=(asked,))


class ReplyRow(TalkRow):
    """A reply of the Chatbot that is good, and for preferring one that is not as good."""

    reply: Answer
    rejected: Answer | None = None

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.reply == self.rejected:
            raise ValueError("reply and rejected are the same")
        return self


class VerdictRow(TalkRow):
    """A draft of the Chatbot and what a Therapist should see in it.

    ``feelings`` and ``need`` are the person's, ``missing`` is what the draft lacks or does wrong.
    """

    draft: Answer
    fit: bool
    feelings: str = ""
    need: str = ""
    missing: str = ""


def require_pairs(rows: Sequence[ReplyRow], path: Path) -> None:
    """Raise SettingError unless every row holds a reply to reject."""
    if lacking := [row.id for row in rows if row.rejected is None]:
        raise SettingError(
            f"{path}: --method dpo needs `rejected` in every row; {len(lacking)} have none, "
            f"the first is {lacking[0]!r}."
        )


def manifest_hash(rows: Sequence[TalkRow]) -> str:
    """Return the SHA-256 of the rows, whatever their order in the file and its spacing."""
    lines = sorted(
        json.dumps(
            row.model_dump(mode="json", exclude={"split"}), sort_keys=True, ensure_ascii=False
        )
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
