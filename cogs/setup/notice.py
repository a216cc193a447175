"""What people are told in a Chat Room before they talk with the Chatbot. Pure."""

from __future__ import annotations

from bot.domain import RoomSettings
from bot.rooms.chat.fixed_texts import FALLBACK, NOTICE, OWN_PRIVACY_NOTICE, fixed_text
from cogs.shared.text import shown_name


def notice(bot_name: str, server: str, settings: RoomSettings, language: str = FALLBACK) -> str:
    """Return what people are told before they talk with the Chatbot, once in each Chat Room.

    That they talk with an AI is said whatever words a server has of its own.
    """
    link = settings.privacy_link
    own = f" {fixed_text(OWN_PRIVACY_NOTICE, language)} <{link}>" if link else ""
    names = {"name": shown_name(bot_name), "server": shown_name(server)}
    text = fixed_text(NOTICE, language, **names)
    if settings.notice:
        text = f"{text.splitlines()[0]}\n{settings.notice}"
    return f"{text}{own}"
