"""The line in each Chat Room: what is said there is taken in one after the other, as it came."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import discord


class RoomLines:
    """The lines of all rooms: who deletes what they have just said is not heard before it."""

    def __init__(self) -> None:
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._live: defaultdict[int, set[int]] = defaultdict(set)
        """By room: messages that were just said, and are not taken in yet."""

    def turn_in(self, room_id: int) -> asyncio.Lock:
        """Return what is held by whoever's turn it is in that room."""
        return self._locks[room_id]

    @asynccontextmanager
    async def place_of(
        self, message: discord.Message, look: Coroutine[Any, Any, bool]
    ) -> AsyncIterator[bool]:
        """Within, it is the message's turn in its room; yield what ``look`` says of danger in it.

        Its place is that in which it came, however long its files take to be read; but who is in
        danger does not wait for those before them. Who leaves the line ends the look, too.
        """
        looking = asyncio.create_task(look, name=f"look at {message.id}")
        try:
            async with self.turn_in(message.channel.id):
                yield await looking
        finally:
            if not looking.done():
                looking.cancel()
                await asyncio.wait({looking})

    @contextmanager
    def live(self, message: discord.Message) -> Iterator[None]:
        """Within, the message was just said and is not taken in yet."""
        waiting = self._live[message.channel.id]
        waiting.add(message.id)
        try:
            yield
        finally:
            waiting.discard(message.id)

    def has_before(self, room_id: int, message_id: int) -> bool:
        """Return whether something that was said before that message is not taken in yet."""
        return any(waiting < message_id for waiting in self._live[room_id])
