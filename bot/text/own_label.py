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
    rf"\A\W{{0,4}}(?P<name>\w[^\n]{{0,{MOST_NAME}}}?)\W{{0,4}}?\s?{COLON}[*_]{{0,3}}(?!//)\s*"
)


def without_own_label(text: str, names: Collection[str]) -> str:
    """Return a message without the label before it: the Chatbot's own, or that of a speaker.

    A speaker who is called like an agent has no such label: that one is for a check to find.
    """
    own = {_bare(name) for name in names if not is_reserved(name)} | {_bare(CHATBOT)}
    while (label := _LABELLED.match(text)) and _bare(label["name"]) in own:
        text = text[label.end() :]
    return text


def _bare(name: str) -> str:
    return re.sub(r"^\W+|\W+$", "", folded(name))
