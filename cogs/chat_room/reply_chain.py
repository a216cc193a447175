"""What a Discord message replies to, link by link, where it is not kept yet."""

from __future__ import annotations

import asyncio
from typing import Final

import discord
import structlog

from bot.client.bot import FourRoomsBot
from bot.domain import UserMessage
from bot.storage.stores.reply_chains import MAX_LINKS
from cogs.chat_room.incoming import by_a_person, read
from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)

PATIENCE: Final = 3.0
"""Seconds for all that has to be asked of Discord: who replied waits meanwhile."""


async def read_replied_to(bot: FourRoomsBot, message: discord.Message) -> list[UserMessage]:
    """Return people's messages in the chain that a message replies to, as far as it can be read.

    The chain goes through the Chatbot's replies, which are kept as such, and ends at what is kept
    already, at another bot's words, and where Discord does not answer in time.
    """
    chain: list[UserMessage] = []
    try:
        async with asyncio.timeout(PATIENCE):
            following = await _replied_to(message)
            for _ in range(MAX_LINKS):
                if following is None or await bot.stores.messages.known([following.id]):
                    break
                if by_a_person(following):
                    chain += filter(None, [read(following)])
                elif bot.user is None or following.author.id != bot.user.id:
                    break
                following = await _replied_to(following)
    except (*DISCORD_ERRORS, TimeoutError) as error:
        log.info("chain of replies not read", message_id=message.id, error=type(error).__name__)
    return chain


async def _replied_to(message: discord.Message) -> discord.Message | None:
    """Return the message that another replies to, from what is known, else from Discord."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return None
    if reference.message_id is None or reference.channel_id != message.channel.id:
        return None
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if isinstance(reference.resolved, discord.DeletedReferencedMessage):
        return None
    known = reference.cached_message
    return known or await message.channel.fetch_message(reference.message_id)
