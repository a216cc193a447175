"""Personas: one Markdown file each, that anybody can add.

::

    ---
    name: default
    voice: friendly and plain          (optional: what of the manner therapy must keep)
    temperature: 0.9                   (optional: of a small model's drafts, 0-2)
    ---
    Words that tell the Chatbot how to be.

    ## Examples

    User: Something a person says.
    Chatbot: What the Chatbot answers in this persona.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bot.domain import Persona
from bot.errors import SettingError
from bot.prompting.front_matter import check_name, read_front_matter
from bot.text.template_marks import PROMPT_FOLDER

_KEYS = frozenset({"name", "voice", "temperature"})
_HOTTEST = 2.0
_PAIR = re.compile(r"User:[ \t]*(?P<user>.+?)\s*\nChatbot:[ \t]*(?P<chatbot>.+?)\s*\Z", re.DOTALL)


def read_persona(path: Path) -> Persona:
    """Read the persona in a file; SettingError names the file and line if it is not one."""
    front = read_front_matter(
        path, begins="'---', 'name: …' and '---'", heading="## Examples", check=_check_line
    )
    values = front.values
    check_name(path, values.get("name"))
    return Persona(
        name=values["name"],
        description=front.description,
        examples=_read_examples(path, front.section, front.section_line),
        voice=values.get("voice", ""),
        temperature=float(values["temperature"]) if "temperature" in values else None,
    )


@cache
def persona_words(name: str, folder: Path = PROMPT_FOLDER / "personas") -> str:
    """Return what the Chatbot is told to be in a persona; empty where there is none of the name."""
    path = next((path for path in folder.glob("*.md") if path.stem == name), None)
    if path is None:
        return ""
    persona = read_persona(path)
    return f"{persona.voice}\n{persona.description}"


def _check_line(key: str, value: str) -> str:
    if key not in _KEYS or not value:
        return f"expected one of {', '.join(sorted(_KEYS))}."
    if key == "temperature" and not _is_temperature(value):
        return "a temperature is a number from 0 to 2."
    return ""


def _is_temperature(text: str) -> bool:
    try:
        return 0 <= float(text) <= _HOTTEST
    except ValueError:
        return False


def _read_examples(path: Path, text: str, first_line: int) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    line = first_line
    for block in re.split(r"(\n\s*\n)", text):
        if block.strip():
            pair = _PAIR.match(block.strip())
            if pair is None:
                at = line + len(block) - len(block.lstrip("\n"))
                raise SettingError(f"{path}:{at}: expected 'User: …' and then 'Chatbot: …'.")
            pairs.append((pair["user"], pair["chatbot"]))
        line += block.count("\n")
    return tuple(pairs)
