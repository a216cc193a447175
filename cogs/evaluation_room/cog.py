"""The Evaluation Room in Discord: a score card per turn in the moderator channel, or a digest."""

from __future__ import annotations

from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind
from bot.domain.posts import nonce_of
from cogs.evaluation_room.digest import digest_select, render_digest
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.components import view
from cogs.shared.delivery import as_delivery_errors, room_and_turn


class EvaluationRoomCog(commands.Cog):
    """The cog that posts what the Critic, and people, made of each turn."""

    def __init__(self, bot: FourRoomsBot, cards: ScoreCards) -> None:
        self.bot = bot
        self._cards = cards

    async def cog_load(self) -> None:
        """Register as the renderer of the cards and digests."""
        self.bot.ports.renderers[PostKind.CARD] = self.deliver
        self.bot.ports.renderers[PostKind.DIGEST] = self.deliver_digest

    async def deliver(self, post: Post) -> int:
        """Post a turn's card to the moderator channel; return its message's id."""
        room, turn = await room_and_turn(self.bot.stores, post)
        embed, buttons = await self._cards.render(room, turn)
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("card"):
            message = await channel.send(embed=embed, view=buttons, nonce=nonce_of("post", post.id))
        await self._cards.posted.keep(turn.id, channel.id, message.id)
        return message.id

    async def deliver_digest(self, post: Post) -> int:
        """Post a line for each of several turns; return the message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        digest = await self.bot.stores.digests.get(post.new.ref) if post.new.ref else None
        if room is None or digest is None:
            raise LookupError(f"post {post.id} is about a room or digest that is not there")
        turns = [await self.bot.stores.turns.get(turn_id) for turn_id in digest.turn_ids]
        cards = [await self._cards.make(room, turn) for turn in turns if turn is not None]
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("digest"):
            message = await channel.send(
                embed=render_digest(room, digest, cards),
                view=view([digest_select(digest, cards)] if cards else []),
                nonce=nonce_of("post", post.id),
            )
        return message.id


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(EvaluationRoomCog(bot, bot.service(ScoreCards)))
