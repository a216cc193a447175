"""The answer to a sign of danger: which fixed text, in which language, with whose help lines."""

from __future__ import annotations

from typing import Final

from bot.domain import RoomSettings
from bot.domain.crisis import CrisisSign
from bot.rooms.chat.crisis.help_lines import country_help
from bot.rooms.chat.crisis.help_texts import crisis_text, topic_of
from bot.text.language import LANGUAGES, guess_language

FALLBACK: Final = "en"


def help_text(
    sign: CrisisSign, text: str, settings: RoomSettings, *, locale: str | None, short: bool
) -> str:
    """Return the text for a person whose message ``text`` shows the sign.

    It is in the language of the message; where that cannot be told, of the room (``locale``), else
    of the rule that saw the sign. It names the server's own help, else the help of its country,
    else a directory.
    """
    topic = topic_of(sign)
    help_ = country_help(settings.help_country)
    own = settings.help_text.strip()
    return crisis_text(
        topic,
        guess_language(text) or _language_of(locale) or sign.language or FALLBACK,
        emergency=help_.emergency if help_ else None,
        lines=own or (help_.lines_for(topic) if help_ else None),
        short=short,
    )


def _language_of(locale: str | None) -> str | None:
    """Return the language of a locale such as `pt-BR`, if there are texts in it."""
    language = (locale or "").partition("-")[0]
    return language if language in LANGUAGES else None
