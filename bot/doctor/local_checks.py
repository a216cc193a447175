"""The checks of what is on this machine: the database and the prompts."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bot.doctor.findings import Finding, note, ok, wrong
from bot.domain import Room
from bot.errors import FourRoomsError, SettingError
from bot.prompting.templates import Prompts
from bot.settings import Settings
from bot.storage.database.connections import parse_url, redacted_url
from bot.storage.database.database import Database
from bot.storage.migrations import HEAD, revision_of
from bot.storage.stores.stores import Stores


async def examine_database(settings: Settings) -> tuple[list[Finding], Sequence[Room]]:
    """Examine whether the database opens and is up to date, and return its Chat Rooms too.

    Makes nothing.
    """
    try:
        return await _look_into(settings.database_url.get_secret_value())
    except SettingError as error:
        return [_trouble(error, setting=True)], ()
    except FourRoomsError as error:
        return [_trouble(error)], ()


async def _look_into(url: str) -> tuple[list[Finding], Sequence[Room]]:
    check, name, file = "Database", *_name_and_file(url)
    if file is not None and not file.exists():
        return [_not_yet(name, file)], ()
    database = await Database.open(url)
    try:
        async with database.read() as connection:
            revision = await connection.run_sync(revision_of)
        if revision == HEAD:
            rooms = await Stores.over(database).rooms.all()
            return [ok(check, f"{name} opens, at the newest revision ({revision}).")], rooms
        return [_other_revision(name, revision)], ()
    finally:
        await database.close()


def _name_and_file(url: str) -> tuple[str, Path | None]:
    """Return a name for the database, and its file if it is one."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return f"{parsed.database} (SQLite {sqlite3.sqlite_version})", Path(parsed.database)
    return redacted_url(parsed), None


def _not_yet(name: str, file: Path) -> Finding:
    check, folder = "Database", file.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if os.access(folder, os.W_OK):
        return note(check, f"{name} is not there yet.", "The first start makes it.")
    return wrong(
        check,
        f"{name} is not there, and cannot be made in {folder}.",
        "Let the bot's user write there, or set DATABASE_URL to another place.",
        setting=True,
    )


def _other_revision(name: str, revision: str | None) -> Finding:
    check = "Database"
    if revision is None or revision < HEAD:
        at = f"is at revision {revision} of {HEAD}" if revision else "is empty"
        return note(check, f"{name} {at}.", "The next start brings it up to date.")
    return wrong(
        check,
        f"{name} is at revision {revision}; this version of Four Rooms knows {HEAD}.",
        "Install the newer version that made it, or set DATABASE_URL to another database.",
        setting=True,
    )


def _trouble(error: FourRoomsError, *, setting: bool = False) -> Finding:
    mend = "See .env.example." if setting else "Try again in a minute."
    return wrong("Database", error.detail, mend, setting=setting)


def examine_prompts(folder: Path) -> list[Finding]:
    """Examine whether all prompts and personas can be read."""
    try:
        prompts = Prompts.load(folder)
    except FourRoomsError as error:
        return [wrong("Prompts", error.detail, "Mend that file, or take it from the project.")]
    return [ok("Prompts", f"All load. Personas: {', '.join(prompts.personas)}.")]


def examine_room_count(rooms: Sequence[Room]) -> list[Finding]:
    """Return how many Chat Rooms there are, and which of them are paused."""
    if not rooms:
        return [note("Chat Rooms", "None yet.", "Give /setup in Discord.")]
    paused = [str(room.id) for room in rooms if room.paused]
    said = f"{len(rooms)}." if not paused else f"{len(rooms)}; paused: {', '.join(paused)}."
    return [ok("Chat Rooms", said)]
