"""What one person sees, numbered: every page that is this person reads along, and can catch up."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sandbox.users.json import to_json
from bot.sandbox.users.user import Person

KEPT: Final = 5_000
"""Entries kept for pages that were away; one that missed more reads everything anew."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Anew:
    """What was seen can no longer be told piece by piece: ask for everything again."""


class Journal:
    """One person's stream of what they see, for as long as the server runs."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.id = secrets.token_hex(8)
        """Numbers mean something within this journal only: a restart begins another."""
        self.number = 0
        """Of the latest entry."""
        self._kept: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._readers: list[Tell] = []
        self._watch = person.watch()
        self._following = asyncio.create_task(self._follow(), name=f"journal of {person.id}")

    def add(self, seen: object) -> None:
        """Number something that the person sees, and tell it to every page that is them."""
        self.number += 1
        text = f'{{"number":{self.number},"seen":{to_json(seen)}}}'
        self._kept.append((self.number, text))
        for tell in tuple(self._readers):
            tell(text)

    def since(self, journal_id: str, number: int) -> list[str] | None:
        """What came after an entry, or None where that can no longer be told."""
        if journal_id != self.id or number > self.number:
            return None
        oldest = self._kept[0][0] if self._kept else self.number + 1
        if number < oldest - 1:
            return None
        return [text for at, text in self._kept if at > number]

    def read_along(self, tell: Tell) -> Callable[[], None]:
        """Tell ``tell`` every entry from now on; the returned function ends that."""
        self._readers.append(tell)

        def stop() -> None:
            if tell in self._readers:
                self._readers.remove(tell)

        return stop

    async def close(self) -> None:
        """End it."""
        self._watch.close()
        await self._following

    async def _follow(self) -> None:
        async for seen in self._watch:
            if self._watch.lost:
                self._watch.lost = False
                self.begin_anew()
            self.add(seen)

    def begin_anew(self) -> None:
        """Have every page ask for everything again."""
        self._kept.clear()
        self.id = secrets.token_hex(8)
        self.add(Anew())
