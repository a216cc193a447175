"""The messages that show a turn, kept so that they can be changed later, and from elsewhere."""

from __future__ import annotations

from typing import Any

import discord
import structlog

from bot.client.bot import FourRoomsBot
from bot.domain import PostKind
from bot.storage.stores.shown_posts import MessagePlace
from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)


class ShownMessages:
    """The latest message of a kind about each turn, kept over restarts."""

    def __init__(self, bot: FourRoomsBot, kind: PostKind) -> None:
        self._bot = bot
        self._kind = kind

    async def keep(self, turn_id: int, channel_id: int, message_id: int) -> None:
        """Remember where the turn is shown."""
        place = MessagePlace(channel_id, message_id)
        await self._bot.stores.shown_posts.keep(turn_id, self._kind, place)

    async def forget(self, turn_id: int) -> None:
        """Forget the message: nothing will be changed there any more."""
        await self._bot.stores.shown_posts.forget(turn_id, self._kind)

    async def find(self, turn_id: int) -> discord.PartialMessage | None:
        """Return the message, if one is known. It may have been deleted."""
        place = await self._bot.stores.shown_posts.find(turn_id, self._kind)
        if place is None:
            return None
        channel = self._bot.get_partial_messageable(place.channel_id)
        return channel.get_partial_message(place.message_id)

    async def change(self, turn_id: int, **content: Any) -> None:
        """Change the message if it is still there; that it cannot be is no harm."""
        await self._edit(turn_id, await self.find(turn_id), content)

    async def finish(self, turn_id: int, **content: Any) -> None:
        """Change the message for the last time."""
        message = await self.find(turn_id)
        if message is not None:
            await self.forget(turn_id)  # first: meanwhile there may be a later message to keep
            await self._edit(turn_id, message, content)

    async def _edit(
        self, turn_id: int, message: discord.PartialMessage | None, content: dict[str, Any]
    ) -> None:
        if message is None:
            return
        try:
            await message.edit(**content)
        except DISCORD_ERRORS as error:
            kind = self._kind.value
            log.info("shown message not changed", kind=kind, turn_id=turn_id, error=error)
