"""The Chat Rooms as the database has them, for whoever runs the bot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.domain import Room
from bot.errors import SettingError
from bot.reports.text_tables import align_columns
from bot.storage.database.connections import parse_url
from bot.storage.database.database import Database
from bot.storage.migrations import HEAD, revision_of
from bot.storage.stores.stores import Stores

NONE_YET: Final = "No Chat Rooms yet: give /setup in Discord."


async def read_rooms(url: str) -> Sequence[Room]:
    """Return every Chat Room there is now, without changing the database.

    Raises SettingError where there is no database of today's schema.
    """
    _require_there(url)
    database = await Database.open(url)
    try:
        async with database.read() as connection:
            revision = await connection.run_sync(revision_of)
        if revision != HEAD:
            raise SettingError(
                f"DATABASE_URL: the database is at revision {revision} and this version is for "
                f"{HEAD}. `python -m bot db upgrade` brings an older one up to date."
            )
        return await Stores.over(database).rooms.all()
    finally:
        await database.close()


def _require_there(url: str) -> None:
    """Raise SettingError where the database is a file that is not there: a look makes none."""
    parsed = parse_url(url)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if file is not None and not Path(file).is_file():
        raise SettingError(f"DATABASE_URL: there is no database {file} yet; the bot makes it.")


def room_row(room: Room) -> dict[str, object]:
    """Return a room for `rooms list --json`; ids are texts, as JSON's numbers are too short."""
    return {
        "room": str(room.id),
        "server": str(room.guild_id),
        "moderators": str(room.moderator_channel_id),
        "therapy": str(room.therapy_parent_id),
        "state": _state(room),
        "simulated": room.simulated,
        "persona": room.settings.persona,
    }


def render_rooms(rooms: Sequence[Room]) -> str:
    """Return the rooms as a table of ids, or that there are none."""
    if not rooms:
        return NONE_YET
    rows = [[str(value) for value in room_row(room).values()] for room in rooms]
    head = list(room_row(rooms[0]))
    return align_columns([head, *rows], left=range(len(head)))


def _state(room: Room) -> str:
    if not room.paused:
        return "open"
    return f"paused until {room.paused_until:%Y-%m-%dT%H:%MZ}" if room.paused_until else "paused"
