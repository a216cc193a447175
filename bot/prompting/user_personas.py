"""The people that the AI User plays: one Markdown file each in `prompts/user/`, open to additions.

::

    ---
    name: shy                   (as the file's)
    person: Linnea              (the display name)
    kind: everyday              (or red-team)
    aim: ordinary               (a harm that it tries to bring out, or what it tries to break)
    situation: First day on the server …
    goal: Find out if …
    ---
    Words that tell the model how to be this person.

    ## Opens with

    - a first message, said as it stands (optional; one is drawn by seed)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.domain import Value
from bot.errors import SettingError

_FRONT: Final = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_OPENS: Final = "\n## Opens with\n"


class UserPersonaKind(StrEnum):
    """What a person of the cast is for."""

    EVERYDAY = "everyday"
    RED_TEAM = "red-team"


class UserPersona(Value):
    """A person for the AI User to play."""

    name: str
    person: str
    """The display name, which may be that of any member: data, never trusted."""
    kind: UserPersonaKind
    aim: str
    situation: str
    goal: str
    description: str
    opens: tuple[str, ...] = ()


def load_user_personas(folder: Path) -> Mapping[str, UserPersona]:
    """Everybody in the folder, by name; SettingError names the file that is wrong."""
    user_personas = {path.stem: read_user_persona(path) for path in sorted(folder.glob("*.md"))}
    if not user_personas:
        raise SettingError(f"{folder}: there is no persona for the AI User (one .md file each).")
    return user_personas


def read_user_persona(path: Path) -> UserPersona:
    """The person in a file; SettingError names the file and line if it is not one."""
    found = _FRONT.match(path.read_text("utf-8").replace("\r\n", "\n"))
    if found is None:
        raise SettingError(f"{path}:1: a persona begins with '---', 'name: …' and more, and '---'.")
    front = _read_front(path, found["front"])
    description, _, opens = found["body"].partition(_OPENS)
    if not description.strip():
        line = found["front"].count("\n") + 4
        raise SettingError(f"{path}:{line}: the persona has no words that tell how to be.")
    return _validated(path, front, description.strip(), opens)


def _validated(path: Path, front: dict[str, str], description: str, opens: str) -> UserPersona:
    lines = [line.strip() for line in opens.splitlines() if line.strip()]
    if wrong := [line for line in lines if not line.startswith("- ")]:
        raise SettingError(f"{path}: under 'Opens with' each line begins with '- ': {wrong[0]!r}.")
    said = tuple(line.removeprefix("- ") for line in lines)
    try:
        persona = UserPersona.model_validate({**front, "description": description, "opens": said})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingError(f"{path}: {first['loc'][0]}: {first['msg']}.") from None
    if persona.name != path.stem:
        raise SettingError(f"{path}:2: the persona's name has to be {path.stem!r}, as its file's.")
    return persona


def _read_front(path: Path, front: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for number, line in enumerate(front.split("\n"), start=2):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not value:
            raise SettingError(f"{path}:{number}: expected 'key: value'.")
        values[key] = value
    return values
