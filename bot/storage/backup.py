"""A copy of a SQLite database, whole and of one moment, also while the bot writes to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from bot.errors import FourRoomsError, SettingError
from bot.private_files import make_private_file, require_writable
from bot.storage.database.connections import BUSY_MILLISECONDS, parse_url

_PART: Final = ".part"
"""The end of a copy's name until it is complete, so that no half of one passes for a backup."""


def back_up(url: str, target: Path) -> int:
    """Copy the database at ``url`` to the file ``target``, and return the copy's bytes.

    The copy is checked before it gets its name, and is for its owner alone. Raises SettingError
    if there is no such SQLite database or ``target`` is there already, FourRoomsError where the
    copy cannot be made.
    """
    source = _source(url)
    if target.exists():
        raise SettingError(f"{target} is there already. Name a new file: no backup is overwritten.")
    require_writable("The backup", target)
    part = target.with_name(f"{target.name}{_PART}")
    try:
        part.unlink(missing_ok=True)
        make_private_file(part)
        _copy(source, part)
        _sync(part)
        part.rename(target)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise FourRoomsError(f"The backup {target} could not be made: {error}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _source(url: str) -> Path:
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise SettingError(
            "DATABASE_URL is no SQLite database. Back up PostgreSQL with its own pg_dump."
        )
    source = Path(parsed.database)
    if not source.is_file():
        raise SettingError(f"DATABASE_URL: there is no database {source} to back up.")
    return source


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
