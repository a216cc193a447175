"""The Evaluation Room in Discord: a score card per turn in the moderator channel, or a digest."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Evaluation, EvaluationState, Post, PostKind, Room, Turn
from bot.domain.moderation import ActKind
from bot.domain.posts import nonce_of
from bot.reports.critic_trust import render_trust, trust_of
from cogs.evaluation_room.card import Card, render_card
from cogs.evaluation_room.digest import digest_select, render_digest
from cogs.evaluation_room.rating_view import rating_buttons
from cogs.shared.components import view
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.shown_messages import ShownMessages
from cogs.therapy_room.cog import TherapyRoomCog, reply_link

"""The act by which a reply was deleted."""


class EvaluationRoomCog(commands.Cog):
    """Shows what the Critic, and people, made of each turn."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self.posted = ShownMessages(bot, PostKind.CARD)

    async def cog_load(self) -> None:
        """Takes the seats of the cards and digests."""
        self.bot.ports.renderers[PostKind.CARD] = self.deliver
        self.bot.ports.renderers[PostKind.DIGEST] = self.deliver_digest

    async def deliver(self, post: Post) -> int:
        """Posts a turn's card to the moderator channel; returns its message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        turn = await self.bot.stores.turns.get(post.new.turn_id) if post.new.turn_id else None
        if room is None or turn is None:
            raise LookupError(f"post {post.id} is about a room or turn that is not there")
        embed, buttons = await self.shown(room, turn)
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("card"):
            message = await channel.send(embed=embed, view=buttons, nonce=nonce_of("post", post.id))
        await self.posted.keep(turn.id, channel.id, message.id)
        return message.id

    async def deliver_digest(self, post: Post) -> int:
        """Posts a line for each of several turns; returns the message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        digest = await self.bot.stores.digests.get(post.new.ref) if post.new.ref else None
        if room is None or digest is None:
            raise LookupError(f"post {post.id} is about a room or digest that is not there")
        turns = [await self.bot.stores.turns.get(turn_id) for turn_id in digest.turn_ids]
        cards = [await self._card(room, turn) for turn in turns if turn is not None]
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("digest"):
            message = await channel.send(
                embed=render_digest(room, digest, cards),
                view=view([digest_select(digest, cards)] if cards else []),
                nonce=nonce_of("post", post.id),
            )
        return message.id

    async def shown(self, room: Room, turn: Turn) -> tuple[discord.Embed, discord.ui.View]:
        """A turn's card as it is now, with its buttons."""
        card = await self._card(room, turn)
        return render_card(card), view(rating_buttons(turn, deleted=bool(card.deleted_by)))

    async def refresh(self, room: Room, turn: Turn) -> None:
        """Brings the turn's card in the moderator channel up to date, if it has one."""
        if turn.evaluation in (EvaluationState.SCORED, EvaluationState.FAILED):
            embed, buttons = await self.shown(room, turn)
            await self.posted.change(turn.id, embed=embed, view=buttons)

    async def trust_in(self, turn: Turn) -> str:
        """How far the Critic that scored a turn can be trusted; empty where none has."""
        return await self._trust(await self.bot.stores.evaluations.of_turn(turn.id))

    async def _card(self, room: Room, turn: Turn) -> Card:
        stores = self.bot.stores
        evaluations = await stores.evaluations.of_turn(turn.id)
        acts = await stores.acts.of_turn(turn.id)
        return Card(
            turn=turn,
            asked=await stores.messages.conversation(turn),
            evaluations=evaluations,
            failure=await stores.evaluations.failure_of(turn.id),
            usage=await stores.calls.usage_of_turn(turn.id),
            reply_link=reply_link(room, turn),
            thread_link=await self._thread_link(room, turn),
            verdict=await stores.evaluations.verdict_of(turn.id),
            ratings=await stores.evaluations.ratings_of(turn.id),
            trust=await self._trust(evaluations),
            deleted_by=next((act.by.name for act in acts if act.kind == ActKind.DELETE_REPLY), ""),
        )

    async def _trust(self, evaluations: list[Evaluation]) -> str:
        scored = next((one for one in evaluations if one.rater == "critic"), None)
        if scored is None:
            return ""
        store = self.bot.stores.critic_trust
        return render_trust(await trust_of(store, scored.scores.method, scored.model))

    async def _thread_link(self, room: Room, turn: Turn) -> str | None:
        therapy = self.bot.get_cog(TherapyRoomCog.__cog_name__)
        if not isinstance(therapy, TherapyRoomCog):
            return None
        return await therapy.thread_link(room, turn)


def evaluation_room(bot: FourRoomsBot) -> EvaluationRoomCog:
    """The loaded cog, for others that show or change cards."""
    cog = bot.get_cog(EvaluationRoomCog.__cog_name__)
    assert isinstance(cog, EvaluationRoomCog)  # noqa: S101 - it is loaded before those that ask
    return cog


async def setup(bot: FourRoomsBot) -> None:
    """Loads the cog."""
    await bot.add_cog(EvaluationRoomCog(bot))
