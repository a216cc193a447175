"""The marks that prompt templates use: their tags, labels, speakers, fields and values.

They are read from the templates, so that a mark which a template begins to use is taken away from
people's words, and looked for in replies, without a list to keep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from bot import PACKAGED_PROMPTS

_BESIDE: Final = Path(__file__).resolve().parents[2] / "prompts"
PROMPT_FOLDER: Final = PACKAGED_PROMPTS if PACKAGED_PROMPTS.is_dir() else _BESIDE
"""The prompts that the project ships."""

_TAG: Final = re.compile(r"</?([a-z][a-z_]*)>")
_LABEL: Final = re.compile(r"^([A-Z][A-Za-z' ]{2,80}?):(?:[ \t]*$|[ \t]*\{\{)", re.MULTILINE)
_SPEAKER: Final = re.compile(r"^\{\{[^{}\n]*\}\}:", re.MULTILINE)
_QUOTED: Final = re.compile(r'"([A-Z][a-z]+)"')
_FIELD: Final = re.compile(r'^- ([a-z]+(?:_[a-z]+)*):|[{ ]"([a-z]+(?:_[a-z]+)*)":', re.MULTILINE)
_VALUE: Final = re.compile(r"\{\{ ([a-z_.]+)")


@dataclass(frozen=True, slots=True)
class TemplateMarks:
    """What the templates mark their parts with."""

    tags: frozenset[str]
    """Names of tags, as ``draft`` of ``<draft>``."""
    labels: frozenset[str]
    """Words before a colon at the start of a line, where a value or a block follows."""
    speakers: frozenset[str]
    """Names that a template puts before words, as ``Therapist``."""
    fields: frozenset[str]
    """Fields of typed answers."""
    values: frozenset[str]
    """What templates print, as ``norms`` of ``{{ norms }}``."""


@cache
def template_marks(folder: Path = PROMPT_FOLDER) -> TemplateMarks:
    """Return the marks of all templates in a folder."""
    texts = [path.read_text("utf-8") for path in sorted(folder.rglob("*.md"))]
    text = "\n".join(text for text in texts if "{% call" in text or "{{" in text)
    speakers = {
        name for label in _SPEAKER.finditer(text) for name in _QUOTED.findall(label.group())
    }
    return TemplateMarks(
        tags=frozenset(_TAG.findall(text)),
        labels=frozenset(label.strip() for label in _LABEL.findall(text)),
        speakers=frozenset(speakers),
        fields=frozenset(left or right for left, right in _FIELD.findall(text)),
        values=frozenset(value.split(".")[0] for value in _VALUE.findall(text)),
    )
