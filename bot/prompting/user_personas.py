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

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from bot.domain import Value
from bot.errors import SettingError
from bot.prompting.front_matter import FrontMatter, check_name, read_front_matter


class UserPersonaKind(StrEnum):
    """The kinds of people in the cast."""

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
    """Read everybody in the folder, by name; SettingError names the file that is wrong."""
    user_personas = {path.stem: read_user_persona(path) for path in sorted(folder.glob("*.md"))}
    if not user_personas:
        raise SettingError(f"{folder}: there is no persona for the AI User (one .md file each).")
    return user_personas


def read_user_persona(path: Path) -> UserPersona:
    """Read the person in a file; SettingError names the file and line if it is not one."""
    front = read_front_matter(
        path,
        begins="'---', 'name: …' and more, and '---'",
        heading="## Opens with",
        check=lambda _, value: "" if value else "expected 'key: value'.",
    )
    return _validated(path, front)


def _validated(path: Path, front: FrontMatter) -> UserPersona:
    lines = [line.strip() for line in front.section.splitlines() if line.strip()]
    if wrong := [line for line in lines if not line.startswith("- ")]:
        raise SettingError(f"{path}: under 'Opens with' each line begins with '- ': {wrong[0]!r}.")
    opens = tuple(line.removeprefix("- ") for line in lines)
    try:
        persona = UserPersona.model_validate(
            {**front.values, "description": front.description, "opens": opens}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingError(f"{path}: {first['loc'][0]}: {first['msg']}.") from None
    check_name(path, persona.name)
    return persona
