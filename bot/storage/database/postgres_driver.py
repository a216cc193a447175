"""asyncpg as the bot uses it: addresses as `psql` reads them, and every wait bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, event, exc, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

CONNECT_SECONDS: Final = 10.0
"""What a server gets to accept a connection."""
STATEMENT_SECONDS: Final = 60.0
"""What a server gets to answer a statement: one that has gone silent must not hold up all."""
TURN_SECONDS: Final = 600.0
"""The same for who waits for a turn to begin a session with Discord, 5.5 s after each other process
that does: one waits in a process and bucket."""
IDLE: Final = "4s"
"""What a transaction may stand still: a process that is stopped in one holds what others write.

Less than `lane.WAIT_SECONDS`, which the tasks of those others wait for their connection.
"""
IDLE_IN_TURN: Final = "10s"
"""The same for who waits for a turn, within a transaction."""
KEEPALIVE: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
}
"""So that the server notices within 20 s where the machine of a process is gone."""
MIGRATING: Final = 4_104_301
"""The advisory lock of who changes the schema."""


def connector(
    url: URL, *, reads_only: bool = False, seconds: float | None = STATEMENT_SECONDS
) -> Callable[..., Awaitable[Any]]:
    """Return what opens a connection to ``url``; for SQLAlchemy's async_creator_fn.

    What stands behind the address's ? is read as `psql` reads it (sslmode, sslrootcert, …). A
    statement gets so many ``seconds``; with None, it and transactions get what they take.
    """
    address = as_libpq_writes(url).render_as_string(hide_password=False)
    settings = {"application_name": "four-rooms", **KEEPALIVE}
    if seconds is not None:
        idle = IDLE_IN_TURN if seconds > STATEMENT_SECONDS else IDLE
        settings["idle_in_transaction_session_timeout"] = idle
    if reads_only:
        settings["default_transaction_read_only"] = "on"

    async def connect(**_: Any) -> Any:
        import asyncpg  # noqa: PLC0415 - of an extra

        return await asyncpg.connect(
            address,
            timeout=CONNECT_SECONDS,
            command_timeout=seconds,
            server_settings=settings,
        )

    return connect


def as_libpq_writes(url: URL, *, password: bool = True) -> URL:
    """Return the address as PostgreSQL's own programs read it, which is how asyncpg does, too."""
    query = dict(url.query)
    if "ssl" in query:  # as a parameter of asyncpg's is called
        query.setdefault("sslmode", query.pop("ssl"))
    return URL.create(
        "postgresql",
        url.username,
        url.password if password else None,
        url.host,
        url.port,
        url.database,
        query,
    )


def never_hand_out_closed(engine: Engine) -> None:
    """Replace a connection that the server has closed meanwhile when somebody wants it.

    After a restart of the server nobody meets an error; it costs no trip to look.
    """

    def refuse_closed(connection: DBAPIConnection, _: ConnectionPoolEntry, __: object) -> None:
        if connection.driver_connection.is_closed():
            raise exc.DisconnectionError("closed by the server")

    event.listen(engine, "checkout", refuse_closed)


def one_migrates(engine: Engine) -> None:
    """Let transactions of ``engine`` wait for each other, in whatever process they are."""

    def wait_for_turn(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})

    event.listen(engine, "begin", wait_for_turn)
