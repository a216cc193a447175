"""What a page can ask for, each as a checked request; the server's own permissions decide.

A request is ``{"id": 7, "do": {"do": "say", "place": "123", "text": "Hello!"}}``. Ids are text,
as JavaScript's numbers do not hold them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.sandbox.users.refusals import Refused
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
    field_value,
    option_values,
)
from bot.sandbox.web.history import (
    HistorySlice,
    OpenedPlace,
    open_place,
    slice_after,
    slice_before,
)
from bot.sandbox.web.page_feed import PersonaChoice


class OpenPlace(Action):
    """See a place."""

    do: Literal["open"]
    place: Snowflake
    around: Snowflake | None = None

    async def run(self, actor: Actor) -> OpenedPlace:
        """The place with its messages."""
        return open_place(actor.user, self.place, self.around)


class ReadMore(Action):
    """Read on, further back or further forward."""

    do: Literal["more"]
    place: Snowflake
    before: Snowflake | None = None
    after: Snowflake | None = None

    async def run(self, actor: Actor) -> HistorySlice:
        """The next piece."""
        if self.after is not None:
            return slice_after(actor.user, self.place, self.after)
        return slice_before(actor.user, self.place, self.before)


class ListCommands(Action):
    """Ask which commands there are, after they changed."""

    do: Literal["commands"]
    place: Snowflake

    async def run(self, actor: Actor) -> CommandList:
        """The commands and menu entries."""
        return CommandList(actor.user.commands(self.place), actor.user.menu(self.place))


class FindMessage(Action):
    """Read one message, as a reply's reference shows it."""

    do: Literal["find"]
    place: Snowflake
    message: Snowflake

    async def run(self, actor: Actor) -> Message:
        """The message."""
        return actor.message(self.place, self.message)


class SendMessage(Action):
    """Post a message."""

    do: Literal["say"]
    place: Snowflake
    text: MessageText = ""
    reply_to: Snowflake | None = None
    ping: bool = True
    files: Annotated[tuple[FileInput, ...], Field(max_length=10)] = ()

    async def run(self, actor: Actor) -> Message:
        """The message that was posted."""
        return await actor.user.say(
            self.place,
            self.text,
            reply_to=self.reply_to,
            ping=self.ping,
            files=[file.upload for file in self.files],
        )


class BeginTyping(Action):
    """Show that one types."""

    do: Literal["type"]
    place: Snowflake

    async def run(self, actor: Actor) -> None:
        """Nothing comes back."""
        await actor.user.begin_typing(self.place)


class EditMessage(Action):
    """Change a message."""

    do: Literal["edit"]
    place: Snowflake
    message: Snowflake
    text: MessageText

    async def run(self, actor: Actor) -> Message:
        """The message as it is then."""
        return await actor.user.edit(actor.message(self.place, self.message), self.text)


class DeleteMessage(Action):
    """Delete a message."""

    do: Literal["delete"]
    place: Snowflake
    message: Snowflake

    async def run(self, actor: Actor) -> None:
        """Nothing comes back."""
        await actor.user.delete(actor.message(self.place, self.message))


class ReactToMessage(Action):
    """Give an emoji, or take it back."""

    do: Literal["react"]
    place: Snowflake
    message: Snowflake
    emoji: Annotated[str, Field(min_length=1, max_length=64)]
    given: bool = True

    async def run(self, actor: Actor) -> None:
        """Nothing comes back."""
        message = actor.message(self.place, self.message)
        await actor.user.react(message, self.emoji, given=self.given)


class UseCommand(Action):
    """Use a slash command."""

    do: Literal["use"]
    place: Snowflake
    name: str
    options: dict[str, OptionInput] = Field(default_factory=dict)

    async def run(self, actor: Actor) -> InteractionOutcome:
        """The form that it opened, if any."""
        options = option_values(self.options)
        return InteractionOutcome.of(await actor.user.slash(self.place, self.name, **options))


class SuggestValues(Action):
    """Ask what an option offers for what is typed so far."""

    do: Literal["suggest"]
    place: Snowflake
    name: str
    option: str
    typed: str
    options: dict[str, OptionInput] = Field(default_factory=dict)

    async def run(self, actor: Actor) -> tuple[Choice, ...]:
        """What is offered."""
        options = option_values(self.options)
        return await actor.user.suggestions(
            self.place, self.name, self.option, self.typed, **options
        )


class UseMenuEntry(Action):
    """Use an entry of a message's menu."""

    do: Literal["entry"]
    place: Snowflake
    message: Snowflake
    entry: str

    async def run(self, actor: Actor) -> InteractionOutcome:
        """The form that it opened, if any."""
        message = actor.message(self.place, self.message)
        return InteractionOutcome.of(await actor.user.use_menu(message, self.entry))


class ClickButton(Action):
    """Press a button."""

    do: Literal["click"]
    place: Snowflake
    message: Snowflake
    control: str

    async def run(self, actor: Actor) -> InteractionOutcome:
        """The form that it opened, if any."""
        message = actor.message(self.place, self.message)
        return InteractionOutcome.of(await actor.user.click(message, self.control))


class SelectValues(Action):
    """Choose in a select."""

    do: Literal["select"]
    place: Snowflake
    message: Snowflake
    control: str
    values: Annotated[tuple[str, ...], Field(max_length=25)]

    async def run(self, actor: Actor) -> InteractionOutcome:
        """The form that it opened, if any."""
        message = actor.message(self.place, self.message)
        return InteractionOutcome.of(await actor.user.select(message, self.values, self.control))


class SubmitForm(Action):
    """Send a form."""

    do: Literal["submit"]
    interaction: Snowflake
    values: dict[str, FieldInput] = Field(default_factory=dict)

    async def run(self, actor: Actor) -> InteractionOutcome:
        """The next form, if one opened."""
        user = actor.user
        record = user.sandbox.interactions.get(self.interaction)
        if record is None:
            raise Refused(0, "this form is too old to be sent")
        values = {name: field_value(value) for name, value in self.values.items()}
        return InteractionOutcome.of(await user.submit(self.interaction, values))


class ChangePersona(Action):
    """Give the Chatbot another persona: a setting of the demo, which anybody at it may change."""

    do: Literal["persona"]
    persona: str

    async def run(self, actor: Actor) -> PersonaChoice:
        """The persona there is then."""
        if actor.feed is None:
            raise Refused(0, "the bot is not there yet")
        return await actor.feed.change_persona(self.persona)


AnyAction = Annotated[
    OpenPlace | ReadMore | ListCommands | FindMessage
    | SendMessage | BeginTyping | EditMessage | DeleteMessage | ReactToMessage
    | UseCommand | SuggestValues | UseMenuEntry | ClickButton | SelectValues | SubmitForm
    | ChangePersona,
    Field(discriminator="do"),
]  # fmt: skip
