"""The choice of the language in which a fixed text is said.

It is that of the person's message; where that cannot be told, what the room is set to; else the
server's locale.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.domain import Room, Turn
from bot.rooms.chat.fixed_texts import fixed_text, language_of_locale
from bot.storage.stores.stores import Stores
from bot.text.language import LANGUAGES, guess_language


class MemberTexts:
    """The speaker of fixed texts, in each person's language."""

    def __init__(self, stores: Stores, locale_of: Callable[[int], str] = lambda _: "") -> None:
        """``locale_of`` says what a server, by id, is set to, such as `pt-BR`; or nothing."""
        self._stores = stores
        self._locale_of = locale_of

    async def in_answer(self, source: str, room: Room, message_id: int) -> str:
        """Return a text in answer to that message."""
        message = await self._stores.messages.get(message_id)
        return fixed_text(source, self.language(room, "" if message is None else message.text))

    async def for_turn(self, source: str, turn: Turn) -> str:
        """Return a text in answer to the newest message of a turn."""
        room = await self._stores.rooms.get(turn.room_id)
        return source if room is None else await self.in_answer(source, room, turn.message_ids[-1])

    def language(self, room: Room, text: str = "") -> str:
        """Return the language for whoever wrote ``text`` in that room."""
        guess = guess_language(text)
        if guess in LANGUAGES:
            return guess
        return room.settings.language or language_of_locale(self._locale_of(room.guild_id))
