"""The score cards of turns: made from the database, and kept up to date where they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypedDict

import discord

from bot.client.bot import FourRoomsBot
from bot.domain import Conversation, Evaluation, EvaluationState, PostKind, Room, Subject, Turn
from bot.domain.moderation import ActKind
from bot.domain.session import findings_of
from bot.reports.critic_trust import MEASURED_IN, Trust, trust_in_words, trust_of
from bot.rooms.evaluation.evaluation_room import scores_of
from bot.rooms.evaluation.returns import MOST_TURNS, return_of
from bot.rooms.evaluation.turn_findings import findings_of_turn
from bot.text.talk_language import language_of_talk
from cogs.evaluation_room.card import Card, render_card
from cogs.evaluation_room.rating_view import card_buttons
from cogs.evaluation_room.second_try_view import try_again_buttons
from cogs.shared.components import view
from cogs.shared.links import to_reply
from cogs.shared.shown_messages import ShownMessages
from cogs.therapy_room.threads import TherapyThreads

_EVALUATED: Final = (EvaluationState.SCORED, EvaluationState.FAILED)


class CardMessage(TypedDict):
    """What a message with cards shows, as discord.py takes it."""

    embeds: list[discord.Embed]
    view: discord.ui.View


class ScoreCards:
    """The maker of score cards, for all that show or change them."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self._stores = bot.stores
        self._recent = bot.engine.recent
        self._threads = bot.service(TherapyThreads)
        self.posted = ShownMessages(bot, PostKind.CARD)

    async def make(self, room: Room, turn: Turn) -> Card:
        """Return a turn's card as things are now."""
        known = self._recent.get(turn.id)
        if known is not None and known.scored is None:
            known = None  # somebody else may have ended it: a person in danger got help
        here = (known.said, known.scored, self._stores.calls.usage_here(turn.id)) if known else ()
        record = await self._stores.card_records.of_turn(turn, *here)
        asked, evaluations = record.said.conversation, record.scored.evaluations
        scores = (scores_of(evaluations, Subject.DRAFT), scores_of(evaluations, Subject.REPLY))
        found = findings_of_turn(
            turn, room.settings, record.said, scores=scores, verdict=record.scored.verdict
        )
        deleters = (act.by.name for act in record.acts if act.kind == ActKind.DELETE_REPLY)
        trust = await self._trust(evaluations)
        return Card(
            found=replace(found, measured=trust is not None and is_measured_in(asked)),
            asked=asked,
            evaluations=evaluations,
            failure=record.scored.failure,
            usage=record.usage,
            reply_link=to_reply(room, turn),
            thread_link=await self._threads.link_to(room, turn),
            ratings=record.ratings,
            trust=trust_in_words(trust) if evaluations else "",
            deleted_by=next(deleters, ""),
            worked_on=findings_of(found.session),
            simulated=room.simulated,
        )

    async def make_for_details(self, room: Room, turn: Turn) -> Card:
        """Return the same with what only its details show."""
        rewarded = await self._stores.evaluations.rewards_from(turn, MOST_TURNS)
        card = replace(await self.make(room, turn), discounted_return=return_of(rewarded))
        if turn.replied_at is None:
            return card
        paused = await self._stores.acts.paused_between(
            room.guild_id, room.id, turn.created_at, turn.replied_at
        )
        return replace(card, paused=paused)

    async def render(self, room: Room, turns: Sequence[Turn]) -> CardMessage:
        """Return the cards of turns as a message shows them now, with their buttons.

        They are said in the language of the server: all its moderators read them.
        """
        with self._bot.read_in_room(room.id):
            return self.lay_out(turns, [render_card(await self.make(room, turn)) for turn in turns])

    def lay_out(self, turns: Sequence[Turn], embeds: list[discord.Embed]) -> CardMessage:
        """Return the cards of turns as one message, with their buttons."""
        if len(turns) == 1:
            buttons = [*card_buttons(turns[0]), *try_again_buttons(turns[0])]
            return CardMessage(embeds=embeds, view=view(buttons))
        rows = (
            [*card_buttons(turn, row=row), *try_again_buttons(turn, row=row)]
            for row, turn in enumerate(turns)
        )
        return CardMessage(embeds=embeds, view=view(button for row in rows for button in row))

    async def render_anew(self, room: Room, turn: Turn, message_id: int) -> CardMessage:
        """Return what a message with a turn's card shows now: with the others that share it."""
        ids = await self._stores.shown_posts.turns_in(message_id, PostKind.CARD)
        shown = [await self._stores.turns.get(one) for one in sorted({*ids, turn.id})]
        return await self.render(room, [one for one in shown if one is not None] or [turn])

    async def refresh(self, room: Room, turn: Turn) -> None:
        """Bring the turn's card in the moderator channel up to date, if it has one."""
        posted = await self.posted.find(turn.id)
        if posted is None or turn.evaluation not in _EVALUATED:
            return
        await self.posted.change(turn.id, **await self.render_anew(room, turn, posted.id))

    async def trust_in(self, turn: Turn) -> str:
        """Return how far the Critic that scored a turn can be trusted; empty where none has."""
        evaluations = await self._stores.evaluations.of_turn(turn.id)
        return trust_in_words(await self._trust(evaluations)) if evaluations else ""

    async def _trust(self, evaluations: Sequence[Evaluation]) -> Trust | None:
        scored = next((made for made in evaluations if made.rater == "critic"), None)
        if scored is None:
            return None
        return await trust_of(self._stores.critic_trust, scored.scores.method, scored.model)


def is_measured_in(asked: Conversation) -> bool:
    """Return whether Critics are measured in the language of a talk, as far as that can be told."""
    language = language_of_talk(asked)
    return language is None or language in MEASURED_IN
