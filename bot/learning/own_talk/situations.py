"""The situations of everyday talk: lines of a channel that end with what the Chatbot answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError

from bot.domain import Conversation, Value
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import DatasetLine

SITUATIONS: Final = "talk_messages.jsonl"
"""The file of `prompts/golden/` that holds the situations that ship."""


class Situation(Value):
    """A channel's last lines, the last by a person. ``split``: train, validation or test."""

    id: Annotated[str, Field(min_length=1)]
    kind: str
    language: str
    members: Annotated[int, Field(ge=1, le=4)]
    messages: Annotated[tuple[DatasetLine, ...], Field(min_length=1)]
    split: str = ""
    answer: str = ""
    """The right answer, of a question that has one."""
    danger: bool | None = None
    """Whether somebody is in danger, where the situation looks like it."""

    @property
    def conversation(self) -> Conversation:
        """Return the conversation that is to be answered."""
        *before, last = (said.line for said in self.messages)
        return Conversation(lines=tuple(before), asked=(last,))


def load_situations(path: Path) -> tuple[Situation, ...]:
    """Load the situations of a file; SettingError names the line that is wrong."""
    situations: dict[str, Situation] = {}
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} cannot be read ({type(error).__name__}).") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            situation = Situation.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the row"
            raise SettingError(f"{path}:{number}: {where}: {first['msg']}.") from None
        if situation.id in situations:
            raise SettingError(f"{path}:{number}: the id {situation.id!r} is there twice.")
        situations[situation.id] = situation
    if not situations:
        raise SettingError(f"{path}: there are no situations.")
    return tuple(situations.values())
