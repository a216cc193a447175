"""The score cards of turns: made from the database, and kept up to date where they are shown."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.client.bot import FourRoomsBot
from bot.domain import Evaluation, EvaluationState, PostKind, Room, Turn
from bot.domain.moderation import ActKind
from bot.domain.session import findings_of
from bot.reports.critic_trust import render_trust, trust_of
from cogs.evaluation_room.card import Card, render_card
from cogs.evaluation_room.rating_view import rating_buttons
from cogs.shared.components import view
from cogs.shared.links import to_reply
from cogs.shared.shown_messages import ShownMessages
from cogs.therapy_room.threads import TherapyThreads


class ScoreCards:
    """The maker of score cards, for all that show or change them."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._stores = bot.stores
        self._threads = bot.service(TherapyThreads)
        self.posted = ShownMessages(bot, PostKind.CARD)

    async def make(self, room: Room, turn: Turn) -> Card:
        """Return a turn's card as things are now."""
        stores = self._stores
        evaluations = await stores.evaluations.of_turn(turn.id)
        acts = await stores.acts.of_turn(turn.id)
        return Card(
            turn=turn,
            asked=await stores.messages.conversation(turn),
            evaluations=evaluations,
            failure=await stores.evaluations.failure_of(turn.id),
            usage=await stores.calls.usage_of_turn(turn.id),
            reply_link=to_reply(room, turn),
            thread_link=await self._threads.link_to(room, turn),
            verdict=await stores.evaluations.verdict_of(turn.id),
            ratings=await stores.evaluations.ratings_of(turn.id),
            trust=await self._trust(evaluations),
            deleted_by=next((act.by.name for act in acts if act.kind == ActKind.DELETE_REPLY), ""),
            worked_on=findings_of(await stores.turns.utterances(turn.id)),
        )

    async def render(self, room: Room, turn: Turn) -> tuple[discord.Embed, discord.ui.View]:
        """Return a turn's card as it is shown now, with its buttons."""
        card = await self.make(room, turn)
        return render_card(card), view(rating_buttons(turn, deleted=bool(card.deleted_by)))

    async def refresh(self, room: Room, turn: Turn) -> None:
        """Bring the turn's card in the moderator channel up to date, if it has one."""
        if turn.evaluation in (EvaluationState.SCORED, EvaluationState.FAILED):
            embed, buttons = await self.render(room, turn)
            await self.posted.change(turn.id, embed=embed, view=buttons)

    async def trust_in(self, turn: Turn) -> str:
        """Return how far the Critic that scored a turn can be trusted; empty where none has."""
        return await self._trust(await self._stores.evaluations.of_turn(turn.id))

    async def _trust(self, evaluations: Sequence[Evaluation]) -> str:
        scored = next((made for made in evaluations if made.rater == "critic"), None)
        if scored is None:
            return ""
        store = self._stores.critic_trust
        return render_trust(await trust_of(store, scored.scores.method, scored.model))
