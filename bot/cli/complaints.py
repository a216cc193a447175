"""What is said of a command line that is wrong: one sentence, and where to read what is right."""

from __future__ import annotations

import re
from typing import Final

import typer

_READABLE: Final = (
    (r"Input should be a valid integer\b.*", "it has to be a whole number"),
    (r"Input should be a valid number\b.*", "it has to be a number"),
    (r"Input should be ", "it has to be "),
)
"""What the checks of values say, and the same in words that are nobody's library's."""


def describe_misuse(error: typer.TyperException) -> str:
    """Return what is wrong with a command line, in a sentence, and which help says more."""
    said = " ".join(error.format_message().split())
    for pattern, words in _READABLE:
        said = re.sub(pattern, words, said)
    context = getattr(error, "ctx", None)
    asked = f" See `{context.command_path} --help`." if context is not None else ""
    return f"{said.rstrip('.?')}{'?' if said.endswith('?') else '.'}{asked}"
