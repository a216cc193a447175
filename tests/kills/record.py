"""The bot's database, read beside the bot."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import make_url

from bot.sandbox import Message

_UNDONE: Final = (
    "SELECT count(*) FROM outbox WHERE done_at IS NULL",
    "SELECT count(*) FROM turns WHERE evaluation IN ('none', 'pending')",
    "SELECT count(*) FROM messages WHERE turn_id IS NULL AND set_aside_at IS NULL",
)
"""What is left to do; all of them 0 when nothing is."""


@dataclass(frozen=True)
class Rest:
    """What was left to do at one moment.

    ``undone`` are posts, turns and messages that wait; ``unheard`` are messages that people said
    and the bot has not kept.
    """

    undone: int
    unheard: int


class Record:
    """The bot's database, read beside it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query gives."""
        if self._url.startswith("sqlite"):
            return self._sqlite_rows(query)
        import asyncpg  # noqa: PLC0415 - not every run needs it

        connection = await asyncpg.connect(self._url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def rest(self, said: Sequence[Message]) -> Rest:
        """Return what is left to do of what was ``said``, all of it at the same moment.

        In one statement: between two of them the bot goes on, and what it keeps then, or begins
        with, would be in neither.
        """
        ids = ", ".join(str(message.id) for message in said) or "0"
        undone = " + ".join(f"({count})" for count in _UNDONE)
        heard = f"SELECT count(*) FROM messages WHERE id IN ({ids})"  # noqa: S608 - numbers
        ((left, known),) = await self.rows(f"SELECT {undone}, ({heard})")
        return Rest(undone=left, unheard=len(said) - known)

    def _sqlite_rows(self, query: str) -> list[tuple[Any, ...]]:
        file = make_url(self._url).database
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
