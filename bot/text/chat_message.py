"""A model's text as a chat message."""

from __future__ import annotations

import re

from bot.text.own_label import without_own_label


def as_message(text: str) -> str:
    """Return a model's text as a chat message, with no speaker label or quotes around it."""
    bare = without_own_label(text.strip(), ())
    if len(bare) > 2 and bare[0] == bare[-1] == '"' and '"' not in bare[1:-1]:
        bare = bare[1:-1]
    return bare.strip()


def whole_sentences(text: str) -> str:
    """Return ``text`` less a last sentence that a limit of length has cut, if another is left."""
    cut = bool(text) and (text[-1].isalnum() or text[-1] in ",;-")
    if not cut:
        return text
    ends = [end.end() for end in re.finditer(r"[.!?…](?=\s)", text)]
    return text[: ends[-1]] if ends else text
