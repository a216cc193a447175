"""The commands that are about Chat Rooms: each is carried out where the person means it.

Where the place does not say which room is meant, they are asked by a menu that keeps nothing in
memory: the command and its number stand in the menu's id, its words in the message, so that the
answer is understood after a restart too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.rooms.audit import NoSuchRoom
from bot.text.moderator_texts import Later, say, say_count
from cogs.shared.access import Asked, ForWhom, NotAllowed, require_admin, require_moderator
from cogs.shared.components import PersistentControl, view
from cogs.shared.lookups import NotHere, id_of, room_here, room_of_admin
from cogs.shared.rooms_meant import is_for, place_of, room_named, rooms_at, rooms_of_server
from cogs.shared.text import shortened

ALL: Final = "all"
"""The choice of all rooms that the person moderates."""
MAX_CHOICES: Final = 25
MAX_MENUS: Final = 5
"""Discord's bounds: choices of a menu, menus of a message."""
MAX_WORDS: Final = 1000
QUESTION: Final = Later("Which Chat Room do you mean?")


@dataclass(frozen=True, slots=True)
class RoomRequest:
    """A command that was given, with its option that is a number and the one that is words."""

    command: str
    number: int = 0
    words: str = ""


CarryOut = Callable[[Asked, Sequence[Room], RoomRequest], Awaitable[None]]
"""Answers a request for these rooms; the interaction is deferred."""


@dataclass(frozen=True, slots=True)
class RoomCommand:
    """The way in which a command is carried out, whom it is for, and whether on several rooms."""

    carry_out: CarryOut
    whom: ForWhom = ForWhom.MODERATORS
    several: bool = False


class RoomCommands(dict[str, RoomCommand]):
    """The commands about Chat Rooms by name, as they stand in the menus' ids."""

    def __init__(self, bot: FourRoomsBot) -> None:
        super().__init__()
        bot.add_dynamic_items(RoomMenu)

    async def give(
        self, interaction: Asked, channel: discord.abc.Snowflake | None, request: RoomRequest
    ) -> None:
        """Carry a command out: in the room named, else in those meant here, else ask.

        Raises NoSuchRoom, NotAllowed.
        """
        command = self[request.command]
        if channel is not None:
            room = await room_named(interaction, channel)
            _require(command.whom, interaction, room)
            await command.carry_out(interaction, [room], request)
            return
        rooms = await rooms_of_server(interaction)
        meant = rooms_at(rooms, await place_of(interaction))
        own = [room for room in meant if is_for(command.whom, interaction, room)]
        if meant and not own:
            _require(command.whom, interaction, meant[0])
        if not own or (len(own) > 1 and not command.several):
            await _ask(interaction, own or rooms, command, request)
            return
        await command.carry_out(interaction, own, request)
        if command.several and len(own) < len(meant):
            await interaction.followup.send(_not_yours(len(meant) - len(own)), ephemeral=True)

    async def choose(self, interaction: Asked, chosen: str, request: RoomRequest) -> None:
        """Carry a command out in the room that was chosen, if the person may do that there."""
        command = self.get(request.command)
        if command is None or (chosen == ALL and not command.several):
            raise NotHere(f"the menu of {request.command} is unknown, or has no such choice")
        if chosen == ALL:
            rooms = _own(interaction, await rooms_of_server(interaction), command)
        elif command.whom is ForWhom.ADMINS:
            rooms = [await room_of_admin(interaction, id_of(chosen))]
        else:
            rooms = [await room_here(interaction, id_of(chosen))]
        if any(room.simulated for room in rooms):
            raise NotHere("a simulation's room is not in a menu")
        named = ", ".join(f"<#{room.id}>" for room in rooms[:MAX_CHOICES])
        await interaction.edit_original_response(content=f"{named}:", embed=None, view=None)
        await command.carry_out(interaction, rooms, request)


class RoomMenu(
    PersistentControl, template=r"which:(?P<command>[a-z ]{1,32}):(?P<number>\d{1,9}):(?P<page>\d)"
):
    """A menu of the rooms that could be meant."""

    for_whom = ForWhom.MODERATORS  # `choose` looks for whom its command is

    async def used(self, interaction: Asked) -> None:
        """Carry out the command in the room chosen."""
        await interaction.response.defer()
        words = carried_words(interaction.message)
        request = RoomRequest(self.ids["command"], int(self.ids["number"]), words)
        commands = interaction.client.service(RoomCommands)
        await commands.choose(interaction, next(iter(self.chosen), ""), request)


def carry_words(words: str) -> discord.Embed | None:
    """Return the part of a message that keeps a command's words until a button needs them."""
    return discord.Embed(description=words[:MAX_WORDS]) if words else None


def carried_words(message: discord.Message | None) -> str:
    """Return the words that a message of ours keeps."""
    embeds = message.embeds if message is not None else []
    return (embeds[0].description or "") if embeds else ""


async def _ask(
    interaction: Asked, rooms: Sequence[Room], command: RoomCommand, request: RoomRequest
) -> None:
    own = _own(interaction, rooms, command)
    kept = carry_words(request.words)
    await interaction.followup.send(
        say(QUESTION),
        embeds=[kept] if kept else [],
        view=view(_menus(interaction, own, command, request)),
        ephemeral=True,
    )


def _own(interaction: Asked, rooms: Sequence[Room], command: RoomCommand) -> list[Room]:
    """Return the rooms that the person may be asked about. Raises NoSuchRoom, NotAllowed."""
    own = [room for room in rooms if is_for(command.whom, interaction, room)]
    if own:
        return own
    if any(not room.simulated for room in rooms):
        raise NotAllowed(say("Only moderators can do that."))
    raise NoSuchRoom(
        public=say("There is no Chat Room here yet. An admin can make one with /setup.")
    )


def _menus(
    interaction: Asked, rooms: Sequence[Room], command: RoomCommand, request: RoomRequest
) -> Iterator[discord.ui.Select[Any]]:
    """Return as many menus as the rooms need; what is over their bound has to be named."""
    options = [
        discord.SelectOption(label=_label(interaction, room), value=str(room.id)) for room in rooms
    ]
    if command.several and len(rooms) > 1:
        options.insert(0, discord.SelectOption(label=say("All of mine"), value=ALL))
    for page in range(min(MAX_MENUS, -(-len(options) // MAX_CHOICES))):
        yield discord.ui.Select(
            custom_id=f"which:{request.command}:{request.number}:{page}",
            placeholder=say("Choose"),
            options=options[page * MAX_CHOICES : (page + 1) * MAX_CHOICES],
        )


def _label(interaction: Asked, room: Room) -> str:
    channel = interaction.guild.get_channel(room.id) if interaction.guild else None
    return shortened(f"#{channel.name if channel else room.id}", 100)


def _require(whom: ForWhom, interaction: Asked, room: Room) -> None:
    if whom is ForWhom.ADMINS:
        require_admin(interaction)
    else:
        require_moderator(interaction, room)


def _not_yours(count: int) -> str:
    return say_count(
        "{count} other Chat Room reports here that you do not moderate: nothing was changed there.",
        "{count} other Chat Rooms report here that you do not moderate: nothing was changed there.",
        count,
    )
