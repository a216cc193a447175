"""What people are told of outlives a power cut, which takes what no disk has been told to keep."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.domain import Moderator, NewAct, RoomSettings
from bot.domain.act_details import ResumeDetails, SettingsDetails
from bot.domain.privacy import PrivacyChoice
from bot.domain.server_limits import ServerLimits
from bot.storage.stores.stores import Stores
from tests.pausing import mark_paused
from tests.storage.samples import ROOM, said

MAX = Moderator(5, "Max")


async def pause(stores: Stores) -> None:
    await mark_paused(stores, ROOM.id)


async def act(stores: Stores) -> None:
    await stores.acts.put(NewAct(ROOM.guild_id, ROOM.id, None, MAX, ResumeDetails(True, 0), "", ()))


async def setting(stores: Stores) -> None:
    await stores.rooms.update_settings(ROOM.id, RoomSettings(max_rounds=1))


async def limits(stores: Stores) -> None:
    act = NewAct(ROOM.guild_id, None, None, MAX, SettingsDetails({}))
    await stores.server_limits.change(ROOM.guild_id, lambda _: (ServerLimits(cooldown=77), act))


async def choice(stores: Stores) -> None:
    chosen = PrivacyChoice.STORAGE
    await stores.privacy_choices.choose(77, ROOM.guild_id, chosen, yes=False, by_id=77)


@pytest.mark.parametrize(
    ("do", "is_there"),
    [
        (pause, "SELECT paused FROM rooms"),
        (act, "SELECT count(*) FROM acts"),
        (setting, """SELECT settings LIKE '%"max_rounds":1%' FROM rooms"""),
        (limits, "SELECT limits LIKE '%77%' FROM guilds"),
        (choice, "SELECT NOT storage FROM privacy_choices"),
    ],
)
async def test_it_is_on_the_disk_when_it_returns_also_while_somebody_reads(
    stores: Stores,
    file: Path,
    do: Callable[[Stores], Awaitable[None]],
    is_there: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the log held when it was last synced, and all before it."""
    await stores.messages.add(said(1))
    log = file.with_name(f"{file.name}-wal")
    sync = os.fsync

    def synced(descriptor: int) -> None:
        sync(descriptor)
        if os.path.samestat(os.fstat(descriptor), log.stat()):
            shutil.copy(log, file.with_name("synced"))

    monkeypatch.setattr(os, "fsync", synced)
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchone()
        assert look(file, is_there) is not True
        await do(stores)
        assert look(file, is_there)
        await stores.messages.add(said(2))
        assert look(file, "SELECT count(*) FROM messages") == 1, "a step costs no sync"


@pytest.mark.sqlite
async def test_a_log_that_cannot_be_synced_is_told_of(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(descriptor: int) -> None:
        raise OSError(descriptor)

    monkeypatch.setattr(os, "fsync", fails)
    with capture_logs() as lines:
        await limits(stores)
    assert [line["event"] for line in lines] == ["log not synced"]
    assert await stores.server_limits.get(ROOM.guild_id) == ServerLimits(cooldown=77)


def look(file: Path, query: str) -> object:
    kept = file.with_name("kept.db")
    shutil.copy(file, kept)
    if (synced := file.with_name("synced")).exists():
        shutil.copy(synced, f"{kept}-wal")
    with closing(sqlite3.connect(kept)) as connection:
        row = connection.execute(query).fetchone()
    return None if row is None else row[0]
