"""A person's events, numbered: every page that is this person reads along, and can catch up."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sandbox.users.json import to_json
from bot.sandbox.users.user import SandboxUser

KEPT: Final = 5_000
"""Entries kept for pages that were away; one that missed more reads everything anew."""

LogReader = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StreamReset:
    """An end of telling piece by piece: ask for everything again."""


class EventLog:
    """One person's stream of what they see, for as long as the server runs."""

    def __init__(self, user: SandboxUser) -> None:
        self.user = user
        self.id = secrets.token_hex(8)
        """Numbers mean something within this log only: a restart begins another."""
        self.number = 0
        """Of the latest entry."""
        self._entries: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._readers: list[LogReader] = []
        self._stream = user.watch()
        self._following = asyncio.create_task(self._follow(), name=f"event log of {user.id}")

    def add(self, seen: object) -> None:
        """Give a number to what the person sees, and tell it to every page that is them."""
        self.number += 1
        text = f'{{"number":{self.number},"seen":{to_json(seen)}}}'
        self._entries.append((self.number, text))
        for read in tuple(self._readers):
            read(text)

    def since(self, log_id: str, number: int) -> list[str] | None:
        """Return what came after an entry, or None where that can no longer be told."""
        if log_id != self.id or number > self.number:
            return None
        oldest = self._entries[0][0] if self._entries else self.number + 1
        if number < oldest - 1:
            return None
        return [text for at, text in self._entries if at > number]

    def read_along(self, read: LogReader) -> Callable[[], None]:
        """Give ``read`` every entry from now on; the returned function ends that."""
        self._readers.append(read)

        def stop() -> None:
            if read in self._readers:
                self._readers.remove(read)

        return stop

    async def close(self) -> None:
        """End the log."""
        self._stream.close()
        await self._following

    async def _follow(self) -> None:
        async for seen in self._stream:
            if self._stream.lost:
                self._stream.lost = False
                self.begin_anew()
            self.add(seen)

    def begin_anew(self) -> None:
        """Have every page ask for everything again."""
        self._entries.clear()
        self.id = secrets.token_hex(8)
        self.add(StreamReset())
