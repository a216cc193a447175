"""The front matter of a persona's file: ``key: value`` lines between two lines of ``---``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import SettingError

_FRONT: Final = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
CheckLine = Callable[[str, str], str]
"""Returns what is wrong with a key and its value (each may be empty); empty if nothing is."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A file's values, the words below them, and the section that follows."""

    values: Mapping[str, str]
    description: str
    section: str
    """All below the section's heading; empty without one."""
    section_line: int
    """The number of its first line in the file."""


def read_front_matter(path: Path, *, begins: str, heading: str, check: CheckLine) -> FrontMatter:
    """Read a persona's file; SettingError names file and line where it is not one.

    ``begins`` says to people how a file begins; ``heading`` is the section's.
    """
    text = path.read_text("utf-8").replace("\r\n", "\n")
    parts = _FRONT.match(text)
    if parts is None:
        raise SettingError(f"{path}:1: a persona begins with {begins}.")
    values = _read_values(path, parts["front"], check)
    description, _, section = parts["body"].partition(f"\n{heading}\n")
    if not description.strip():
        line = parts["front"].count("\n") + 4
        raise SettingError(f"{path}:{line}: the persona has no words that tell how to be.")
    first_line = text.count("\n") - section.count("\n") + 1
    return FrontMatter(values, description.strip(), section, first_line)


def check_name(path: Path, name: str | None) -> None:
    """Raise SettingError unless the name in a file is the file's."""
    if name != path.stem:
        raise SettingError(f"{path}:2: the persona's name has to be {path.stem!r}, as its file's.")


def _read_values(path: Path, front: str, check: CheckLine) -> dict[str, str]:
    values: dict[str, str] = {}
    for number, line in enumerate(front.split("\n"), start=2):
        key, _, value = (part.strip() for part in line.partition(":"))
        if wrong := check(key, value):
            raise SettingError(f"{path}:{number}: {wrong}")
        values[key] = value
    return values
