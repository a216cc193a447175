"""What a page can ask for, each as a checked request; the server's own permissions decide.

A request is ``{"id": 7, "do": {"do": "say", "place": "123", "text": "Hello!"}}``. Ids are text,
as JavaScript's numbers do not hold them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.demo.turn_feed import Mind
from bot.sandbox.users.responses import Answer, Refused
from bot.sandbox.users.views import Choice, Message
from bot.sandbox.web import history
from bot.sandbox.web.action import (
    Deed,
    Doer,
    FileGiven,
    Filled,
    Id,
    Listed,
    Outcome,
    Value,
    Words,
    filled,
    plain,
)


class Open(Deed):
    """See a place."""

    do: Literal["open"]
    place: Id
    around: Id | None = None

    async def done(self, doer: Doer) -> history.Opened:
        """The place with its messages."""
        return history.open_place(doer.person, self.place, self.around)


class More(Deed):
    """Read on, further back or further forward."""

    do: Literal["more"]
    place: Id
    before: Id | None = None
    after: Id | None = None

    async def done(self, doer: Doer) -> history.Piece:
        """The next piece."""
        if self.after is not None:
            return history.piece_after(doer.person, self.place, self.after)
        return history.piece_before(doer.person, self.place, self.before)


class ListCommands(Deed):
    """Ask which commands there are, after they changed."""

    do: Literal["commands"]
    place: Id

    async def done(self, doer: Doer) -> Listed:
        """The commands and menu entries."""
        return Listed(doer.person.commands(self.place), doer.person.menu(self.place))


class Find(Deed):
    """Read one message, as a reply's reference shows it."""

    do: Literal["find"]
    place: Id
    message: Id

    async def done(self, doer: Doer) -> Message:
        """The message."""
        return doer.message(self.place, self.message)


class Say(Deed):
    """Post a message."""

    do: Literal["say"]
    place: Id
    text: Words = ""
    reply_to: Id | None = None
    ping: bool = True
    files: Annotated[tuple[FileGiven, ...], Field(max_length=10)] = ()

    async def done(self, doer: Doer) -> Message:
        """The message that was posted."""
        return await doer.person.say(
            self.place,
            self.text,
            reply_to=self.reply_to,
            ping=self.ping,
            files=[file.upload for file in self.files],
        )


class BeginTyping(Deed):
    """Show that one types."""

    do: Literal["type"]
    place: Id

    async def done(self, doer: Doer) -> None:
        """Nothing comes back."""
        await doer.person.begin_typing(self.place)


class Edit(Deed):
    """Change a message."""

    do: Literal["edit"]
    place: Id
    message: Id
    text: Words

    async def done(self, doer: Doer) -> Message:
        """The message as it is then."""
        return await doer.person.edit(doer.message(self.place, self.message), self.text)


class Delete(Deed):
    """Delete a message."""

    do: Literal["delete"]
    place: Id
    message: Id

    async def done(self, doer: Doer) -> None:
        """Nothing comes back."""
        await doer.person.delete(doer.message(self.place, self.message))


class React(Deed):
    """Give an emoji, or take it back."""

    do: Literal["react"]
    place: Id
    message: Id
    emoji: Annotated[str, Field(min_length=1, max_length=64)]
    given: bool = True

    async def done(self, doer: Doer) -> None:
        """Nothing comes back."""
        message = doer.message(self.place, self.message)
        await doer.person.react(message, self.emoji, given=self.given)


class Use(Deed):
    """Use a slash command."""

    do: Literal["use"]
    place: Id
    name: str
    options: dict[str, Value] = Field(default_factory=dict)

    async def done(self, doer: Doer) -> Outcome:
        """The form that it opened, if any."""
        given = plain(self.options)
        return Outcome.of(await doer.person.slash(self.place, self.name, **given))


class Suggest(Deed):
    """Ask what an option offers for what is typed so far."""

    do: Literal["suggest"]
    place: Id
    name: str
    option: str
    typed: str
    options: dict[str, Value] = Field(default_factory=dict)

    async def done(self, doer: Doer) -> tuple[Choice, ...]:
        """What is offered."""
        given = plain(self.options)
        return await doer.person.suggestions(
            self.place, self.name, self.option, self.typed, **given
        )


class UseEntry(Deed):
    """Use an entry of a message's menu."""

    do: Literal["entry"]
    place: Id
    message: Id
    entry: str

    async def done(self, doer: Doer) -> Outcome:
        """The form that it opened, if any."""
        message = doer.message(self.place, self.message)
        return Outcome.of(await doer.person.use_menu(message, self.entry))


class Click(Deed):
    """Press a button."""

    do: Literal["click"]
    place: Id
    message: Id
    control: str

    async def done(self, doer: Doer) -> Outcome:
        """The form that it opened, if any."""
        message = doer.message(self.place, self.message)
        return Outcome.of(await doer.person.click(message, self.control))


class Select(Deed):
    """Choose in a select."""

    do: Literal["select"]
    place: Id
    message: Id
    control: str
    values: Annotated[tuple[str, ...], Field(max_length=25)]

    async def done(self, doer: Doer) -> Outcome:
        """The form that it opened, if any."""
        message = doer.message(self.place, self.message)
        return Outcome.of(await doer.person.select(message, self.values, self.control))


class Submit(Deed):
    """Send a form."""

    do: Literal["submit"]
    interaction: Id
    values: dict[str, Filled] = Field(default_factory=dict)

    async def done(self, doer: Doer) -> Outcome:
        """The next form, if one opened."""
        person = doer.person
        record = person.sandbox.interactions.get(self.interaction)
        if record is None:
            raise Refused(0, "this form is too old to be sent")
        values = {name: filled(value) for name, value in self.values.items()}
        opened = Answer(person, person.sandbox, record)
        return Outcome.of(await person.submit(opened, values))


class ChangeMind(Deed):
    """Give the Chatbot another persona: a setting of the demo, which anybody at it may change."""

    do: Literal["mind"]
    persona: str

    async def done(self, doer: Doer) -> Mind:
        """The persona there is then."""
        if doer.backstage is None:
            raise Refused(0, "the bot is not there yet")
        return await doer.backstage.change_mind(self.persona)


AnyDeed = Annotated[
    Open | More | ListCommands | Find | Say | BeginTyping | Edit | Delete | React | Use | Suggest
    | UseEntry | Click | Select | Submit | ChangeMind,
    Field(discriminator="do"),
]  # fmt: skip
