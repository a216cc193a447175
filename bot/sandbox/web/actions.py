"""The actions of a page, each a checked request; the server's own permissions decide.

A request is ``{"id": 7, "do": {"do": "say", "place": "123", "text": "Hello!"}}``. Ids are text,
as JavaScript's numbers do not hold them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.sandbox.users.user_errors import Refused
from bot.sandbox.users.views import Choice, Message
from bot.sandbox.web.action import (
    Action,
    Actor,
    CommandList,
    FieldInput,
    FileInput,
    InteractionOutcome,
    MessageText,
    OptionInput,
    Snowflake,
    SpokenAction,
    to_field_value,
    to_option_values,
)
from bot.sandbox.web.history import (
    HistorySlice,
    OpenedPlace,
    open_place,
    read_after,
    read_before,
)
from bot.sandbox.web.page_feed import PageFeed, TurnRecord


class OpenPlace(Action):
    """A look into a place."""

    do: Literal["open"]
    place: Snowflake
    around: Snowflake | None = None

    async def run(self, actor: Actor) -> OpenedPlace:
        """Return the place with its messages."""
        return open_place(actor.user, self.place, self.around, actor.people)


class ReadMore(Action):
    """The reading of more, further back or further forward."""

    do: Literal["more"]
    place: Snowflake
    before: Snowflake | None = None
    after: Snowflake | None = None

    async def run(self, actor: Actor) -> HistorySlice:
        """Return the next piece."""
        if self.after is not None:
            return read_after(actor.user, self.place, self.after)
        return read_before(actor.user, self.place, self.before)


class ListCommands(Action):
    """A question for the commands there are, after they changed."""

    do: Literal["commands"]
    place: Snowflake

    async def run(self, actor: Actor) -> CommandList:
        """Return the commands and menu entries."""
        return CommandList(actor.user.commands(self.place), actor.user.menu(self.place))


class FindMessage(Action):
    """The reading of one message, as a reply's reference shows it."""

    do: Literal["find"]
    place: Snowflake
    message: Snowflake

    async def run(self, actor: Actor) -> Message:
        """Return the message."""
        return actor.message(self.place, self.message)


class SendMessage(SpokenAction):
    """A post of a message."""

    do: Literal["say"]
    place: Snowflake
    text: MessageText = ""
    reply_to: Snowflake | None = None
    ping: bool = True
    files: Annotated[tuple[FileInput, ...], Field(max_length=10)] = ()

    async def run(self, actor: Actor) -> Message:
        """Post it, and return the message."""
        return await actor.speaker(self.speaker).say(
            self.place,
            self.text,
            reply_to=self.reply_to,
            ping=self.ping,
            files=[file.upload for file in self.files],
        )


class BeginTyping(SpokenAction):
    """A sign that one types."""

    do: Literal["type"]
    place: Snowflake

    async def run(self, actor: Actor) -> None:
        """Do it; nothing comes back."""
        await actor.speaker(self.speaker).begin_typing(self.place)


class EditMessage(SpokenAction):
    """A change of a message."""

    do: Literal["edit"]
    place: Snowflake
    message: Snowflake
    text: MessageText

    async def run(self, actor: Actor) -> Message:
        """Change it, and return the message as it is then."""
        speaker = actor.speaker(self.speaker)
        return await speaker.edit(speaker.message(self.place, self.message), self.text)


class DeleteMessage(Action):
    """A deletion of a message."""

    do: Literal["delete"]
    place: Snowflake
    message: Snowflake

    async def run(self, actor: Actor) -> None:
        """Do it; nothing comes back."""
        await actor.user.delete(actor.message(self.place, self.message))


class ReactToMessage(Action):
    """An emoji that is given, or taken back."""

    do: Literal["react"]
    place: Snowflake
    message: Snowflake
    emoji: Annotated[str, Field(min_length=1, max_length=64)]
    given: bool = True

    async def run(self, actor: Actor) -> None:
        """Do it; nothing comes back."""
        message = actor.message(self.place, self.message)
        await actor.user.react(message, self.emoji, given=self.given)


