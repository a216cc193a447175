"""The label of the speaker that models put before what they say."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from bot.text.prompt_safety import COLON, is_reserved
from bot.text.reader_view import folded

CHATBOT: Final = "Chatbot"
MOST_NAME: Final = 40
"""Characters of what may be a name before a colon."""

_LABELLED: Final = re.compile(
    rf"\A(?P<before>[\W_]{{0,8}})(?P<name>[^\W_][^\n]{{0,{MOST_NAME}}}?)"
    rf"(?P<after>[\W_]{{0,6}}?)\s?{COLON}(?!//)"
)
_NO_EMPHASIS: Final = re.compile(r"[^*_~|`]")


def without_own_label(text: str, names: Collection[str]) -> str:
    """Return a message without the label before it: the Chatbot's own, or that of a speaker.

    A speaker who is called like an agent has no such label: that one is for a check to find.
    """
    own = {_bare(name) for name in names if not is_reserved(name)} | {_bare(CHATBOT)}
    while (label := _LABELLED.match(text)) and _bare(label["name"]) in own:
        opened, closed = (_NO_EMPHASIS.sub("", label[side]) for side in ("before", "after"))
        text = _without_end_of(opened, text[label.end() :], is_closed=bool(closed)).lstrip()
    return text


def is_labelled(text: str, names: Collection[str]) -> bool:
    """Return whether a message has the label of one of those before it."""
    label = _LABELLED.match(text)
    return label is not None and _bare(label["name"]) in {_bare(name) for name in names}


def _without_end_of(emphasis: str, text: str, *, is_closed: bool) -> str:
    """Return what follows a label less the end of the emphasis that began before it."""
    end = emphasis[::-1]
    if text.startswith(end):
        return text[len(end) :]
    return text if is_closed else text.rstrip().removesuffix(end)


def _bare(name: str) -> str:
    return re.sub(r"^\W+|\W+$", "", folded(name))
