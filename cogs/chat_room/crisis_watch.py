"""The watch over all that people write in Chat Rooms and their threads, for those in danger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import discord
import structlog

from bot.client.bot import FourRoomsBot
from bot.domain import UserMessage
from bot.domain.crisis import HeardMessage
from cogs.chat_room.incoming import by_a_person, read
from cogs.shared.delivery import DISCORD_ERRORS
from cogs.shared.text import display_name, readable_text

log = structlog.get_logger(__name__)

MAX_FILE_BYTES: Final = 64 * 1024
"""Of a text file that is looked into: a long paste that Discord made a file of."""
MAX_FILES: Final = 3
_FILE_SECONDS: Final = 5.0


class CrisisWatch:
    """The part that hands every person's message to the rules, whatever else holds in the room.

    Addressed or not, edited, read later from the history, in a thread, while the room is paused.
    """

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot

    async def look(
        self, message: discord.Message, found: Callable[[int], Awaitable[None]] | None = None
    ) -> bool:
        """Return whether the message speaks of danger; then help is on its way to the person.

        ``found`` is awaited with the room's id before such a message is kept.
        """
        room_id = self.room_of(message)
        if room_id is None or not by_a_person(message):
            return False
        texts = [text for text in _texts(message) if text]
        texts += [text async for text in _files(message)]
        crises = self._bot.engine.crises
        heard = HeardMessage(
            _as_said(message, room_id, texts),
            message.channel.id,
            tuple(texts),
            locale=message.guild.preferred_locale.value if message.guild else None,
        )
        sign = crises.find_sign(heard) if texts else None
        if sign is None:
            return False
        if found is not None:
            await found(room_id)
        return await crises.answer(heard, sign)

    def room_of(self, message: discord.Message) -> int | None:
        """Return the Chat Room in which, or in a members' thread of which, it was written."""
        channel = message.channel
        if channel.id in self._bot.rooms:
            return channel.id
        if not isinstance(channel, discord.Thread) or channel.parent_id not in self._bot.rooms:
            return None
        me = self._bot.user
        # In the threads of the Therapy Room, moderators speak to the Chatbot.
        return None if me is not None and channel.owner_id == me.id else channel.parent_id


def _texts(message: discord.Message) -> Iterator[str]:
    """Yield what can be read in a message: its words, a poll, what it forwards."""
    yield readable_text(message.clean_content)
    if message.poll:
        yield readable_text(message.poll.question)
    for snapshot in message.message_snapshots:
        yield readable_text(snapshot.content)


async def _files(message: discord.Message) -> AsyncIterator[str]:
    attachments = [
        *message.attachments,
        *(file for snapshot in message.message_snapshots for file in snapshot.attachments),
    ]
    wanted = [file for file in attachments if _is_text(file)][:MAX_FILES]
    for file in wanted:
        try:
            async with asyncio.timeout(_FILE_SECONDS):
                content = await file.read()
        except (*DISCORD_ERRORS, TimeoutError) as error:
            log.warning("file not read", message_id=message.id, error=type(error).__name__)
            continue
        yield readable_text(content.decode("utf-8", "replace"))


def _is_text(file: discord.Attachment) -> bool:
    kind = (file.content_type or "").partition("/")[0]
    return file.size <= MAX_FILE_BYTES and (kind == "text" or file.filename.endswith(".txt"))


def _as_said(message: discord.Message, room_id: int, texts: list[str]) -> UserMessage:
    """Return the message as it is kept: in a thread too, as one of its room."""
    user_message = read(message)
    text = user_message.text if user_message is not None else "\n".join(texts)
    return UserMessage(
        id=message.id,
        room_id=room_id,
        author_id=message.author.id,
        author_name=display_name(message.author.display_name),
        text=text,
        sent_at=message.created_at,
    )
