"""A backup is the whole database of one moment, taken while the bot writes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import FourRoomsError, SettingError
from bot.storage import backup as module
from bot.storage.backup import back_up
from bot.storage.database.database import Database
from bot.storage.database.tables import key_value
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.storage.postgres import PostgresServer
from tests.storage.samples import ROOM, names, said, write


async def test_a_restored_copy_holds_all_of_its_moment_while_the_bot_writes_on(
    file: Path, stores: Stores, tmp_path: Path
) -> None:
    await stores.messages.add(said(1, "kept in the log, not yet in the file"))
    copy = tmp_path / "backups" / "monday.db"
    size = await asyncio.to_thread(back_up, f"sqlite:///{file}", copy)
    await stores.messages.add(said(2))
    assert size == copy.stat().st_size > 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in copy.parent.iterdir()] == ["monday.db"]
    async with open_database(f"sqlite:///{copy}") as restored:
        again = Stores.over(restored)
        assert await again.rooms.get(ROOM.id) == await stores.rooms.get(ROOM.id)
        assert await again.messages.waiting(ROOM.id) == [1]
        await again.messages.add(said(3))
    assert await stores.messages.waiting(ROOM.id) == [1, 2]


async def test_it_does_not_wait_for_a_transaction_and_takes_nothing_of_it(
    file: Path, database: Database, tmp_path: Path
) -> None:
    await write(database, "before")
    copy = tmp_path / "copy.db"
    async with database.write() as connection:
        await connection.execute(key_value.delete())
        async with asyncio.timeout(20):
            await asyncio.to_thread(back_up, f"sqlite:///{file}", copy)
    async with open_database(f"sqlite:///{copy}") as restored:
        assert await names(restored) == ["before"]
    assert await names(database) == []


def test_a_file_that_is_there_is_never_overwritten(file: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.db"
    older.write_text("an older backup")
    with pytest.raises(SettingError) as refused:
        back_up(f"sqlite:///{file}", older)
    assert "no backup is overwritten" in refused.value.detail
    assert older.read_text() == "an older backup"


def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refused:
        back_up(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "copy.db")
    assert "there is no database" in refused.value.detail
    assert list(tmp_path.iterdir()) == []


async def test_postgresql_is_backed_up_by_its_own_program_and_restored_from_it(
    postgres_server: PostgresServer,
    postgres_url: str,
    bare_postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_database(postgres_url) as database:
        await write(database, "a", "b")
    copy = tmp_path / "monday.dump"
    monkeypatch.setenv("PATH", str(postgres_server.programs))
    size = await asyncio.to_thread(back_up, postgres_url, copy)
    assert size == copy.stat().st_size > 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    restore = await asyncio.create_subprocess_exec(
        "pg_restore", "--no-owner", f"--dbname={bare_postgres_url}", copy
    )
    assert await restore.wait() == 0
    async with open_database(bare_postgres_url) as restored:
        assert await names(restored) == ["a", "b"]
    wrong = postgres_url.replace("opensesame", "hunter2")
    with pytest.raises(FourRoomsError) as failed:
        await asyncio.to_thread(back_up, wrong, tmp_path / "none.dump")
    assert "password authentication failed" in failed.value.detail
    assert os.listdir(tmp_path) == ["monday.dump"]  # noqa: PTH208


def test_without_postgresqls_own_program_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingError) as refused:
        back_up("postgresql://name:secret@host/rooms", tmp_path / "copy.db")
    assert "pg_dump" in refused.value.detail
    assert "secret" not in refused.value.detail


def test_a_copy_that_breaks_off_leaves_nothing_that_passes_for_a_backup(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_sync", break_off)
    folder = tmp_path / "backups"
    with pytest.raises(FourRoomsError, match="wrong") as failed:
        back_up(f"sqlite:///{file}", folder / "copy.db")
    assert "No space left" in failed.value.detail
    assert list(folder.iterdir()) == []


def test_a_damaged_database_is_told_and_not_copied(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    pages = bytearray(file.read_bytes())
    pages[4096 * 2 : 4096 * 6] = b"\xff" * (4096 * 4)
    file.write_bytes(pages)
    with pytest.raises(FourRoomsError):
        back_up(f"sqlite:///{file}", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
