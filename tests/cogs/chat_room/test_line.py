"""The line in a Chat Room, and what is kept before those who stand in it."""

from __future__ import annotations

import asyncio
from typing import cast
from unittest.mock import Mock

import discord
import pytest

from bot.domain.events import HelpGiven
from cogs.chat_room.catch_up import ChatRoomCatchUp
from cogs.chat_room.cog import ChatRoomCog
from cogs.chat_room.line import RoomLines
from tests.cogs.chat_room.test_changed_words import SlowFiles, send_file, slow_files
from tests.cogs.conftest import Server

__all__ = ["slow_files"]

DANGER = "I want to kill myself"


async def test_who_leaves_the_line_is_looked_at_no_longer() -> None:
    lines = RoomLines()
    message = cast("discord.Message", Mock(id=2, channel=Mock(id=1)))
    looking, looked = asyncio.Event(), asyncio.Event()

    async def look() -> bool:
        looking.set()
        try:
            return await asyncio.Event().wait()
        finally:
            looked.set()

    async def wait_in_line() -> None:
        async with lines.place_of(message, look()):
            pytest.fail("it was never its turn")

    async with lines.turn_in(1):
        waiting = asyncio.create_task(wait_in_line())
        await looking.wait()
        waiting.cancel()
        await asyncio.wait({waiting})
        assert looked.is_set()


async def test_a_start_reads_what_help_has_overtaken(room: Server, slow_files: SlowFiles) -> None:
    first = send_file(room, "Look at this")
    await slow_files.asked.wait()
    danger = await ask_for_help(room)
    assert await read_up_to(room) < first, "a kill now would have it read from there"
    slow_files.go_on.set()
    await room.env.settle()
    assert await read_up_to(room) == danger, "nobody has to look again"
    assert not missed(room).has_gap(room.lobby.id)
    _, reply = room.replies()
    assert "Look at this" in reply


async def test_so_it_does_where_the_history_has_just_been_read(
    room: Server, slow_files: SlowFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, first, read_again = room.bot.stores, 0, asyncio.Event()
    see, waiting = stores.rooms.see, stores.messages.waiting

    async def see_slowly(room_id: int, message_id: int) -> None:
        nonlocal first
        monkeypatch.setattr(stores.rooms, "see", see)
        first = send_file(room, "Look at this")
        await slow_files.asked.wait()
        await ask_for_help(room)
        monkeypatch.setattr(stores.messages, "waiting", note_waiting)
        await see(room_id, message_id)

    async def note_waiting(room_id: int) -> list[int]:
        read_again.set()
        return await waiting(room_id)

    await room.go_away()
    room.env.backend.create_message(room.lobby.id, room.ben.id, "Anybody?")
    monkeypatch.setattr(stores.rooms, "see", see_slowly)
    (shard,) = room.bot.shards.values()
    with room.env._bot_scope():
        await shard.reconnect()
    await read_again.wait()
    assert await read_up_to(room) < first
    slow_files.go_on.set()
    await room.env.settle()
    assert any("Look at this" in reply for reply in room.replies())


async def ask_for_help(room: Server) -> int:
    """Ben speaks of danger, and gets help; the id of what he said."""
    helped = asyncio.Event()
    room.bot.engine.subscribe(lambda event: helped.set() if isinstance(event, HelpGiven) else None)
    danger = room.env.backend.create_message(room.lobby.id, room.ben.id, DANGER)
    await helped.wait()
    return danger.id


async def read_up_to(room: Server) -> int:
    """The message from which on a start would read the room."""
    last = await room.bot.stores.rooms.last_seen(room.lobby.id)
    assert last is not None
    return last


def missed(room: Server) -> ChatRoomCatchUp:
    cog = room.bot.get_cog("ChatRoomCog")
    assert isinstance(cog, ChatRoomCog)
    return cog.missed
