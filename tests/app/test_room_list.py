"""The Chat Rooms as whoever runs the bot lists them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.room_list import NONE_YET, read_rooms, render_rooms, room_row
from bot.errors import SettingError
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.storage.samples import ROOM

LUNCH = datetime(2026, 1, 2, 13, 0, tzinfo=UTC)


def test_each_room_has_a_line_with_its_state() -> None:
    paused = replace(ROOM, id=5, paused=True, paused_until=LUNCH)
    head, first, second = render_rooms([ROOM, paused]).splitlines()
    assert head.split()[0] == "room"
    assert first.split()[0] == str(ROOM.id)
    assert " open " in first
    assert "paused until 2026-01-02T13:00Z" in second


def test_ids_are_texts_since_numbers_of_json_are_too_short() -> None:
    long = 1 << 62
    assert room_row(replace(ROOM, id=long))["room"] == str(long)


def test_none_is_said() -> None:
    assert render_rooms([]) == NONE_YET


async def test_they_are_read_from_a_database_of_today_alone(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'rooms.db'}"
    with pytest.raises(SettingError, match="set up correctly"):
        await read_rooms(url)
    assert not (tmp_path / "rooms.db").exists()
    async with open_database(url) as database:
        await Stores.over(database).rooms.bind(ROOM)
    assert [room.id for room in await read_rooms(url)] == [ROOM.id]
    async with open_database(url) as database, database.write() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(SettingError) as older:
        await read_rooms(url)
    assert "db upgrade" in older.value.detail
