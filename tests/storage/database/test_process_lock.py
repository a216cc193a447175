"""One process a shard: who comes second is refused, and who is gone is in nobody's way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.storage.database.process_lock import only_process

HOLD = """
import sys
from bot.storage.database.process_lock import only_process
with only_process(sys.argv[1], [int(shard) for shard in sys.argv[2:]]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kept' / 'rooms.db'}"


def hold(url: str, *shards: int) -> subprocess.Popen[bytes]:
    """Starts a process that serves these shards, and returns once it does."""
    holder = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", HOLD, url, *map(str, shards)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


def test_a_second_process_is_refused_with_the_first_ones_number(url: str) -> None:
    with hold(url) as holder:
        with pytest.raises(SettingError) as refused, only_process(url):
            raise AssertionError("both serve it")
        holder.kill()
    assert refused.value.detail.startswith(f"DATABASE_URL: another bot (process {holder.pid})")


def test_a_process_that_was_killed_is_in_nobodys_way(url: str, tmp_path: Path) -> None:
    with hold(url) as holder:
        holder.kill()
    with only_process(url):
        lock = tmp_path / "kept/rooms.db.lock"
        assert lock.read_text() == str(os.getpid())
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_shards_apart_are_served_side_by_side_and_each_by_one_process(url: str) -> None:
    with hold(url, 0, 1) as holder:
        with only_process(url, [2]):
            pass
        with pytest.raises(SettingError, match="set up") as refused, only_process(url, [1, 2]):
            raise AssertionError("both serve shard 1")
        assert f"(process {holder.pid})" in refused.value.detail
        with pytest.raises(SettingError) as all_refused, only_process(url):
            raise AssertionError("both serve shard 0")
        assert "another bot already serves" in all_refused.value.detail
        holder.kill()


def test_who_serves_all_shards_leaves_none_for_others(url: str) -> None:
    with only_process(url), pytest.raises(SettingError), only_process(url, [3]):
        raise AssertionError("both serve shard 3")


def test_one_database_does_not_lock_another(url: str, tmp_path: Path) -> None:
    with only_process(url), only_process(f"sqlite:///{tmp_path / 'other.db'}"):
        pass


def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    url = f"sqlite:///{tmp_path / 'file' / 'rooms.db'}"
    with pytest.raises(SettingError) as refused, only_process(url):
        raise AssertionError("there is no such folder")
    assert refused.value.detail.startswith("DATABASE_URL:")
