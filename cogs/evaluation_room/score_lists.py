"""The rolling list of scores: a line a reply, in a message that is edited as replies come.

A post of the outbox stands for each line, as for each card, so that none is lost; and as each has
its place in the database before it is shown, none stands there twice, whenever the process dies.
"""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, PostTo, Room
from bot.domain.posts import nonce_of
from bot.storage.stores.score_lists import ScoreList
from cogs.evaluation_room.digest import list_select, render_list
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.components import view
from cogs.shared.delivery import as_delivery_errors, room_and_turn


class ScoreListsCog(commands.Cog):
    """The cog that keeps the rolling lists in the moderator channels."""

    def __init__(self, bot: FourRoomsBot, cards: ScoreCards) -> None:
        self.bot = bot
        self._cards = cards

    async def cog_load(self) -> None:
        """Register as the renderer of lines."""
        self.bot.ports.renderers[PostKind.LINE] = self.deliver

    async def deliver(self, post: Post) -> int:
        """Show a turn's line in its list, or its list anew; return the message's id."""
        room, turn = await room_and_turn(self.bot.stores, post)
        store = self.bot.stores.score_lists
        if post.new.to is PostTo.ERASURE:
            known = await store.of_turn(turn.id)
            return await self._edit(room, known) if known and known.message_id else 0
        to_show = await store.add(room, turn.id)
        if to_show.message_id is not None:
            if turn.id in to_show.turn_ids[: to_show.shown]:
                return to_show.message_id  # it came with another line
            if message_id := await self._edit(room, to_show):
                return message_id
        return await self._send(room, to_show, turn.id)

    async def _send(self, room: Room, to_show: ScoreList, turn_id: int) -> int:
        embed, menu = await self._render(room, to_show)
        channel = self.bot.get_partial_messageable(to_show.channel_id)
        with as_delivery_errors("scores"):
            message = await channel.send(
                embed=embed, view=menu, silent=True, nonce=nonce_of("line", to_show.id, turn_id)
            )
        await self.bot.stores.score_lists.note_shown(to_show, message.id)
        return message.id

    async def _edit(self, room: Room, to_show: ScoreList) -> int:
        """Bring a list's message up to date; return its id, or 0 if somebody deleted it."""
        embed, menu = await self._render(room, to_show)
        channel = self.bot.get_partial_messageable(to_show.channel_id)
        message_id = to_show.message_id or 0
        with as_delivery_errors("scores"):
            try:
                await channel.get_partial_message(message_id).edit(embed=embed, view=menu)
            except discord.NotFound:
                await self.bot.stores.score_lists.note_shown(to_show, None)
                return 0
        await self.bot.stores.score_lists.note_shown(to_show, message_id)
        return message_id

    async def _render(
        self, room: Room, to_show: ScoreList
    ) -> tuple[discord.Embed, discord.ui.View]:
        turns = [await self.bot.stores.turns.get(turn_id) for turn_id in to_show.turn_ids]
        cards = [await self._cards.make(room, turn) for turn in turns if turn is not None]
        embed = render_list(room, cards, to_show.began_at)
        return embed, view([list_select(to_show.id, cards)] if cards else [])


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ScoreListsCog(bot, bot.service(ScoreCards)))
