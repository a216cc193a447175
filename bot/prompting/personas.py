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
from pathlib import Path

from bot.domain import Persona
from bot.errors import SettingError

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_KEYS = frozenset({"name", "voice", "temperature"})
_HOTTEST = 2.0
_PAIR = re.compile(r"User:[ \t]*(?P<user>.+?)\s*\nChatbot:[ \t]*(?P<chatbot>.+?)\s*\Z", re.DOTALL)


def read_persona(path: Path) -> Persona:
    """The persona in a file; SettingError names the file and line if it is not one."""
    text = path.read_text("utf-8").replace("\r\n", "\n")
    found = _FRONT.match(text)
    if found is None:
        raise SettingError(f"{path}:1: a persona begins with '---', 'name: …' and '---'.")
    front = _read_front(path, found["front"])
    description, _, examples = found["body"].partition("\n## Examples\n")
    if not description.strip():
        line = found["front"].count("\n") + 4
        raise SettingError(f"{path}:{line}: the persona has no words that tell how to be.")
    first_line = text.count("\n") - examples.count("\n") + 1
    return Persona(
        name=front["name"],
        description=description.strip(),
        examples=_read_examples(path, examples, first_line),
        voice=front.get("voice", ""),
        temperature=float(front["temperature"]) if "temperature" in front else None,
    )


def _read_front(path: Path, front: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for number, line in enumerate(front.split("\n"), start=2):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or key not in _KEYS or not value:
            raise SettingError(f"{path}:{number}: expected one of {', '.join(sorted(_KEYS))}.")
        if key == "temperature" and not _is_temperature(value):
            raise SettingError(f"{path}:{number}: a temperature is a number from 0 to 2.")
        values[key] = value
    if values.get("name") != path.stem:
        raise SettingError(f"{path}:2: the persona's name has to be {path.stem!r}, as its file's.")
    return values


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
            found = _PAIR.match(block.strip())
            if found is None:
                at = line + len(block) - len(block.lstrip("\n"))
                raise SettingError(f"{path}:{at}: expected 'User: …' and then 'Chatbot: …'.")
            pairs.append((found["user"], found["chatbot"]))
        line += block.count("\n")
    return tuple(pairs)
