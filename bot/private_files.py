"""Files for their owner alone: what people said is in them, and others use the same machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal, TextIO

import structlog

from bot.errors import SettingError

log = structlog.get_logger(__name__)

FILE: Final = 0o600
FOLDER: Final = 0o700
_OTHERS: Final = 0o077


def make_private_folder(folder: Path) -> None:
    """Make a folder for its owner alone; one that is there stays as it is. Raises OSError."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file for its owner alone, or take a file that is there from others.

    Raises OSError.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))
    except FileExistsError:
        if path.is_file():  # and no folder or device, on which others may well rely
            close_to_others(path)


def open_private(path: Path, mode: Literal["w", "a"]) -> TextIO:
    """Open a text file, and its folder if there is none, for their owner alone. Raises OSError."""
    make_private_folder(path.parent)
    make_private_file(path)
    return path.open(mode, encoding="utf-8")


def write_private(path: Path, text: str) -> None:
    """Write a text file for its owner alone. Raises OSError."""
    with open_private(path, "w") as file:
        file.write(text)


def require_writable(option: str, path: Path | None) -> None:
    """Raise SettingError where a file could not be written; make its folder if there is none.

    For what is written at the end of hours: ``option`` is what the file was named by.
    """
    if path is None:
        return
    try:
        make_private_folder(path.parent)
        writable = os.access(path if path.exists() else path.parent, os.W_OK)
        why = "it may not be written" if not writable else "it is a folder" if path.is_dir() else ""
    except OSError as error:
        why = error.strerror or type(error).__name__
    if why:
        raise SettingError(f"{option} {path} cannot be written: {why}.")


def close_tree_to_others(folder: Path) -> None:
    """Take a folder that is all ours from others, with everything in it. Follows no links."""
    if folder.is_dir():
        close_to_others(folder)
    for inside, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(inside, name)
            if not path.is_symlink():
                close_to_others(path)


def close_to_others(path: Path) -> None:
    """Take the rights of others from a file or folder, and say so in the log where they had any.

    What is not there, or belongs to somebody else, stays as it is.
    """
    try:
        found = path.stat().st_mode & 0o777
        if os.name == "nt" or not found & _OTHERS:  # rights are another matter on Windows
            return
        path.chmod(found & ~_OTHERS)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("open to others on this machine", path=str(path), error=error)
        return
    log.warning("closed to others on this machine", path=str(path), was=f"{found:04o}")
