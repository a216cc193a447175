"""The rows of a tuning, as JSON Lines: replies to imitate or to prefer, or verdicts on drafts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Self, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator

from bot.domain import Conversation, Line, Value
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import CHATBOT, Text

Said = tuple[Text, Text]
"""Who says a line of a talk, and what."""
LONGEST: Final = 4000
"""Most characters of an answer: what a message of Discord holds with room to spare."""
Answer = Annotated[str, Field(min_length=1, max_length=LONGEST)]
RowT = TypeVar("RowT", bound="TalkRow")


class TalkRow(Value):
    """What all rows have: a talk, oldest line first, the last by a person."""

    id: Text
    kind: str = ""
    language: str = ""
    talk: Annotated[tuple[Said, ...], Field(min_length=1)]

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


def load_rows(path: Path, kind: type[RowT]) -> tuple[RowT, ...]:
    """Load the rows of a file; SettingError names the line that is wrong."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} cannot be read ({type(error).__name__}).") from None
    rows: dict[str, RowT] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _row(f"{path}:{number}", line, kind)
        if row.id in rows:
            raise SettingError(f"{path}:{number}: the id {row.id!r} is there twice.")
        rows[row.id] = row
    if not rows:
        raise SettingError(f"{path}: there are no rows.")
    return tuple(rows.values())


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
        json.dumps(row.model_dump(mode="json"), sort_keys=True, ensure_ascii=False) for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _row(where: str, text: str, kind: type[RowT]) -> RowT:
    try:
        return kind.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise SettingError(f"{where}: not JSON: {error.msg}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the row"
        raise SettingError(f"{where}: {place}: {first['msg']}.") from None
