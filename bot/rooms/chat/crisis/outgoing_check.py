"""Keeps words that encourage, permit, belittle or joke about self-harm from leaving the bot.

The last look at a reply, whatever a model says: rules that are data, one file a language in
``outgoing/``, in the form of ``rules/``. What a file calls idioms are kind words that say the
opposite ("you are not a burden") and are taken out first.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from bot.rooms.chat.crisis.folding import bounded, dense, denser, folded, simplified
from bot.rooms.chat.crisis.patterns import DENSE
from bot.rooms.chat.crisis.rulebook import Rulebook, load_rulebook
from bot.rooms.chat.crisis.scripts import LATIN, languages_of
from bot.rooms.chat.crisis.spelling import tokens

FOLDER: Final = "outgoing"
SHORT_TEXT: Final = 10
"""Most words of a text whose few words of leave ("go ahead and do it") are taken for the whole."""
SHORT_SOLID: Final = 14
"""The same in signs, for scripts without spaces."""


def encourages_self_harm(text: str, *, in_crisis: bool = False) -> bool:
    """Return whether ``text`` must not leave, for what it says about harm to oneself.

    Args:
        text: a reply or a draft, as a reader will see it.
        in_crisis: the talk is one of danger; then leave to act, belittling and laughter count
            anywhere in the text, which is too much for a talk about painting a room.
    """
    plain = folded(bounded(text))
    return any(
        _says_harm(_book(language), plain, in_crisis=in_crisis)
        for language in sorted(languages_of(plain))
    )


def warm_up_outgoing() -> None:
    """Load the rules now, so that the first reply does not wait for them."""
    for language in sorted(LATIN):
        _book(language)


@cache
def _book(language: str) -> Rulebook:
    return load_rulebook(language, FOLDER)


def _says_harm(book: Rulebook, plain: str, *, in_crisis: bool) -> bool:
    spelled, short = _spelled(book, plain)
    found = book.findings(spelled).rules
    counted = {"harm": True, "bare": short, "crisis": in_crisis}
    return any(counted[book.file.rule[index].id] for index in found)


def _spelled(book: Rulebook, plain: str) -> tuple[str, bool]:
    """Return the text as the rules read it, and whether it is a short one."""
    if book.language in DENSE:
        solid = dense(plain)
        solid = simplified(solid) if book.language == "zh" else solid
        return solid, len(denser(solid)) <= SHORT_SOLID
    words = tokens(plain)
    return book.text(words), len(words) <= SHORT_TEXT
