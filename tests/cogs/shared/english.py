"""Finds English texts of the catalogues in what the bot shows to somebody of another language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from simcord.env import Env
from simcord.results import InteractionResult

from bot.client import command_sync
from bot.text import moderator_texts
from bot.text.translations import MEMBERS_DOMAIN
from tests.text.catalogues import forms, read

FEWEST: Final = 10
"""Characters of a part of a text that nobody says by chance."""
_NAMED: Final = re.compile(r"\{\w+\}")
_SHOWN: Final = frozenset({"content", "title", "description", "name", "value", "text", "label",
                           "placeholder"})  # fmt: skip
"""The keys under which Discord's payloads hold what people read."""


@cache
def english_texts(language: str) -> tuple[dict[str, str], frozenset[str]]:
    """Return what gives a text away that is not in a language.

    By its source, the longest part of a text that has several words; and texts that are whole
    labels. Those that are the same in both languages give nothing away.
    """
    said: set[str] = set()
    sources: set[str] = set()
    for domain in (moderator_texts.DOMAIN, command_sync.DOMAIN, MEMBERS_DOMAIN):
        for message in read(language, domain):
            if message.id:
                said.update(forms(message.string))
                sources.update(forms(message.id))
    native = "\n".join(said)
    parts = {source: max(_NAMED.split(source), key=len).strip() for source in sources}
    parts = {
        source: part
        for source, part in parts.items()
        if len(part) >= FEWEST and " " in part and part not in native
    }
    return parts, frozenset(sources - said)


def english_in(shown: str, language: str) -> set[str]:
    """Return the sources of texts that are shown untranslated in a text, or are all of it."""
    parts, labels = english_texts(language)
    found = {source for source, part in parts.items() if _stands_in(part, shown)}
    return found | ({shown} & labels)


def _stands_in(part: str, shown: str) -> bool:
    at = shown.find(part)
    # As whole words: "Reply" is not in "Replying".
    return at >= 0 and bool(
        re.search(rf"(?<!\w){re.escape(part)}(?!\w)", shown[at - 1 if at else 0 :])
    )


def texts_of(payload: Any) -> Iterator[str]:
    """Yield what people read of a message, a form or a list of suggestions."""
    match payload:
        case dict():
            for key, value in payload.items():
                if key in _SHOWN and isinstance(value, str):
                    # The value of a choice is for the program, that of a field is shown.
                    if key != "value" or "label" not in payload:
                        yield value
                elif key != "resolved":
                    yield from texts_of(value)
        case list() | tuple():
            for one in payload:
                yield from texts_of(one)


def texts_of_result(result: InteractionResult) -> Iterator[str]:
    """Yield what somebody reads of a form that opened, or of suggestions."""
    yield from texts_of(result.modal or {})
    for choice in result.autocomplete_choices or []:
        yield choice["name"]


def texts_of_messages(env: Env, after: int) -> Iterator[str]:
    """Yield what the bot has shown in messages since that id, whoever may see them."""
    me = env.backend.bot_user.id
    for messages in env.backend.messages.values():
        for message in messages.values():
            if message.author_id == me and message.id > after:
                yield message.content
                yield from texts_of([message.embeds, message.components])


def latest_message(env: Env) -> int:
    """Return the id of the newest message that there is."""
    return max((max(found, default=0) for found in env.backend.messages.values()), default=0)
