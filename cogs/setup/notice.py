"""What people are told in a Chat Room before they talk with the Chatbot. Pure."""

from __future__ import annotations

from bot.domain import RoomSettings
from bot.rooms.chat.fixed_texts import FALLBACK, NOTICE, OWN_PRIVACY_NOTICE, fixed_text
from cogs.shared.text import shown_name


def notice(bot_name: str, server: str, settings: RoomSettings, language: str = FALLBACK) -> str:
    """Return what people are told before they talk with the Chatbot, once in each Chat Room.

    A server's own words stand between the first line, that they talk with an AI, and the last: what
    not to share, and what they can do.
    """
    link = settings.privacy_link
    own = f" {fixed_text(OWN_PRIVACY_NOTICE, language)} <{link}>" if link else ""
    names = {"name": shown_name(bot_name), "server": shown_name(server)}
    text = fixed_text(NOTICE, language, **names)
    if settings.notice:
        first, *_, last = text.splitlines()
        text = f"{first}\n{settings.notice}\n{last}"
    return f"{text}{own}"
