"""The common parts of a page's actions: who does it, checked values, what may come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from bot.sandbox.users.responses import InteractionResponse
from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.user_errors import Refused
from bot.sandbox.users.views import Command, Message, Modal
from bot.sandbox.web.page_feed import PageFeed

Snowflake = Annotated[int, Field(ge=0, lt=2**63)]
MessageText = Annotated[str, Field(max_length=16_000)]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who asks, with the bot's feed where there is one."""

    user: SandboxUser
    feed: PageFeed | None
    people: Mapping[str, SandboxUser]
    """All whom a page can be, by name: who has the page's key may speak as any of them."""

    def speaker(self, name: str | None) -> SandboxUser:
        """Return who speaks: somebody by name, None for the one who looks. Raises Refused."""
        if name is None:
            return self.user
        if name not in self.people:
            raise Refused(0, f"there is no {name[:40]} here to speak as")
        return self.people[name]

    def message(self, place: int, message: int) -> Message:
        """Return a message as they see it. Raises Refused."""
        return self.user.message(place, message)


@dataclass(frozen=True, slots=True)
class InteractionOutcome:
    """The first outcome of an interaction: a form to fill in, or nothing but messages."""

    modal: Modal | None

    @classmethod
    def of(cls, answer: InteractionResponse) -> InteractionOutcome:
        """Return the outcome of a response."""
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
    """A request of a page to do something in a place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    async def run(self, actor: Actor) -> object:
        """Do it, and return what the page is told. Raises Refused, NoResponse."""
        raise NotImplementedError


class SpokenAction(Action):
    """The same, done by whoever the page speaks as: it may be another than the one who looks."""

    speaker: Annotated[str, Field(max_length=100)] | None = None


OptionInput = str | bool | int | float | FileInput


def to_option_values(
    options: Mapping[str, OptionInput],
) -> dict[str, str | bool | int | float | tuple[str, bytes]]:
    """Return options as the sandbox takes them."""
    return {
        name: value.upload if isinstance(value, FileInput) else value
        for name, value in options.items()
    }


FieldInput = str | bool | tuple[str, ...] | tuple[FileInput, ...]


def to_field_value(
    value: FieldInput,
) -> str | bool | list[str] | list[tuple[str, bytes]]:
    """Return a form's field as the sandbox takes it."""
    if isinstance(value, str | bool):
        return value
    texts = [item for item in value if isinstance(item, str)]
    return texts or [item.upload for item in value if isinstance(item, FileInput)]
