"""A copy of a database, whole and of one moment, also while the bot writes to it.

SQLite's own means make it, or PostgreSQL's own program, which has to be there.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from bot.errors import FourRoomsError, SettingError
from bot.private_files import make_private_file, require_writable
from bot.storage.database.connections import BUSY_MILLISECONDS, parse_url
from bot.storage.database.postgres_driver import as_libpq_writes

_PART: Final = ".part"
"""The end of a copy's name until it is complete, so that no half of one passes for a backup."""


def back_up(url: str, target: Path) -> int:
    """Copy the database at ``url`` to the file ``target``, and return the copy's bytes.

    The copy is complete before it gets its name, and is for its owner alone. Raises SettingError
    if there is no such database, no pg_dump or ``target`` is there already, FourRoomsError where
    the copy cannot be made.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        copy = partial(_copy, _source(parsed))
    else:
        copy = partial(_dump, parsed, _dumper())
    if target.exists():
        raise SettingError(f"{target} is there already. Name a new file: no backup is overwritten.")
    require_writable("The backup", target)
    part = target.with_name(f"{target.name}{_PART}")
    try:
        part.unlink(missing_ok=True)
        make_private_file(part)
        copy(part)
        _sync(part)
        part.rename(target)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise FourRoomsError(f"The backup {target} could not be made: {error}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _source(url: URL) -> Path:
    source = Path(url.database or "")
    if not source.is_file():
        raise SettingError(f"DATABASE_URL: there is no database {source} to back up.")
    return source


def _dumper() -> str:
    """Return the path of pg_dump. Raises SettingError where it is not."""
    found = shutil.which("pg_dump")
    if found is None:
        raise SettingError(
            "DATABASE_URL leads to PostgreSQL, which is backed up by its own program pg_dump, and "
            "that is not on this machine: install it (postgresql-client), or run it on the server."
        )
    return found


def _dump(url: URL, program: str, part: Path) -> None:
    """Have pg_dump write an archive for pg_restore; nobody sees the password among processes."""
    address = as_libpq_writes(url, password=False).render_as_string()
    password = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    done = subprocess.run(  # noqa: S603 - an address is no option
        [program, "--format=custom", f"--file={part}", f"--dbname={address}"],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"pg_dump ended with {done.returncode}"]
        raise OSError(said[0])


def _copy(source: Path, part: Path) -> None:
    """Copy all pages in one go: what the bot writes meanwhile is not in it, and does not wait."""
    with (
        closing(sqlite3.connect(source, timeout=BUSY_MILLISECONDS / 1000)) as original,
        closing(sqlite3.connect(part)) as copy,
    ):
        original.backup(copy)
        # One file to carry away, with nothing beside it. The bot turns its log on again by itself.
        copy.execute("PRAGMA journal_mode=DELETE").fetchone()
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {found}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
