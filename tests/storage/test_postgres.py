"""What PostgreSQL does in its own way: addresses, rights, lost connections, plans, old schemas."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Agent
from bot.domain.limits import Amount, Charge, Limit, Scope, Subject
from bot.errors import SettingError
from bot.storage.compacting import compact
from bot.storage.database.connections import migrating_engine, parse_url
from bot.storage.database.database import Database
from bot.storage.database.sum_tables import call_days
from bot.storage.database.tables import key_value, messages, metadata, rooms
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.database.upsert import add_to
from bot.storage.migrations import HEAD, migrate, revision_of, upgrade
from bot.storage.open_database import open_database
from bot.storage.stores.shard_leases import ShardLeaseStore, ShardProcess
from bot.storage.stores.stores import Stores
from bot.storage.stores.usage_limits import LimitPassed
from tests.patience import PATIENCE
from tests.storage.database.test_indices import USES, Use, conversation
from tests.storage.postgres import PostgresServer
from tests.storage.samples import NOON, ROOM, begin_turn, end_turn, names, notice, put, said, write
from tests.storage.test_migrations import OLDEST_ROWS


async def on(url: str, work: Callable[[Connection], Any]) -> Any:
    """What ``work`` returns in one transaction of whoever migrates."""
    engine = migrating_engine(parse_url(url))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


# ── opening ─────────────────────────────────────────────────────────────────────────────────


REFUSED: Final[tuple[tuple[Callable[[str], str], str], ...]] = (
    (lambda url: url.replace("opensesame", "hunter2"), "password authentication failed"),
    (lambda url: re.sub(r"/rooms_\d+", "/nowhere", url), 'database "nowhere" does not exist'),
    (lambda _: "postgresql://me:hunter2@127.0.0.1:9/rooms", "Connect call failed"),
    (lambda _: "postgresql://me:hunter2@/rooms?host=/nowhere", "No such file"),
    (lambda url: f"{url}&sslmode=maybe", "sslmode"),
    (lambda url: f"{url}&ssl=maybe", "sslmode"),
)


async def test_what_cannot_be_opened_is_told_in_one_sentence_without_the_password(
    postgres_url: str,
) -> None:
    for change, says in REFUSED:
        for use in (migrate, Database.open):
            with pytest.raises(SettingError) as caught:
                await use(change(postgres_url))
            assert "DATABASE_URL" in caught.value.detail
            assert says in caught.value.detail
            assert "hunter2" not in caught.value.detail


async def test_a_password_may_stand_beside_the_address(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = postgres_url.replace(":opensesame", "")
    assert bare != postgres_url
    monkeypatch.setenv("PGPASSWORD", "opensesame")
    for url in (bare, f"{bare}&password=opensesame"):
        async with open_database(url) as database:
            await database.ping()
        monkeypatch.delenv("PGPASSWORD", raising=False)


async def test_who_may_make_no_tables_is_told_what_to_grant(
    postgres_server: PostgresServer, bare_postgres_url: str
) -> None:
    async with postgres_server.admin() as admin:
        await admin.execute("CREATE ROLE guest LOGIN PASSWORD 'opensesame'")
    with pytest.raises(SettingError) as caught:
        await migrate(bare_postgres_url.replace("//four_rooms:", "//guest:"))
    assert "GRANT CREATE ON SCHEMA public" in caught.value.detail


async def test_a_database_that_cannot_hold_every_text_is_refused(
    postgres_server: PostgresServer,
) -> None:
    async with postgres_server.admin() as admin:
        await admin.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' "
            "TEMPLATE template0"
        )
    with pytest.raises(SettingError, match="set up") as caught:
        await migrate(postgres_server.url("latin"))
    assert "LATIN1" in caught.value.detail


# ── the schema ──────────────────────────────────────────────────────────────────────────────


async def test_all_revisions_from_rows_of_the_first_release_make_the_tables(
    bare_postgres_url: str,
) -> None:
    def old(connection: Connection) -> None:
        upgrade(connection, "0001")
        for statement in _statements(OLDEST_ROWS.read_text()):
            connection.exec_driver_sql(statement)

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    await on(bare_postgres_url, old)
    await migrate(bare_postgres_url)
    assert await on(bare_postgres_url, differences) == []
    async with open_database(bare_postgres_url) as database:
        stores = Stores.over(database)
        room = await stores.rooms.get(1361000000000000001)
        assert room is not None
        assert room.settings.norms == "Be kind."


async def test_several_processes_may_make_the_tables_at_once(bare_postgres_url: str) -> None:
    await asyncio.gather(*(migrate(bare_postgres_url) for _ in range(4)))
    assert await on(bare_postgres_url, revision_of) == HEAD


async def test_a_new_database_is_made_whole_or_not_at_all(
    bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.migrations._MARK", "CREATE TABLE broken")
    with pytest.raises(ProgrammingError):
        await migrate(bare_postgres_url)
    monkeypatch.undo()
    await migrate(bare_postgres_url)
    assert await on(bare_postgres_url, revision_of) == HEAD


# ── lost connections ────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = await Database.open(postgres_url)
    yield database
    await database.close()


async def hang_up(server: PostgresServer) -> None:
    """The server ends all connections of the bot, as at its restart."""
    async with server.admin() as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = 'four-rooms'"
        )


async def test_a_restart_of_the_server_between_two_uses_is_not_noticed(
    postgres_server: PostgresServer, database: Database
) -> None:
    await write(database, "a")
    await hang_up(postgres_server)
    await write(database, "b")
    assert await names(database) == ["a", "b"]


async def test_a_connection_lost_in_a_transaction_undoes_it_and_the_next_succeeds(
    postgres_server: PostgresServer, database: Database
) -> None:
    async def unlucky() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO marks VALUES ('a', '', now())"))
            await hang_up(postgres_server)
            await connection.execute(text("INSERT INTO marks VALUES ('b', '', now())"))

    with pytest.raises(DatabaseUnavailable):
        await unlucky()
    await write(database, "c")
    assert await names(database) == ["c"]


async def test_a_commit_that_may_have_been_done_counts_nothing_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = AsyncConnection.commit

    async def unanswered(connection: AsyncConnection) -> None:
        monkeypatch.undo()
        await commit(connection)
        raise ConnectionResetError

    await write(database, "a")
    longer = key_value.update().values(value=key_value.c.name + "!")
    added = add_to(call_days, "postgresql")
    counts: dict[str, Any] = {column.name: 1 for column in call_days.columns}
    day = {**counts, "day": NOON.date(), "agent": Agent.CRITIC, "model": "m"}
    database.write_soon(added, day)
    database.write_soon(longer, {})
    monkeypatch.setattr(AsyncConnection, "commit", unanswered)
    with pytest.raises(DatabaseUnavailable):
        await database.flush()
    await database.flush()
    async with database.read() as connection:
        assert await connection.scalar(select(call_days.c.calls)) == 1
        assert await connection.scalar(select(key_value.c.value)) == "a!"


async def test_a_statement_that_the_server_ends_is_a_trouble_of_its_own(
    database: Database,
) -> None:
    """And of the error no more is told than its kind, as its words may hold what people wrote."""
    ending = "SELECT 'what Ann wrote', pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(DatabaseUnavailable) as caught:
        await database.transact(lambda connection: connection.exec_driver_sql(ending))
    assert "Ann" not in caught.value.detail
    await database.ping()


async def test_a_statement_that_is_never_answered_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setattr("bot.storage.database.postgres_driver.STATEMENT_SECONDS", 0.1)
    impatient = await Database.open(postgres_url)
    try:
        with pytest.raises(DatabaseUnavailable):
            await impatient.fetch(lambda connection: connection.scalar(text("SELECT pg_sleep(60)")))
        await impatient.ping()
    finally:
        await impatient.close()


async def test_who_waits_for_a_turn_to_identify_is_not_given_up(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setattr("bot.storage.database.postgres_driver.STATEMENT_SECONDS", 0.1)
    async with ShardLeaseStore.open(postgres_url, ShardProcess("a", "den")) as leases:
        await leases.wait_to_identify(0, 1, 0.3)
        await asyncio.gather(*(leases.wait_to_identify(shard, 1, 0.3) for shard in (1, 2)))


async def test_a_server_that_is_away_is_unavailable_and_comes_back(
    postgres_server: PostgresServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hang_up(postgres_server)
    socket = next(postgres_server.folder.glob(".s.PGSQL.*[0-9]"))
    hidden = socket.rename(socket.with_name("hidden"))
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            await database.ping()
        assert caught.value.detail == "database: FileNotFoundError"
    finally:
        hidden.rename(socket)
    await database.ping()


async def test_what_was_deleted_is_in_no_file_once_the_database_is_compacted(
    postgres_server: PostgresServer,
    postgres_url: str,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.storage.database.postgres_driver.STATEMENT_SECONDS", 0.001)

    def kept() -> bool:
        files = (postgres_server.folder / "data" / "base").rglob("*")
        return any(b"SAIDMARK" in file.read_bytes() for file in files if file.is_file())

    async def on_disk() -> bool:
        async with postgres_server.admin() as admin:
            await admin.execute("CHECKPOINT")
        return await asyncio.to_thread(kept)

    async with database.write() as connection:
        for number in range(20):
            mark = {"name": f"{number}", "value": "SAIDMARK " * 9, "changed_at": NOON}
            await connection.execute(key_value.insert(), mark)
        await connection.execute(text("ANALYZE"))
    async with database.write() as connection:
        await connection.execute(key_value.delete())
        await put(connection, "another's")
    assert await on_disk()
    assert await compact(postgres_url, database)
    assert not await on_disk()


# ── several processes ───────────────────────────────────────────────────────────────────────


async def test_two_that_reserve_at_once_do_not_pass_the_limit_together(
    database: Database, postgres_url: str
) -> None:
    other = await Database.open(postgres_url)
    try:
        both = [Stores.over(one).usage_limits for one in (database, other)] * 10
        day, charge = NOON.date(), Charge(Subject(Scope.PERSON, 77), Limit(calls=9))
        reserving = (limits.reserve(day, [charge], Amount(1)) for limits in both)
        came = await asyncio.gather(*reserving, return_exceptions=True)
        assert sum(isinstance(one, LimitPassed) for one in came) == 11
        assert await both[0].used(day, [charge.subject]) == {charge.subject: Amount(9)}
    finally:
        await other.close()


# ── plans ───────────────────────────────────────────────────────────────────────────────────


async def plans(database: Database, use: Use) -> list[str]:
    """How PostgreSQL would go about each statement of ``use`` where scans cost too much."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    engines = [lane._engine.sync_engine for lane in (database._writing, database._reading)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    await use(Stores.over(database))
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    found: list[str] = []
    async with database.read() as connection:
        await connection.execute(text("SET enable_seqscan = off"))
        for statement, parameters in seen:
            if not statement.startswith("INSERT"):
                rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
                found.append("\n".join(row[0] for row in rows))
    return found


