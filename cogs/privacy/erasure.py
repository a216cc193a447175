"""The taking away of posts that show what is forgotten, one after the other, out of the outbox."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind
from bot.storage.stores.privacy.removals import PostPlace
from cogs.evaluation_room.digest import digest_select, render_digest
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.components import view
from cogs.shared.delivery import as_delivery_errors, room_and_turn

PAUSE_SECONDS: Final = 0.5
"""Between two removals, so that replies come first in Discord's allowance."""
MOST_OF_TURN: Final = 100
"""Posts of one turn in its thread that are looked through."""


class ErasureCog(commands.Cog):
    """The cog that deletes posts of the bot, and shows cards and digests anew."""

    def __init__(self, bot: FourRoomsBot, cards: ScoreCards) -> None:
        self.bot = bot
        self._cards = cards

    async def cog_load(self) -> None:
        """Register as the renderer of what takes posts away."""
        self.bot.ports.renderers[PostKind.REMOVAL] = self.remove
        self.bot.ports.renderers[PostKind.RENEWAL] = self.renew

    async def remove(self, post: Post) -> int:
        """Delete a message, or a turn's own messages up to it; one that is gone is gone."""
        place, message_id = PostPlace.from_text(post.new.text), post.new.ref or 0
        channel = self.bot.get_partial_messageable(place.channel_id)
        with as_delivery_errors("removal"):
            if place.after is None:
                await self._delete(channel.get_partial_message(message_id))
            else:
                await self._delete_own(channel, place.after, message_id)
        return message_id

    async def renew(self, post: Post) -> int:
        """Show a card or a digest anew, as the record now has it."""
        await asyncio.sleep(PAUSE_SECONDS)
        if post.new.turn_id is not None:
            await self._cards.refresh(*await room_and_turn(self.bot.stores, post))
            return post.new.turn_id
        return await self._renew_digest(post)

    async def _renew_digest(self, post: Post) -> int:
        stores = self.bot.stores
        room, message_id = await stores.rooms.get(post.new.room_id), int(post.new.text)
        digest = await stores.digests.get(post.new.ref) if post.new.ref else None
        if room is None or digest is None:
            return message_id
        turns = [await stores.turns.get(turn_id) for turn_id in digest.turn_ids]
        cards = [await self._cards.make(room, turn) for turn in turns if turn is not None]
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("digest"), suppress(discord.NotFound):
            await channel.get_partial_message(message_id).edit(
                embed=render_digest(room, digest, cards),
                view=view([digest_select(digest, cards)] if cards else []),
            )
        return message_id

    async def _delete_own(
        self, channel: discord.PartialMessageable, after: int, up_to: int
    ) -> None:
        me = self.bot.user
        try:
            history = channel.history(
                limit=MOST_OF_TURN,
                after=discord.Object(after),
                before=discord.Object(up_to + 1),
                oldest_first=False,
            )
            own = [message async for message in history if me and message.author.id == me.id]
        except discord.NotFound:  # the thread itself is deleted
            return
        for message in own:
            await self._delete(channel.get_partial_message(message.id))

    async def _delete(self, message: discord.PartialMessage) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        with suppress(discord.NotFound):  # somebody was quicker
            await message.delete()


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ErasureCog(bot, bot.service(ScoreCards)))
