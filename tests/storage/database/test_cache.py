from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain import Moderator
from bot.domain.room_settings import RoomSettings
from bot.storage.database.cache import CacheChanges, ReadCache
from bot.storage.database.cache_triggers import CACHED
from bot.storage.database.database import Database
from bot.storage.database.tables import rooms
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.stores import Stores
from tests.pausing import KIM, mark_paused, mark_resumed
from tests.seating import mark_seated
from tests.storage.samples import ROOM


async def test_a_value_is_read_once_until_it_changes() -> None:
    asked: list[int] = []

    async def read(key: int) -> int:
        asked.append(key)
        return len(asked)

    known = ReadCache(read)
    assert [await known.get(7), await known.get(8), await known.get(7)] == [1, 2, 1]
    known.forget()
    assert await known.get(7) == 3
    assert asked == [7, 8, 7]


async def test_what_was_read_while_it_changed_is_not_kept() -> None:
    reading = asyncio.Event()
    values = ["old", "new"]

    async def read(_: int) -> str:
        value = values.pop(0)
        await reading.wait()
        return value

    known = ReadCache(read)
    first = asyncio.create_task(known.get(1))
    await asyncio.sleep(0)
    known.forget()
    reading.set()
    assert await first == "old"
    assert await known.get(1) == "new"


async def test_every_change_of_a_room_is_seen_at_once(stores: Stores) -> None:
    changed = RoomSettings(max_rounds=5)
    room = await stores.rooms.get(ROOM.id)
    assert room is not None
    await stores.rooms.update_settings(ROOM.id, changed)
    room = replace(room, settings=changed)
    assert await stores.rooms.get(ROOM.id) == room
    await mark_seated(stores, ROOM.id, Moderator(7, "Mo"))
    room = replace(room, therapist=Moderator(7, "Mo"))
    assert await stores.rooms.get(ROOM.id) == room
    await mark_paused(stores, ROOM.id, reason="quarrel")
    paused = replace(room, paused=True, pause_reason="quarrel", paused_by=KIM)
    assert await stores.rooms.get(ROOM.id) == paused
    await mark_resumed(stores, ROOM.id)
    resumed = await stores.rooms.get(ROOM.id)
    assert resumed is not None
    assert not resumed.paused
    await stores.rooms.bind(replace(ROOM, moderator_channel_id=99))
    bound = await stores.rooms.get(ROOM.id)
    assert bound is not None
    assert bound.moderator_channel_id == 99


async def test_a_room_is_one_as_soon_as_it_is_bound(stores: Stores) -> None:
    assert await stores.rooms.get(404) is None
    await stores.rooms.bind(replace(ROOM, id=404))
    assert await stores.rooms.get(404) is not None


async def test_a_change_that_fails_leaves_the_truth(stores: Stores, database: Database) -> None:
    await stores.rooms.get(ROOM.id)
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        await mark_paused(stores, ROOM.id)
    with pytest.raises(DatabaseUnavailable):
        await stores.rooms.get(ROOM.id)


async def test_while_nobody_hears_of_changes_nothing_is_kept() -> None:
    asked: list[int] = []

    async def read(key: int) -> int:
        asked.append(key)
        return len(asked)

    changes = CacheChanges()
    known = ReadCache(read, changes, "rooms", "guilds")
    assert [await known.get(7), await known.get(7)] == [1, 1]
    changes.tell("messages")
    assert await known.get(7) == 1
    changes.tell("guilds")
    assert await known.get(7) == 2
    changes.stop()
    assert [await known.get(7), await known.get(7)] == [3, 4]
    changes.start()
    assert [await known.get(7), await known.get(7)] == [5, 5]


def test_every_column_of_a_room_is_told_of_but_those_that_no_cache_has() -> None:
    """Whoever adds a column says by this whether a change of it has to reach other processes."""
    read_up_to = {"last_seen_message_id", "unread_after_message_id", "paused_after_message_id"}
    not_kept = {"id", "created_at", "notice_message_id", "released_after_turn_id", *read_up_to}
    assert {*CACHED["rooms"]} | not_kept == {*rooms.c.keys()}
