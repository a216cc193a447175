"""A migrated database file for each test, copied from one that is made once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database.database import Database
from bot.storage.migrations import migrate
from bot.storage.stores.stores import Stores
from tests.storage.samples import ROOM


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "template.db"
    asyncio.run(migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "four-rooms.db"))


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_kind: str) -> str:
    """The address of a database with all tables and no rows, of the kind the test runs on."""
    if database_kind == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{request.getfixturevalue('file')}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    yield database
    await database.close()


@pytest.fixture
async def stores(database: Database) -> Stores:
    """Stores that know one Chat Room."""
    stores = Stores.over(database)
    await stores.rooms.bind(ROOM)
    return stores
