from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot.agents.alliance.observers import curves_of
from bot.domain import PostKind, ReplyWhen, RoomSettings
from bot.errors import SettingError
from bot.reports.critic_trust import trust_of
from bot.storage.database.connections import migrating_engine, parse_url
from bot.storage.database.database import Database
from bot.storage.database.tables import metadata
from bot.storage.migrations import (
    HEAD,
    alembic_config,
    check_references,
    migrate,
    revision_of,
    upgrade,
)
from bot.storage.open_database import open_database
from bot.storage.stores.rooms import RoomStore
from bot.storage.stores.stores import Stores
from tests.storage.samples import names

PROJECT = Path(__file__).parent.parent.parent
OLDEST_ROWS = Path(__file__).parent / "oldest_rows.sql"
"""Rows in the words of revision 0001: every table, as the first release wrote them."""
MARKS_OF_0002 = Path(__file__).parent / "marks_of_0002.sql"
"""Every kind of mark in the words of revision 0002, also of rooms and turns that are gone."""


@asynccontextmanager
async def migrating(file: Path) -> AsyncIterator[Callable[..., Any]]:
    """Runs functions on a migrating connection to that file, in one transaction."""
    engine = migrating_engine(parse_url(f"sqlite:///{file}"))
    try:
        async with engine.begin() as connection:
            yield connection.run_sync
    finally:
        await engine.dispose()


