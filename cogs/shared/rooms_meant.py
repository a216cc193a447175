"""The Chat Rooms that a command means by the place in which it is typed.

In a Chat Room or a thread of it that room; in a therapy thread its room; in a moderator channel
all rooms that report there. Anywhere else none: there the person is asked. The room of a
simulation is meant by its name alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.domain import Room
from bot.errors import FourRoomsError
from bot.rooms.audit import NoSuchRoom
from cogs.shared.access import Asked, ForWhom, moderates, require_moderator


class WhichRoom(FourRoomsError):
    """A command about one room, from a place that means none or several."""

    public = "Say which Chat Room you mean, with `channel`."


@dataclass(frozen=True, slots=True)
class Place:
    """The channel in which a command is typed, with the channel that it is a thread of.

    ``session_of`` is the Chat Room whose therapy thread it is, if it is one.
    """

    channel_id: int
    parent_id: int | None = None
    session_of: int | None = None


def rooms_at(rooms: Sequence[Room], place: Place) -> list[Room]:
    """Return those of a server's rooms that are meant by the place; none where it says nothing."""
    rooms = [room for room in rooms if not room.simulated]
    if place.session_of is not None:  # a simulation's too: it means none of the others
        return [room for room in rooms if room.id == place.session_of]
    here = {place.channel_id, place.parent_id}
    inside = [room for room in rooms if room.id in here]
    reporting = [room for room in rooms if room.moderator_channel_id in here]
    in_therapy = [room for room in rooms if room.therapy_parent_id in here]
    return inside or reporting or (in_therapy if len(in_therapy) == 1 else [])


async def place_of(interaction: Asked) -> Place:
    """Return the place from which an interaction comes."""
    channel_id, channel = interaction.channel_id or 0, interaction.channel
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    session_of = await interaction.client.stores.threads.room_of_thread(channel_id)
    return Place(channel_id, parent_id, session_of)


async def rooms_of_server(interaction: Asked) -> list[Room]:
    """Return the server's rooms, those of simulations among them; none outside of a server."""
    return await interaction.client.stores.rooms.of_guild(interaction.guild_id or 0)


async def room_named(interaction: Asked, channel: discord.abc.Snowflake) -> Room:
    """Return the room of a channel that was named. Raises NoSuchRoom."""
    for room in await rooms_of_server(interaction):
        if room.id == channel.id:
            return room
    raise NoSuchRoom


async def room_meant(interaction: Asked, channel: discord.abc.Snowflake | None) -> Room:
    """Return the one room that a moderator's command is about: that named, or meant by the place.

    Raises NoSuchRoom, NotAllowed, WhichRoom.
    """
    if channel is not None:
        room = await room_named(interaction, channel)
    else:
        meant = rooms_at(await rooms_of_server(interaction), await place_of(interaction))
        if len(meant) != 1:
            raise WhichRoom
        room = meant[0]
    require_moderator(interaction, room)
    return room


async def moderated_rooms(interaction: Asked) -> list[Room]:
    """Return the server's Chat Rooms that the person moderates."""
    rooms = await rooms_of_server(interaction)
    return [room for room in rooms if is_for(ForWhom.MODERATORS, interaction, room)]


def is_for(whom: ForWhom, interaction: Asked, room: Room) -> bool:
    """Return whether a command for these people may be given about a room without naming it."""
    if room.simulated:
        return False
    if whom is ForWhom.ADMINS:
        return interaction.permissions.manage_guild
    return moderates(room, interaction.user)
