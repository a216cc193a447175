"""What a write to the database costs, beside what SQLite itself takes for one."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.domain import Room, UserMessage
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores


async def time_writes(folder: Path, count: int) -> list[float]:
    """Seconds for each of ``count`` messages kept, one transaction each."""
    url = f"sqlite+aiosqlite:///{folder / 'writes.db'}"
    async with open_database(url) as database:
        stores = Stores.over(database)
        await stores.rooms.bind(Room(1, 1, 2, 1))
        taken = []
        for number in range(1, count + 1):
            said = UserMessage(number, 1, 100, "Ana", "Hello!", datetime.now(UTC))
            began = time.perf_counter()
            await stores.messages.add(said)
            taken.append(time.perf_counter() - began)
        return taken


def time_bare_writes(folder: Path, count: int) -> list[float]:
    """The same with nothing between us and SQLite, under the same settings."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, author TEXT, said TEXT, at TEXT);"
    )
    taken = []
    for number in range(count):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?)", (number, "Ana", "Hello!", "2026-11-21")
        )
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - began)
    connection.close()
    return taken
