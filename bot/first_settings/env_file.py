"""The file `.env` with some of its values set anew, and all that is not ours left as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot.errors import SettingError
from bot.private_files import FILE, write_private

HEAD: Final = "# Settings of Four Rooms: docs/settings.md lists all of them. It holds secrets.\n"
_PLAIN: Final = re.compile(r"[\w.:/@%+,=~!&?*-]*", re.ASCII)
"""What needs no quotes in such a file, neither here nor for systemd or Compose."""


@contextmanager
def staged_env_file(file: Path, values: Mapping[str, str]) -> Iterator[Path]:
    """Give a file as ``file`` will be, with ``values`` in it; it is gone afterwards.

    Raises SettingError where the file cannot be read or written, or a value not be written down.
    """
    staged = file.with_name(f"{file.name}.new")
    try:
        text = file.read_text("utf-8") if file.exists() else HEAD
        write_private(staged, merge_values(text, values))
        yield staged
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} cannot be written ({type(error).__name__}).") from None
    finally:
        staged.unlink(missing_ok=True)


def put_in_place(staged: Path, file: Path) -> None:
    """Let the staged file be ``file``, for its owner alone. Raises OSError."""
    staged.chmod(FILE)
    staged.replace(file)


def merge_values(text: str, values: Mapping[str, str]) -> str:
    """Return a file's text with each value in its line, or in a new one at the end."""
    lines, left = text.splitlines(), dict(values)
    for at, line in enumerate(lines):
        name = line.partition("=")[0].strip()
        if "=" in line and name in values:
            lines[at] = f"{name}={_quoted(name, values[name])}"
            left.pop(name, None)
    lines += [f"{name}={_quoted(name, value)}" for name, value in left.items() if value]
    return "\n".join(lines) + "\n"


def _quoted(name: str, value: str) -> str:
    """Return a value as the file holds it. SettingError where no quotes would keep it."""
    if _PLAIN.fullmatch(value):
        return value
    if not value.isprintable() or set(value) & set("'\\") or "${" in value:
        raise SettingError(f"{name}: it holds characters that .env cannot hold.")
    return f"'{value}'"
