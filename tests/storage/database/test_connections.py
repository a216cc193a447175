from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import SettingError
from bot.storage.database.connections import parse_url, redacted_url
from bot.storage.database.database import Database
from bot.storage.database.postgres_driver import as_libpq_writes
from bot.storage.migrations import migrate
from bot.storage.open_database import open_database


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("sqlite:///data/x.db", "sqlite+aiosqlite:///data/x.db"),
        ("  sqlite+aiosqlite:////var/x.db\n", "sqlite+aiosqlite:////var/x.db"),
        ("postgres://me:pw@host/db", "postgresql+asyncpg://me:***@host/db"),
        ("postgresql://me:pw@host:5433/db", "postgresql+asyncpg://me:***@host:5433/db"),
        ("postgresql+asyncpg://host/db", "postgresql+asyncpg://host/db"),
        ("postgresql://me@host/db?password=pw&a=b", "postgresql+asyncpg://me:***@host/db?a=b"),
    ],
)
def test_an_address_gets_its_driver(given: str, taken: str) -> None:
    assert redacted_url(parse_url(given)) == taken


@pytest.mark.parametrize(
    "url",
    [
        "",
        "four-rooms.db",
        "mysql://host/db",
        "postgresql+psycopg2://host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "http://host:notaport/",
    ],
)
async def test_a_wrong_address_names_the_setting(url: str) -> None:
    for use in (migrate, Database.open):
        with pytest.raises(SettingError, match="set up") as caught:
            await use(url)
        assert "DATABASE_URL" in caught.value.detail


async def test_a_password_is_not_told(tmp_path: Path) -> None:
    parsed = parse_url("postgresql://me@host/db?password=hunter2")
    assert parsed.password == "hunter2"
    assert "hunter2" not in str(as_libpq_writes(parsed, password=False))
    with pytest.raises(SettingError, match="set up") as caught:
        parse_url("postgresql://me@host/db?sslpassword=hunter2")
    assert "sslpassword" in caught.value.detail
    assert "hunter2" not in caught.value.detail
    with pytest.raises(SettingError) as caught:
        parse_url("mysql://me:hunter2@host/db")
    assert "hunter2" not in caught.value.detail
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError) as caught:
        await migrate(f"sqlite://me:hunter2@/{tmp_path}/file/x.db")
    assert "hunter2" not in caught.value.detail


async def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/folder/x.db"
    async with open_database(url):
        pass
    assert (tmp_path / "new/folder").stat().st_mode & 0o077 == 0


def rights(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_the_files_are_for_their_owner_alone_old_ones_too(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    url = f"sqlite:///{file}"
    for old in ([], [file]):
        for path in old:
            path.chmod(0o644)
        async with open_database(url) as database:
            async with database.write() as connection:
                await connection.execute(text("CREATE TABLE IF NOT EXISTS t (a)"))
            assert rights(tmp_path) == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}


async def test_what_a_crash_left_beside_the_database_is_closed_too(tmp_path: Path) -> None:
    file, left = tmp_path / "x.db", tmp_path / "x.db-wal"
    left.touch(0o644)
    await migrate(f"sqlite:///{file}")
    assert not left.exists() or left.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_is_no_database_names_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.write_text("not a database, but long enough to be looked at as one" * 99)
    for use in (migrate, Database.open):
        with pytest.raises(SettingError, match="set up") as caught:
            await use(f"sqlite:///{file}")
        assert "DATABASE_URL" in caught.value.detail
        assert "not a database" in caught.value.detail


async def test_a_folder_in_the_files_place_names_the_setting(tmp_path: Path) -> None:
    for use in (migrate, Database.open):
        with pytest.raises(SettingError) as caught:
            await use(f"sqlite:///{tmp_path}")
        assert "DATABASE_URL" in caught.value.detail


async def test_a_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "asyncpg", None)
    with pytest.raises(SettingError) as caught:
        await Database.open("postgresql://host/db")
    assert "DATABASE_URL" in caught.value.detail
    assert "four-rooms[postgres]" in caught.value.detail
