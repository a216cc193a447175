"""The Evaluation Room in Discord: a score card per turn in the moderator channel, or a digest."""

from __future__ import annotations

from typing import Final, NamedTuple

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room, Turn
from bot.domain.posts import nonce_of
from cogs.evaluation_room.card import render_card
from cogs.evaluation_room.digest import digest_select, render_digest
from cogs.evaluation_room.score_cards import ScoreCards
from cogs.shared.components import view
from cogs.shared.delivery import as_delivery_errors, find_posted, room_and_turn

MOST_CARDS: Final = 5
MOST_TOGETHER: Final = 6000
"""Discord's bounds of a message: rows of buttons, of which a card has one, and characters."""
MOST_GROWTH: Final = 250
"""Characters that ratings and a deletion may add to a card later."""


class Shared(NamedTuple):
    """A post whose card goes out, with its turn, and its embed where it has been made."""

    post: Post
    turn: Turn
    embed: discord.Embed | None

    @property
    def length(self) -> int:
        """Return the characters that the card may have."""
        return len(self.embed or ()) + MOST_GROWTH


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
        """Post a turn's card to the moderator channel, with those that wait right behind it.

        Return the message's id.
        """
        recent = self.bot.engine.recent
        known = recent.get(post.new.turn_id)
        is_final = known is not None and known.scored is not None
        room, turn = await room_and_turn(self.bot.stores, post, recent if is_final else None)
        sharing = await self._sharing(room, turn, post)
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        earlier = await self._shown_before(room, turn, post)
        with as_delivery_errors("card"):
            embeds = [embed or await self._embed(room, one) for _, one, embed in sharing]
            shown = self._cards.lay_out([one for _, one, _ in sharing], embeds)
            message = await find_posted(
                channel,
                self.bot.user,
                post,
                turn,
                control=f"rate:show:{turn.id}",
                besides=earlier,
            ) or await channel.send(**shown, nonce=nonce_of("post", post.new.ref or post.id))
        for _, one, _ in sharing:
            await self._cards.posted.keep(one.id, channel.id, message.id)
            recent.drop(one.id)
        for other, _, _ in sharing:
            if other.id != post.id:
                await self.bot.stores.outbox.delivered(other.id, message.id)
        if len(sharing) > 1:
            self.bot.engine.outbox_relay.wake(room.id)
        return message.id

    async def _shown_before(self, room: Room, turn: Turn, post: Post) -> frozenset[int]:
        """Bring an earlier card of a turn that had ended before up to date.

        Return the ids of messages that hold one: none of them is the message of this post.
        """
        if not (turn.retried or turn.approved):
            return frozenset()
        earlier = await self.bot.stores.outbox.messages_before(post)
        if earlier:
            await self._cards.refresh(room, turn)
        return earlier

    async def _sharing(self, room: Room, turn: Turn, post: Post) -> list[Shared]:
        """Return the posts whose cards go out in one message with a post's, itself included.

        Which they are is stored before they are sent: at a second try, after whatever happened,
        Discord may have that message already and takes no other for it.
        """
        outbox = self.bot.stores.outbox
        if post.new.ref is not None:
            tied = [(one, await self._turn(one)) for one in await outbox.tied(post)]
            return [Shared(one, found, None) for one, found in tied if found is not None]
        sharing = [Shared(post, turn, await self._embed(room, turn))]
        left = MOST_TOGETHER - sharing[0].length
        for one in await self.bot.engine.outbox_relay.behind(post, MOST_CARDS - 1):
            other = await self._turn(one)
            if other is None or other.id in [known.turn.id for known in sharing]:
                break  # no message has one card twice
            shared = Shared(one, other, await self._embed(room, other))
            left -= shared.length
            if left < 0:
                break
            sharing.append(shared)
        await outbox.tie([shared.post for shared in sharing])
        return sharing

    async def _turn(self, post: Post) -> Turn | None:
        return await self.bot.stores.turns.get(post.new.turn_id) if post.new.turn_id else None

    async def _embed(self, room: Room, turn: Turn) -> discord.Embed:
        return render_card(await self._cards.make(room, turn))

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