class UseCommand(Action):
    """A use of a slash command."""

    do: Literal["use"]
    place: Snowflake
    name: str
    options: dict[str, OptionInput] = Field(default_factory=dict)

    async def run(self, actor: Actor) -> InteractionOutcome:
        """Do it, and return the form that it opened, if any."""
        options = to_option_values(self.options)
        return InteractionOutcome.of(await actor.user.slash(self.place, self.name, **options))


class SuggestValues(Action):
    """A question for what an option offers for the text typed so far."""

    do: Literal["suggest"]
    place: Snowflake
    name: str
    option: str
    typed: str
    options: dict[str, OptionInput] = Field(default_factory=dict)

    async def run(self, actor: Actor) -> tuple[Choice, ...]:
        """Return the suggestions."""
        options = to_option_values(self.options)
        return await actor.user.suggestions(
            self.place, self.name, self.option, self.typed, **options
        )


class UseMenuEntry(Action):
    """A use of an entry of a message's menu."""

    do: Literal["entry"]
    place: Snowflake
    message: Snowflake
    entry: str

    async def run(self, actor: Actor) -> InteractionOutcome:
        """Do it, and return the form that it opened, if any."""
        message = actor.message(self.place, self.message)
        return InteractionOutcome.of(await actor.user.use_menu(message, self.entry))


class ClickButton(Action):
    """A press of a button."""

    do: Literal["click"]
    place: Snowflake
    message: Snowflake
    control: str

    async def run(self, actor: Actor) -> InteractionOutcome:
        """Do it, and return the form that it opened, if any."""
        message = actor.message(self.place, self.message)
        return InteractionOutcome.of(await actor.user.click(message, self.control))


class SelectValues(Action):
    """A choice in a select."""

    do: Literal["select"]
    place: Snowflake
    message: Snowflake
    control: str
    values: Annotated[tuple[str, ...], Field(max_length=25)]

    async def run(self, actor: Actor) -> InteractionOutcome:
        """Do it, and return the form that it opened, if any."""
        message = actor.message(self.place, self.message)
        return InteractionOutcome.of(await actor.user.select(message, self.values, self.control))


class SubmitForm(Action):
    """A form that is sent."""

    do: Literal["submit"]
    interaction: Snowflake
    values: dict[str, FieldInput] = Field(default_factory=dict)

    async def run(self, actor: Actor) -> InteractionOutcome:
        """Send it, and return the next form, if one opened."""
        user = actor.user
        record = user.sandbox.interactions.get(self.interaction)
        if record is None:
            raise Refused(0, "this form is too old to be sent")
        values = {name: to_field_value(value) for name, value in self.values.items()}
        return InteractionOutcome.of(await user.submit(self.interaction, values))


class ChooseSettings(Action):
    """A change of the Chat Room's settings, by somebody who may."""

    do: Literal["choose"]
    persona: str | None = None
    replies: str | None = None

    async def run(self, actor: Actor) -> None:
        """Change them; every page is told."""
        await _feed(actor).choose(actor.user, self.persona, self.replies)


class ReadTurn(Action):
    """The reading of a turn in words, by somebody who may."""

    do: Literal["turn"]
    turn: Snowflake

    async def run(self, actor: Actor) -> TurnRecord:
        """Return what the record has of it."""
        return await _feed(actor).read_turn(actor.user, self.turn)


def _feed(actor: Actor) -> PageFeed:
    if actor.feed is None:
        raise Refused(0, "the bot is not there yet")
    return actor.feed


AnyAction = Annotated[
    OpenPlace | ReadMore | ListCommands | FindMessage
    | SendMessage | BeginTyping | EditMessage | DeleteMessage | ReactToMessage
    | UseCommand | SuggestValues | UseMenuEntry | ClickButton | SelectValues | SubmitForm
    | ChooseSettings | ReadTurn,
    Field(discriminator="do"),
]  # fmt: skip
