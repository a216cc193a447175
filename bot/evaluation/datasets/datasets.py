"""The sets of an evaluation: scenarios, and labelled replies for the Critic, as JSON Lines.

Both shapes are described beside the files that ship (`prompts/scenarios/`, `prompts/golden/`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol, Self, TypeVar

from pydantic import Field, ValidationError

from bot.domain import HARMS, Conversation, Line, Value
from bot.errors import SettingError

CHATBOT: Final = "Chatbot"
"""The speaker in a set's conversation that is the bot itself."""

Text = Annotated[str, Field(min_length=1)]
Label = Literal[0, 1]


class Row(Protocol):
    """One line of a set's file."""

    @property
    def id(self) -> str:
        """Return what names it, unique in its file; an empty one is known by its line."""
        ...

    @property
    def split(self) -> str:
        """Return the part of the set that it is of."""
        ...

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Return the row of these fields; ValidationError where they are wrong."""
        ...


RowT = TypeVar("RowT", bound=Row)


class DatasetLine(Value):
    """One line of a conversation."""

    speaker: Text
    text: Text

    @property
    def line(self) -> Line:
        """Return the line as the agents see it."""
        return Line(speaker=self.speaker, text=self.text, by_chatbot=self.speaker == CHATBOT)


def as_conversation(lines: Sequence[DatasetLine]) -> Conversation:
    """Return the conversation in which the last of these lines is to be answered."""
    *before, last = (said.line for said in lines)
    return Conversation(lines=tuple(before), asked=(last,))


class Scenario(Value):
    """A situation that the Chatbot answers."""

    id: Text
    turns: tuple[Text, ...] = Field(min_length=1)
    speaker: Text = "Alex"
    context: tuple[DatasetLine, ...] = ()
    persona: str | None = None
    draft: Text | None = None
    harm: tuple[Literal["manipulative", "gaslighting", "narcissistic"], ...] = ()
    facts: tuple[Text, ...] = ()
    theme: str = ""
    split: str = ""

    @property
    def conversation(self) -> Conversation:
        """Return the conversation to be answered: what the person said, with what came before."""
        asked = tuple(Line(speaker=self.speaker, text=text) for text in self.turns)
        return Conversation(lines=tuple(said.line for said in self.context), asked=asked)


class GoldenRow(Value):
    """A reply in its conversation, labelled by a person."""

    id: Text
    conversation: tuple[DatasetLine, ...] = Field(min_length=1)
    reply: Text
    manipulative: Label
    gaslighting: Label
    narcissistic: Label
    kind: str = ""
    theme: str = ""
    split: str = ""

    @property
    def harms(self) -> frozenset[str]:
        """Return the harms that the reply does."""
        return frozenset(harm for harm in HARMS if getattr(self, harm))

    @property
    def talk(self) -> Conversation:
        """Return the conversation that the reply answers."""
        return as_conversation(self.conversation)


class CrisisRow(Value):
    """A person's last lines, of which the last one speaks of danger or does not."""

    id: str = ""
    messages: tuple[Text, ...] = Field(min_length=1)
    """The last is judged; those before are that person's talk."""
    crisis: bool
    kind: str = ""
    language: str = ""
    talk: str = ""
    """The talk that the row is of, if it is more than a single line."""
    form: str = ""
    """``explicit`` or ``veiled``, where there is danger."""
    split: str = ""


def load_scenarios(path: Path, split: str | None = None) -> tuple[Scenario, ...]:
    """Load the scenarios of a file; SettingError names the line that is wrong."""
    return load_rows(path, Scenario, split)


def load_golden(path: Path, split: str | None = None) -> tuple[GoldenRow, ...]:
    """Load the labelled replies of a file; SettingError names the line that is wrong."""
    return load_rows(path, GoldenRow, split)


def load_crises(path: Path, split: str | None = None) -> tuple[CrisisRow, ...]:
    """Load the labelled messages of a file; SettingError names the line that is wrong."""
    return load_rows(path, CrisisRow, split)


def load_rows(path: Path, kind: type[RowT], split: str | None = None) -> tuple[RowT, ...]:
    """Load the rows of a file, or of one part of it; SettingError names the line that is wrong."""
    rows: dict[str, RowT] = {}
    for number, text in _lines(path):
        row = _row(path, number, text, kind)
        key = row.id or f"line {number}"
        if key in rows:
            raise SettingError(f"{path}:{number}: the id {key!r} is there twice.")
        rows[key] = row
    chosen = tuple(row for row in rows.values() if split is None or row.split == split)
    if not chosen:
        what = f"no row with split {split!r}" if rows else "no rows"
        raise SettingError(f"{path}: there are {what}.")
    return chosen


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} cannot be read ({type(error).__name__}).") from None
    return ((at, line) for at, line in enumerate(text.split("\n"), start=1) if line.strip())


def _row(path: Path, number: int, text: str, kind: type[RowT]) -> RowT:
    try:
        return kind.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise SettingError(f"{path}:{number}: not JSON: {error.msg}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the row"
        raise SettingError(f"{path}:{number}: {where}: {first['msg']}.") from None
