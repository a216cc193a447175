"""A database's own troubles (locked, full, gone), told from faults of ours in how it is used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from bot.errors import FourRoomsError

_PASSING_STATES: Final = ("08", "25006", "40", "53", "55", "57", "58")
"""What the codes of PostgreSQL's errors begin with where another try may succeed.

The connection is lost, the server is a standby, transactions clashed, it is short of something,
something is in use, an operator has ended it, the system under it failed.
"""


class DatabaseUnavailable(FourRoomsError):
    """The error of a database that did not serve, or is closed: worth another try later."""


def is_passing(error: BaseException) -> bool:
    """Return whether it is the database's own trouble."""
    # SQLite's own comes from a BEGIN in a connection's thread, where SQLAlchemy does not see it.
    if isinstance(error, exc.OperationalError | exc.InterfaceError | sqlite3.OperationalError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return isinstance(error, OSError)  # a server that cannot be reached, or does not answer
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(_PASSING_STATES)


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn the database's own troubles into DatabaseUnavailable."""
    try:
        yield
    except exc.TimeoutError as error:
        raise DatabaseUnavailable("database: no connection") from error
    except (exc.DBAPIError, sqlite3.OperationalError, OSError) as error:
        if not is_passing(error):
            raise
        raise DatabaseUnavailable(f"database: {_reason(error)}") from error


def _reason(error: exc.DBAPIError | sqlite3.OperationalError | OSError) -> str:
    """Return what SQLite says, which holds no values; of another driver the kind of its error."""
    said = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(said, sqlite3.Error):
        return str(said)
    return type(said if said is None or said.__cause__ is None else said.__cause__).__name__
