"""What every deed of a page has: who does it, checked values, and what may come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from bot.sandbox.users.responses import InteractionResponse
from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.views import Command, Message, Modal
from bot.sandbox.web.page_feed import PageFeed

Snowflake = Annotated[int, Field(ge=0, lt=2**63)]
MessageText = Annotated[str, Field(max_length=16_000)]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and what is behind the doors, if anything is."""

    user: SandboxUser
    feed: PageFeed | None

    def message(self, place: int, message: int) -> Message:
        """A message as they see it. Raises Refused."""
        return self.user.message(place, message)


@dataclass(frozen=True, slots=True)
class InteractionOutcome:
    """What an interaction brought at once: a form to fill in, or nothing but messages."""

    modal: Modal | None

    @classmethod
    def of(cls, answer: InteractionResponse) -> InteractionOutcome:
        """What an answer brought."""
        return cls(answer.modal)


@dataclass(frozen=True, slots=True)
class CommandList:
    """The commands and menu entries of a place as they are now."""

    commands: tuple[Command, ...]
    menu: tuple[str, ...]


class FileInput(BaseModel):
    """A file that somebody attaches."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=260)]
    content: Base64Bytes

    @property
    def upload(self) -> tuple[str, bytes]:
        """The file as the sandbox takes it."""
        return self.name, self.content


class Action(BaseModel):
    """Something that a page asks for in a place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    async def run(self, actor: Actor) -> object:
        """Do it. Raises Refused, NoAnswer."""
        raise NotImplementedError


OptionInput = str | bool | int | float | FileInput


def option_values(
    options: Mapping[str, OptionInput],
) -> dict[str, str | bool | int | float | tuple[str, bytes]]:
    """Options as the sandbox takes them."""
    return {
        name: value.upload if isinstance(value, FileInput) else value
        for name, value in options.items()
    }


FieldInput = str | bool | tuple[str, ...] | tuple[FileInput, ...]


def field_value(
    value: FieldInput,
) -> str | bool | list[str] | list[tuple[str, bytes]]:
    """A form's field as the sandbox takes it."""
    if isinstance(value, str | bool):
        return value
    texts = [one for one in value if isinstance(one, str)]
    return texts or [one.upload for one in value if isinstance(one, FileInput)]