async def test_every_use_goes_by_an_index(database: Database) -> None:
    """The statements of every store, run, and explained."""
    stores = Stores.over(database)
    await stores.rooms.bind(ROOM)
    await end_turn(stores, await begin_turn(stores, said(1)), "reply", ids=(2,))
    await stores.messages.add(said(3))
    await stores.outbox.add([notice("a")])
    for name, use in {**USES, "conversation": conversation}.items():
        found = await plans(database, use)
        # Of a small table whether one row is there may be looked up for all at once.
        scans = [plan for plan in found if "Seq Scan" in plan and "hashed SubPlan" not in plan]
        assert (name, scans) == (name, [])


def _statements(script: str) -> list[str]:
    return [part for part in re.split(r";\s*\n", script) if part.strip()]


# ── who waits for whom ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("room_first", [False, True])
async def test_a_server_is_deleted_beside_who_writes_there_and_neither_is_stopped(
    postgres_url: str, room_first: bool
) -> None:
    """A row that refers to a room holds it; so does a call, which is written at the end."""
    touch = messages.update().where(messages.c.id == 1).values(text="edited")
    hold = select(rooms.c.id).where(rooms.c.id == ROOM.id)
    hold = hold.with_for_update(read=True, key_share=True)
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with open_database(postgres_url) as database, open_database(postgres_url) as other:
        stores = Stores.over(database)
        await stores.rooms.bind(ROOM)
        await stores.messages.add(said(1))
        async with other.write() as connection:
            await connection.execute(hold if room_first else touch)
            deleting = asyncio.create_task(stores.departures.delete(ROOM.guild_id))
            async with asyncio.timeout(PATIENCE):
                while not await connection.scalar(waiting):
                    await connection.execute(text("SELECT pg_stat_clear_snapshot()"))
            await connection.execute(touch if room_first else hold)
        await deleting
        assert await stores.rooms.all() == []