def schema(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return {name: "".join(sql.replace('"', "").split()) for name, sql in rows}


@pytest.fixture
async def upgraded(tmp_path: Path) -> Path:
    """A database that has come through all revisions."""
    file = tmp_path / "upgraded.db"
    async with migrating(file) as run:
        await run(upgrade)
    return file


async def test_all_revisions_together_make_the_tables(upgraded: Path) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with migrating(upgraded) as run:
        assert await run(differences) == []


async def test_a_new_database_is_made_as_all_revisions_make_it(upgraded: Path, file: Path) -> None:
    """Also what the comparison does not see: conditions of partial indices, checks, counted ids."""
    assert {name: sorted(sql) for name, sql in schema(upgraded).items()} == {
        name: sorted(sql) for name, sql in schema(file).items()
    }


async def test_a_new_database_is_made_without_alembic(tmp_path: Path) -> None:
    made = (
        "import asyncio, sys; from bot.storage.migrations import migrate; "
        f"asyncio.run(migrate('sqlite:///{tmp_path}/new.db')); "
        "print([name for name in sys.modules if name.startswith('alembic')])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", made, stdout=asyncio.subprocess.PIPE, cwd=PROJECT
    )
    printed, _ = await process.communicate()
    assert printed.decode().strip() == "[]"
    async with migrating(tmp_path / "new.db") as run:
        assert await run(revision_of) == HEAD


def test_the_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


async def test_rows_of_the_first_release_live_through_all_revisions(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    async with migrating(file) as run:
        await run(upgrade, "0001")
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(OLDEST_ROWS.read_text())
        before = counts(connection)
    assert all(before.values()), "each table of the first release has a row"
    await migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        assert counts(connection).items() >= before.items()
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_each_room_keeps_its_settings_within_their_bounds(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    async with migrating(file) as run:
        await run(upgrade, "0001")
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(OLDEST_ROWS.read_text())
        connection.execute(
            "INSERT INTO rooms (id, guild_id, moderator_channel_id, therapy_parent_id, persona, "
            "norms, max_rounds, reply_when, retention_days, paused, pause_reason, simulated, "
            "created_at) SELECT 2, guild_id, 1, 1, 'pirate', ?, 99, 'mentioned', 30, 1, 'raid', 0,"
            " created_at FROM rooms",
            ("x" * 3000,),
        )
        connection.commit()
    async with open_database(f"sqlite:///{file}") as database:
        large = await RoomStore(database).get(1361000000000000001)
        small = await RoomStore(database).get(2)
    assert large is not None
    assert small is not None
    assert large.settings == RoomSettings(norms="Be kind.", reply_when=ReplyWhen.ALWAYS)
    assert small.settings == RoomSettings(
        persona="pirate",
        norms="x" * 2000,
        max_rounds=10,
        reply_when=ReplyWhen.MENTIONED,
        retention_days=30,
    )
    assert (small.paused, small.pause_reason) == (True, "raid")


async def test_a_room_without_a_stored_rule_goes_on_answering_everything(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    async with migrating(file) as run:
        await run(upgrade, "0010")
    rooms = "INSERT INTO rooms (id, guild_id, moderator_channel_id, therapy_parent_id, settings, "
    rooms += "paused, pause_reason, simulated, created_at) VALUES (?, 1, 1, 1, ?, 0, '', 0, ?)"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO guilds (id, created_at) VALUES (1, '2026-01-01 00:00:00')")
        for room_id, settings in ((2, '{"norms": "Be kind."}'), (3, '{"reply_when": "mentioned"}')):
            connection.execute(rooms, (room_id, settings, "2026-01-01 00:00:00"))
        connection.commit()
    async with open_database(f"sqlite:///{file}") as database:
        of_before = await RoomStore(database).get(2)
        chosen = await RoomStore(database).get(3)
    assert of_before is not None
    assert of_before.settings == RoomSettings(norms="Be kind.", reply_when=ReplyWhen.ALWAYS)
    assert chosen is not None
    assert chosen.settings.reply_when is ReplyWhen.MENTIONED


@pytest.fixture
async def with_marks(tmp_path: Path) -> AsyncIterator[Database]:
    """A database that had marks of every kind before it was brought up to date."""
    file = tmp_path / "marks.db"
    async with migrating(file) as run:
        await run(upgrade, "0001")
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(OLDEST_ROWS.read_text())
    async with migrating(file) as run:
        await run(upgrade, "0002")
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(MARKS_OF_0002.read_text())
    async with open_database(f"sqlite:///{file}") as database:
        yield database
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_what_was_shown_and_told_moves_from_marks_to_tables(with_marks: Database) -> None:
    stores, room_id = Stores.over(with_marks), 1361000000000000001
    shown = stores.shown_posts
    assert await shown.find(1, PostKind.CARD) == (1361000000000000002, 1361000000000000050)
    assert await shown.find(1, PostKind.SEAT) is None
    assert await shown.find(2, PostKind.SEAT) == (5, 51)
    assert await shown.find(2, PostKind.GATE) == (3, 52)
    room, other = await stores.rooms.get(room_id), await stores.rooms.get(2)
    assert room is not None
    assert other is not None
    notices = stores.wait_notices
    assert room.resumed_at is not None
    assert await notices.told_of_pause(room_id, room.resumed_at) == {77, 78}
    assert await notices.told_of_pause(2, other.resumed_at) == {79}
    assert not await notices.note_delay(2), "it was told"
    assert await notices.note_delay(1), "it was not"
    assert await stores.rooms.notice_of(room_id) == 1361000000000000060
    assert await stores.rooms.notice_of(2) is None


async def test_what_was_measured_moves_from_marks_to_tables(with_marks: Database) -> None:
    stores = Stores.over(with_marks)
    (curve,) = await curves_of(stores.alliance_curves, 1)
    assert curve.method == "embeddings, m"
    trust = await trust_of(stores.critic_trust, "yes/no 1", "m")
    assert trust is not None
    assert (trust.n, trust.auroc) == (240, 0.93)
    assert await trust_of(stores.critic_trust, "written 1", "m") is None


async def test_marks_keep_facts_of_the_process_alone(with_marks: Database) -> None:
    assert await names(with_marks) == ["commands of 99"]
    moved = {"shown_messages": 3, "pause_notices": 3, "delay_notices": 1, "alliance_curves": 1}
    async with with_marks.read() as connection:
        for table, count in moved.items():
            rows = await connection.execute(metadata.tables[table].select())
            assert len(rows.all()) == count


async def test_turns_of_before_begin_at_the_first_version(with_marks: Database) -> None:
    turns = Stores.over(with_marks).turns
    turn = await turns.get(2)
    assert turn is not None
    assert turn.version == 0
    assert (await turns.save(turn, was=turn)).version == 1


async def test_turns_of_before_are_numbered_in_order_in_each_room(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    async with migrating(file) as run:
        await run(upgrade, "0010")
    made_in = [(4, 7), (5, 8), (9, 7), (11, 7), (12, 8)]
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO guilds (id, created_at) VALUES (1, '2026-05-01')")
        connection.executemany(
            "INSERT INTO rooms (id, guild_id, moderator_channel_id, therapy_parent_id, settings, "
            "paused, pause_reason, simulated, created_at) "
            "VALUES (?, 1, 2, 3, '{}', 0, '', 0, '2026-05-01')",
            [(7,), (8,)],
        )
        connection.executemany(
            "INSERT INTO turns (id, room_id, state, evaluation, round, attempts, delivery_tries, "
            "created_at) VALUES (?, ?, 'sent', 'scored', 0, 0, 0, '2026-05-01')",
            made_in,
        )
        connection.commit()
    async with migrating(file) as run:
        await run(upgrade)
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT id, number FROM turns ORDER BY id").fetchall()
    assert rows == [(4, 1), (5, 1), (9, 2), (11, 3), (12, 2)]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    names = [name for (name,) in connection.execute(query)]
    return {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        for name in names
    }


async def test_migrating_again_changes_nothing(file: Path) -> None:
    before = schema(file)
    await migrate(f"sqlite:///{file}")
    assert schema(file) == before


async def test_two_processes_may_migrate_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    await asyncio.gather(*(migrate(url) for _ in range(8)))
    async with migrating(tmp_path / "new.db") as run:
        assert await run(revision_of) == HEAD


@pytest.mark.parametrize(
    ("code", "opens"), [(sqlite3.SQLITE_BUSY, True), (sqlite3.SQLITE_NOTADB, False)]
)
async def test_who_comes_second_to_a_new_file_waits_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, opens: bool
) -> None:
    """SQLite refuses at once who makes a file one with a write-ahead log beside another."""
    script = aiosqlite.Connection.executescript
    refusals = [code, code]

    async def refuse_first(driver: aiosqlite.Connection, text: str) -> object:
        if refusals:
            error = sqlite3.OperationalError("refused")
            error.sqlite_errorcode = refusals.pop()
            raise error
        return await script(driver, text)

    monkeypatch.setattr(aiosqlite.Connection, "executescript", refuse_first)
    if opens:
        await migrate(f"sqlite:///{tmp_path}/new.db")
        assert "turns" in schema(tmp_path / "new.db")
    else:
        with pytest.raises(SettingError):
            await migrate(f"sqlite:///{tmp_path}/new.db")


async def test_a_migration_that_fails_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Connection) -> None:
        raise ValueError("broken")

    file = tmp_path / "old.db"
    async with migrating(file) as run:
        await run(upgrade, "0001")
    before = schema(file)
    monkeypatch.setattr("bot.storage.migrations.check_references", fail)
    with pytest.raises(ValueError, match="broken"):
        await migrate(f"sqlite:///{file}")
    assert schema(file) == before
    monkeypatch.undo()
    await migrate(f"sqlite:///{file}")
    assert schema(file) != before


async def test_a_new_database_is_made_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new.db"
    monkeypatch.setattr("bot.storage.migrations._MARK", "CREATE TABLE broken")
    with pytest.raises(OperationalError):
        await migrate(f"sqlite:///{file}")
    assert schema(file) == {}
    monkeypatch.undo()
    await migrate(f"sqlite:///{file}")
    assert "turns" in schema(file)


async def test_a_row_left_without_what_it_refers_to_is_noticed(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO therapy_threads VALUES (404, '2026-05-01', 1)")
        connection.commit()
    async with migrating(file) as run:
        with pytest.raises(ValueError, match="therapy_threads without its rooms"):
            await run(check_references)


async def test_a_newer_database_is_refused(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(SettingError) as caught:
        await migrate(f"sqlite:///{file}")
    assert "newer version" in caught.value.detail


async def test_logging_is_left_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    mine = logging.getLogger("four-rooms-test")
    before = (root.level, list(root.handlers), mine.disabled)
    async with migrating(tmp_path / "new.db") as run:
        await run(upgrade)
    assert (root.level, list(root.handlers), mine.disabled) == before
    assert capfd.readouterr() == ("", "")


async def test_the_file_is_in_wal_mode(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    await migrate(f"sqlite:///{file}")
    copy = shutil.copy(file, tmp_path / "copy.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
