"""What every deed of a page has: who does it, checked values, and what may come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from bot.demo.turn_feed import Backstage
from bot.sandbox.users.responses import Answer
from bot.sandbox.users.user import Person
from bot.sandbox.users.views import Command, Message, Modal

Id = Annotated[int, Field(ge=0, lt=2**63)]
Words = Annotated[str, Field(max_length=16_000)]


@dataclass(frozen=True, slots=True)
class Doer:
    """Who asks, and what is behind the doors, if anything is."""

    person: Person
    backstage: Backstage | None

    def message(self, place: int, message: int) -> Message:
        """A message as they see it. Raises Refused."""
        return self.person.message(place, message)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an interaction brought at once: a form to fill in, or nothing but messages."""

    modal: Modal | None

    @classmethod
    def of(cls, answer: Answer) -> Outcome:
        """What an answer brought."""
        return cls(answer.modal)


@dataclass(frozen=True, slots=True)
class Listed:
    """The commands and menu entries of a place as they are now."""

    commands: tuple[Command, ...]
    menu: tuple[str, ...]


class FileGiven(BaseModel):
    """A file that somebody attaches."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=260)]
    content: Base64Bytes

    @property
    def upload(self) -> tuple[str, bytes]:
        """The file as the sandbox takes it."""
        return self.name, self.content


class Deed(BaseModel):
    """Something that a page asks for in a place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    async def done(self, doer: Doer) -> object:
        """Do it. Raises Refused, NoAnswer."""
        raise NotImplementedError


Value = str | bool | int | float | FileGiven


def plain(options: Mapping[str, Value]) -> dict[str, str | bool | int | float | tuple[str, bytes]]:
    """Options as the sandbox takes them."""
    return {
        name: value.upload if isinstance(value, FileGiven) else value
        for name, value in options.items()
    }


Filled = str | bool | tuple[str, ...] | tuple[FileGiven, ...]


def filled(
    value: Filled,
) -> str | bool | list[str] | list[tuple[str, bytes]]:
    """A form's field as the sandbox takes it."""
    if isinstance(value, str | bool):
        return value
    texts = [one for one in value if isinstance(one, str)]
    return texts or [one.upload for one in value if isinstance(one, FileGiven)]
