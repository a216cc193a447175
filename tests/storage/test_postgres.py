"""On PostgreSQL as it is, and not as somebody thinks it is."""

from __future__ import annotations

from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.storage.samples import ROOM, said


async def test_what_is_stored_is_found_again(postgres_url: str) -> None:
    async with open_database(postgres_url) as database:
        stores = Stores.over(database)
        await stores.rooms.bind(ROOM)
        assert await stores.messages.add(said(1))
        assert await stores.messages.waiting(ROOM.id) == [1]


async def test_tables_are_made(bare_postgres_url: str) -> None:
    async with open_database(bare_postgres_url) as database:
        assert await Stores.over(database).rooms.get(ROOM.id) is None
