"""The schema's history, and the way to its newest state.

To change a table: change `bot.storage.database.tables`, run
``python -m bot.storage.migrations "what changes"``, read and mend the file it wrote into
``versions/``, and set `HEAD` to its revision.
A revision that has been released is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ProgrammingError

from bot.errors import SettingError
from bot.storage.database.cache_triggers import make_triggers
from bot.storage.database.connections import cannot_open, make_private, migrating_engine, parse_url
from bot.storage.database.metadata import tell_postgres
from bot.storage.database.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER: Final = Path(__file__).parent
HEAD: Final = "0022"
"""The newest revision. Known here, so that a start at it needs none of Alembic's machinery."""
_NO_RIGHT: Final = "42501"
"""PostgreSQL's code for what somebody may not do."""
_MARK: Final = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
"""The table in which Alembic keeps the revision, as it makes it itself."""


async def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest schema; make it if there is none.

    All or nothing, and safe beside another process that does the same. Raises SettingError if
    the database cannot be opened or is newer than this version of the bot.
    """
    parsed = parse_url(url)
    with cannot_open(parsed):
        make_private(parsed)
    engine = migrating_engine(parsed)
    try:
        with cannot_open(parsed):
            async with engine.begin() as connection:
                revision = await connection.run_sync(_look)
        if revision != HEAD:
            with _may_make_tables():
                async with engine.begin() as connection:
                    await connection.run_sync(_bring_up_to_date)
    finally:
        await engine.dispose()


def _look(connection: Connection) -> str | None:
    """Return the revision. Raises SettingError where not all that people write can be stored."""
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise SettingError(
                f"DATABASE_URL: the database holds text as {encoding}, in which not all that "
                "people write can be kept. Make one with: CREATE DATABASE name ENCODING 'UTF8' "
                "TEMPLATE template0."
            )
    return revision_of(connection)


@contextmanager
def _may_make_tables() -> Iterator[None]:
    """Turn a missing right into a SettingError: before PostgreSQL 15 everybody had it."""
    try:
        yield
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NO_RIGHT:
            raise
        raise SettingError(
            "DATABASE_URL: the user may make no tables in the database. Make it the database's "
            "owner, or say: GRANT CREATE ON SCHEMA public TO name."
        ) from error


def _bring_up_to_date(connection: Connection) -> None:
    if not table_names(connection):
        create(connection)
    elif revision_of(connection) != HEAD:  # another process may have been here meanwhile
        upgrade(connection)


def create(connection: Connection) -> None:
    """Make all tables of an empty database as they are today, in the connection's transaction.

    Quicker than the whole history, and without Alembic, which would stay in memory (8 MB).
    """
    if connection.dialect.name == "postgresql":
        tell_postgres()
    metadata.create_all(connection)
    make_triggers(connection)
    connection.execute(text(_MARK))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def table_names(connection: Connection) -> list[str]:
    """Return the names of all tables that are there, ours or not."""
    return inspect(connection).get_table_names()


def revision_of(connection: Connection) -> str | None:
    """Return the revision that a database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; it needs no file of settings."""
    from alembic.config import Config  # noqa: PLC0415  (heavy, and seldom needed)

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the revisions that are missing, in the connection's transaction."""
    from alembic import command  # noqa: PLC0415
    from alembic.script.revision import ResolutionError  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    try:
        command.upgrade(alembic_config(connection), to)
    except CommandError as error:
        if not isinstance(error.__cause__, ResolutionError):
            raise
        raise SettingError(
            "DATABASE_URL: the database was made by a newer version of Four Rooms. "
            "Install that version, or use another database."
        ) from error
    check_references(connection)


def check_references(connection: Connection) -> None:
    """Raise ValueError if a row refers to one that is not there (checks were off until now)."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ValueError(f"a migration left {broken[0]} without its {broken[2]}")
