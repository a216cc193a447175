"""A person is forgotten in every server by whoever runs the bot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.app.operator_forgetting import KEPT, NOTHING, forget_everywhere
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.storage.planting import OTHER, PERSON, file_bytes, whole_turn, wrote
from tests.storage.samples import ROOM


async def test_it_says_what_is_stored_asks_and_forgets_in_every_server(tmp_path: Path) -> None:
    file = tmp_path / "rooms.db"
    url = f"sqlite:///{file}"
    elsewhere = replace(ROOM, id=5, guild_id=6)
    async with open_database(url) as database:
        stores = Stores.over(database)
        await stores.rooms.bind(ROOM)
        await stores.rooms.bind(elsewhere)
        await whole_turn(stores, wrote(1, PERSON, "Zoe", "my submarine is green"))
        await whole_turn(
            stores, replace(wrote(2, PERSON, "Zoe", "so is this submarine"), room_id=5)
        )
        await whole_turn(stores, wrote(3, OTHER, "Ben", "mine is blue"))
    asked: list[str] = []
    assert (await forget_everywhere(url, PERSON, lambda _: False)).text == KEPT

    def agree(stored: str) -> bool:
        asked.append(stored)
        return True

    forgotten = await forget_everywhere(url, PERSON, agree)
    assert "server 6: 1 messages" in asked[0]
    assert "Forgotten: 2 messages" in forgotten.text
    assert forgotten.as_row().items() >= {"forgotten": True, "servers": 2, "messages": 2}.items()
    left = file_bytes(file)
    assert b"submarine" not in left
    assert b"mine is blue" in left
    assert (await forget_everywhere(url, PERSON, lambda _: True)).text == NOTHING
