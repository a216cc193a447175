"""Files for their owner alone: new ones, and old ones that were open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from bot import private_files
from bot.private_files import (
    close_to_others,
    close_tree_to_others,
    make_private_file,
    open_private,
    write_private,
)


def rights(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:04o}"


@pytest.fixture(autouse=True)
def open_handed(monkeypatch: pytest.MonkeyPatch) -> None:
    """New files would be readable by everybody, and no logger is bound to what tests before set."""
    os.umask(0o022)
    monkeypatch.setattr(private_files, "log", structlog.get_logger())


pytestmark = pytest.mark.usefixtures("process_as_before")


def test_new_files_and_folders_are_closed(tmp_path: Path) -> None:
    with capture_logs() as logs:
        write_private(tmp_path / "deep" / "page.html", "words")
        with open_private(tmp_path / "deep" / "run.jsonl", "a") as file:
            file.write("{}\n")
    assert (tmp_path / "deep" / "page.html").read_text() == "words"
    assert rights(tmp_path / "deep") == "0700"
    assert rights(tmp_path / "deep" / "page.html") == "0600"
    assert rights(tmp_path / "deep" / "run.jsonl") == "0600"
    assert logs == []


def test_an_old_file_is_closed_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    old = tmp_path / "run.jsonl"
    old.write_text("one\n")
    old.chmod(0o664)
    with capture_logs() as logs:
        for line in ("two\n", "three\n"):
            with open_private(old, "a") as file:
                file.write(line)
    assert old.read_text() == "one\ntwo\nthree\n"
    assert rights(old) == "0600"
    assert [(log["event"], log["was"]) for log in logs] == [
        ("closed to others on this machine", "0664")
    ]


def test_a_folder_of_ours_is_closed_with_all_in_it_but_no_links(tmp_path: Path) -> None:
    elsewhere, ours = tmp_path / "elsewhere", tmp_path / "demo"
    elsewhere.write_text("")
    (ours / "discord" / "files").mkdir(parents=True)
    (ours / "discord" / "world.json").write_text("{}")
    (ours / "link").symlink_to(elsewhere)
    close_tree_to_others(ours)
    assert rights(ours) == rights(ours / "discord" / "files") == "0700"
    assert rights(ours / "discord" / "world.json") == "0600"
    assert rights(elsewhere) == "0644"
    close_tree_to_others(tmp_path / "none")


def test_folders_and_devices_named_for_a_file_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o644)
    make_private_file(tmp_path)
    make_private_file(pipe)
    assert rights(tmp_path) == "0755"
    assert rights(pipe) == "0644"


def test_what_cannot_be_closed_is_said_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_mine(*_: object) -> None:
        raise PermissionError(1, "no")

    old = tmp_path / "old"
    old.write_text("")
    monkeypatch.setattr(Path, "chmod", not_mine)
    with capture_logs() as logs:
        close_to_others(old)
        close_to_others(tmp_path / "none")
    assert [log["event"] for log in logs] == ["open to others on this machine"]
