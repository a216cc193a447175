"""How many plain questions with known answers drafts get right, arm by arm."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from bot.evaluation.datasets.talk_sets import TalkRoom
from bot.learning.own_talk.draw import Draw
from bot.stats.intervals import wilson

UNSPACED: Final = frozenset({"ja", "zh", "ko"})
"""Languages in which an answer may stand inside a longer word."""


def is_right(room: TalkRoom, draft: str) -> bool:
    """Return whether a draft has one of the right answers, which a ``|`` parts, as whole words.

    What else it says is not looked at: a draft may be right and wrong at the same time.
    """
    said = _plain(draft)
    for answer in map(_plain, room.answer.split("|")):
        found = re.escape(answer)
        if re.search(found if room.language in UNSPACED else rf"(?<!\w){found}(?!\w)", said):
            return True
    return False


def describe_questions(rooms: Sequence[TalkRoom], draws: Sequence[Draw]) -> str:
    """Return a line an arm: its right answers with a Wilson interval, and what it gained and lost.

    Questions without an answer, and drafts of other situations, are left out.
    """
    asked = {room.id: room for room in rooms if room.answer}
    arms: dict[str, dict[str, bool]] = {}
    for draw in draws:
        if draw.situation in asked:
            arm = arms.setdefault(" ".join(filter(None, (draw.arm, draw.way))), {})
            arm[draw.situation] = is_right(asked[draw.situation], draw.draft)
    first: Mapping[str, bool] = next(iter(arms.values()), {})
    return "".join(_line(name, right, first) for name, right in arms.items())


def _line(name: str, right: Mapping[str, bool], first: Mapping[str, bool]) -> str:
    low, high = wilson(sum(right.values()), len(right))
    text = f"{name}: {sum(right.values())} of {len(right)} right [{low:.0%}, {high:.0%}]"
    both = [one for one in right if one in first]
    if right is not first and both:
        gained = sum(right[one] and not first[one] for one in both)
        lost = sum(first[one] and not right[one] for one in both)
        text += f"; against the first: {gained} gained, {lost} lost of {len(both)}"
    return f"{text}\n"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
