"""The things that ids from outside name, for a person who may deal with them.

Ids in buttons, forms and options can be forged: nothing is taken from them but the number.
"""

from __future__ import annotations

import re
from typing import Final

from bot.client.moderators import may_moderate
from bot.domain import Room, Turn
from bot.errors import FourRoomsError
from bot.text.moderator_texts import Later, say
from cogs.shared.access import (
    Asked,
    NotAllowed,
    moderates,
    require_admin,
    require_moderator,
)
from cogs.shared.components import NUMBER

NO_REPLY: Final = Later("There is no such reply here.")


class NotHere(FourRoomsError):
    """A thing that is not in this server."""

    public = "That is no longer there."


def id_of(text: str) -> int:
    """Return the number in an id that came from outside. Raises NotHere where it is none."""
    if not re.fullmatch(NUMBER, text):
        raise NotHere("an id is no number")
    return int(text)


async def room_here(interaction: Asked, room_id: int) -> Room:
    """Return a Chat Room of this server, for one of its moderators. Raises NotHere, NotAllowed."""
    room = await _room_of_server(interaction, room_id)
    require_moderator(interaction, room)
    return room


async def room_of_admin(interaction: Asked, room_id: int) -> Room:
    """Return a Chat Room of this server, for an admin. Raises NotHere, NotAllowed."""
    room = await _room_of_server(interaction, room_id)
    require_admin(interaction)
    return room


async def room_in_use(interaction: Asked, room_id: int) -> Room:
    """Return a Chat Room of this server, for an admin, if it still is one. Raises as above."""
    room = await room_of_admin(interaction, room_id)
    in_use = await interaction.client.stores.rooms.of_guild(room.guild_id)
    if room.id not in [one.id for one in in_use]:
        raise NotHere(f"room {room_id} was removed")
    return room


async def turn_here(interaction: Asked, turn_id: int) -> tuple[Turn, Room]:
    """Return a turn of this server with its room, for a moderator. Raises NotHere, NotAllowed."""
    turn = await interaction.client.stores.turns.get(turn_id)
    if turn is None:
        raise NotHere(f"turn {turn_id} is not there", public=say(NO_REPLY))
    try:
        return turn, await room_here(interaction, turn.room_id)
    except NotHere as error:  # of another server: as if it were not there
        raise NotHere(error.detail, public=say(NO_REPLY)) from error


async def reply_numbered(interaction: Asked, room: Room, number: int) -> Turn:
    """Return the turn whose reply has that number in the room. Raises NotHere."""
    turn = await interaction.client.stores.turn_search.by_number(room.id, number)
    if turn is None:
        public = f"There is no reply #{number} in <#{room.id}>."
        raise NotHere(f"room {room.id} has no reply {number}", public=public)
    return turn


async def require_all_rooms(interaction: Asked) -> None:
    """Let only who moderates every Chat Room of the server go on. Raises NotAllowed."""
    rooms = await interaction.client.stores.rooms.of_guild(interaction.guild_id or 0)
    in_none = interaction.guild_id is not None and may_moderate(interaction.permissions)
    if not (all(moderates(room, interaction.user) for room in rooms) if rooms else in_none):
        raise NotAllowed(
            say(
                "Only people who moderate every Chat Room here can do that. Name yours with "
                "`channel`."
            )
        )


async def _room_of_server(interaction: Asked, room_id: int) -> Room:
    room = await interaction.client.stores.rooms.get(room_id)
    if room is None or room.guild_id != interaction.guild_id:
        raise NotHere(f"room {room_id} is not in this server")
    return room
