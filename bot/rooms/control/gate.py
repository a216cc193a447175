"""The gate: a reply whose scores are above a server's threshold waits for a moderator.

The ways from and to GATED are drawn in `bot.domain.transitions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.domain import (
    Moderator,
    NewPost,
    PostKind,
    PostTo,
    Review,
    Room,
    Speaker,
    Turn,
    TurnState,
    Utterance,
)
from bot.domain.events import ReplyReady
from bot.rooms.control.audit import AuditLog, CannotGoOut, NoMoreRounds, NotWaiting, new_act
from bot.rooms.therapy.session import Transition, blocking_findings, hear_review, withhold

MOST_ROUNDS: Final = 10
"""Rounds of a turn after which a moderator may not ask for yet another."""


class ReplyGate:
    """What moderators do with a reply that is held."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def approve(self, turn_id: int, by: Moderator) -> Turn:
        """Lets the reply go out as it is. Raises NoSuchTurn, NotWaiting, StaleTurn."""
        turn, room = await self._held(turn_id)
        through = replace(turn, state=TurnState.READY, approved=True, waits_until=None)
        step = Transition(through, events=(ReplyReady(turn.room_id, turn.id),))
        return await self._take(step, turn, room, by, "approve")

    async def another_round(self, turn_id: int, by: Moderator, words: str) -> Turn:
        """Sends the reply back into therapy with the moderator's words.

        Raises NoSuchTurn, NotWaiting, NoMoreRounds, StaleTurn.
        """
        turn, room = await self._held(turn_id)
        if turn.round >= MOST_ROUNDS:
            raise NoMoreRounds
        context = await self._audit.engine.context(turn, room)
        review = Review(user_feels="", user_needs="", says=words, something_left=True)
        step = hear_review(context, review, by=Speaker.MODERATOR)
        again = replace(step.turn, reply=None, waits_until=None)
        step = replace(step, turn=again)
        return await self._take(step, turn, room, by, "another round", details={"words": words})

    async def edit(self, turn_id: int, by: Moderator, text: str) -> Turn:
        """Sends a moderator's text in place of the reply.

        Raises NoSuchTurn, NotWaiting, StaleTurn, and CannotGoOut if the text leaks.
        """
        turn, room = await self._held(turn_id)
        context = await self._audit.engine.context(turn, room)
        if why := blocking_findings(context, text):
            raise CannotGoOut(public=f"That cannot go out: {why}.")
        edited = replace(
            turn,
            state=TurnState.READY,
            round=turn.round + 1,
            candidate=text,
            reply=text,
            approved=True,
            waits_until=None,
        )
        review = Review(user_feels="", user_needs="", says=text, something_left=False)
        said = Utterance(len(context.session) + 1, edited.round, Speaker.MODERATOR, text, review)
        post = NewPost(
            turn.room_id, PostTo.THERAPY_ROOM, PostKind.UTTERANCE, turn.id, ref=said.number
        )
        step = Transition(edited, said, (post,), (ReplyReady(turn.room_id, turn.id),))
        details = {"before": turn.reply, "after": text}
        return await self._take(step, turn, room, by, "edit", details=details)

    async def withhold(self, turn_id: int, by: Moderator, reason: str = "") -> Turn:
        """No reply is sent; the person gets the apology. Raises NoSuchTurn, NotWaiting."""
        turn, room = await self._held(turn_id)
        step = withhold(turn, f"{by.name} withheld it. {reason}".strip())
        return await self._take(step, turn, room, by, "withhold", reason)

    async def _held(self, turn_id: int) -> tuple[Turn, Room]:
        turn, room = await self._audit.turn(turn_id)
        if turn.state is not TurnState.GATED:
            raise NotWaiting
        return turn, room

    async def _take(
        self,
        step: Transition,
        turn: Turn,
        room: Room,
        by: Moderator,
        kind: str,
        reason: str = "",
        details: Mapping[str, object] | None = None,
    ) -> Turn:
        act = new_act(room, by, kind, reason, details, turn_id=turn.id)
        taken = await self._audit.engine.take(step, turn, act=act)
        self._audit.acted(act)
        return taken
