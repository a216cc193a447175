"""The gate, at which a reply with scores above a server's threshold waits for a moderator.

The ways from and to GATED are drawn in `bot.domain.transitions`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.agents.protocols import Critic
from bot.domain import (
    HARMS,
    Evaluation,
    EvaluationState,
    Moderator,
    NewPost,
    PostKind,
    PostTo,
    Review,
    Room,
    Speaker,
    Subject,
    Turn,
    TurnState,
    Utterance,
)
from bot.domain.act_details import AnotherRoundDetails, ApproveDetails, EditDetails, WithholdDetails
from bot.domain.events import ReplyReady
from bot.domain.moderation import ActDetails
from bot.domain.turn_context import Transition, TurnContext, waiting_deadline
from bot.errors import FourRoomsError, LLMError
from bot.llm.protocol import CallContext
from bot.reasons import Reason, because, internal_error
from bot.rooms.audit import AuditLog, CannotGoOut, NoMoreRounds, NotWaiting, new_act
from bot.rooms.calls import score_above
from bot.rooms.evaluation.evaluation_room import TurnScorer
from bot.rooms.therapy.objections import as_sent, blocking_findings
from bot.rooms.therapy.session import hear_review, withhold
from bot.rooms.turn_runner import TurnRunner
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.privacy.removals import PostPlace, removal
from bot.text.moderator_texts import say
from bot.text.no_answer import is_no_answer

log = structlog.get_logger(__name__)

_TIME_OVER: Final = "it was held, and no moderator released it in {minutes} min"
TIME_OVER: Final = _TIME_OVER.partition(" {")[0]
"""The beginning of the reason for which a reply is withheld that nobody looked at in time."""
LATE: Final = because("after its time was over, in place of the apology")
OFFERED_FOR: Final = timedelta(days=1)
"""How long after its messages such a reply can still be sent."""
MOST_LATER: Final = 2
"""Turns that may have come after it: later, it would answer what nobody talks about any more."""
MOST_ROUNDS: Final = 10
"""Rounds of a turn after which a moderator may not ask for yet another."""


class NotOffered(FourRoomsError):
    """A reply that cannot be sent after its time any more, for the reason in the text."""


class ReplyGate:
    """The decisions of moderators on a reply that is held."""

    def __init__(self, audit: AuditLog, runner: TurnRunner) -> None:
        self._audit = audit
        self._runner = runner

    async def approve(self, turn_id: int, by: Moderator) -> Turn:
        """Let the reply go out as it is. Raises NoSuchTurn, NotWaiting, StaleTurn."""
        turn, room = await self._held(turn_id)
        through = replace(turn, state=TurnState.READY, approved=True, waits_until=None)
        step = Transition(through, events=(ReplyReady(turn.room_id, turn.id),))
        return await self._take(step, turn, room, by, ApproveDetails())

    async def another_round(self, turn_id: int, by: Moderator, words: str) -> Turn:
        """Send the reply back into therapy with the moderator's words.

        Raises NoSuchTurn, NotWaiting, NoMoreRounds, StaleTurn.
        """
        turn, room = await self._held(turn_id)
        if turn.round >= MOST_ROUNDS:
            raise NoMoreRounds
        context = await self._runner.turn_context(turn, room)
        review = Review(user_feels="", user_needs="", says=words, something_left=True)
        step = hear_review(context, review, by=Speaker.MODERATOR)
        again = replace(step.turn, reply=None, waits_until=None)
        step = replace(step, turn=again)
        return await self._take(step, turn, room, by, AnotherRoundDetails(words))

    async def edit(self, turn_id: int, by: Moderator, text: str) -> Turn:
        """Send a moderator's text in place of the reply.

        Raises NoSuchTurn, NotWaiting, StaleTurn, and CannotGoOut if the text leaks.
        """
        turn, room = await self._held(turn_id)
        context = await self._runner.turn_context(turn, room)
        text = as_sent(context, text)
        if why := blocking_findings(context, text):
            raise CannotGoOut(public=say("That cannot go out: {why}.", why=why))
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
        utterance = Utterance(
            len(context.session) + 1, edited.round, Speaker.MODERATOR, text, review
        )
        post = NewPost(
            turn.room_id, PostTo.THERAPY_ROOM, PostKind.UTTERANCE, turn.id, ref=utterance.number
        )
        step = Transition(edited, utterance, (post,), (ReplyReady(turn.room_id, turn.id),))
        return await self._take(step, turn, room, by, EditDetails(turn.reply, text))

    async def withhold(self, turn_id: int, by: Moderator, reason: str = "") -> Turn:
        """Send no reply; the person gets the apology. Raises NoSuchTurn, NotWaiting."""
        turn, room = await self._held(turn_id)
        step = withhold(turn, _withheld_by(by, reason))
        return await self._take(step, turn, room, by, WithholdDetails(), reason)

    async def send_late(self, turn_id: int, by: Moderator) -> Turn:
        """Send a reply whose time ran out after all, in place of the apology.

        Raises NoSuchTurn, NoSuchRoom, NotWaiting, StaleTurn, and NotOffered where it fits no more.
        """
        turn, room = await self._audit.turn_in_use(turn_id)
        if not is_offered(turn):
            raise NotWaiting
        if why := await self._unfitting(turn):
            raise NotOffered(public=say("That reply does not fit any more: {why}.", why=why))
        place = PostPlace(turn.room_id)
        apologies = [removal(turn.room_id, one, place) for one in turn.reply_message_ids]
        again = replace(
            turn,
            state=TurnState.READY,
            evaluation=EvaluationState.NONE,
            approved=True,
            delivery_tries=0,
            withheld_because=None,
            reply_message_ids=(),
        )
        step = Transition(again, posts=tuple(apologies), events=(ReplyReady(room.id, turn.id),))
        return await self._take(step, turn, room, by, ApproveDetails(), LATE)

    async def _unfitting(self, turn: Turn) -> str | None:
        """Return why a late reply does not fit what is being said now; None if it does."""
        if datetime.now(UTC) - turn.created_at > OFFERED_FOR:
            return say("it is more than a day old")
        turns = self._audit.stores.turns
        latest = await turns.latest(turn.room_id, MOST_LATER + 1)
        later = [one for one in latest if one.id > turn.id]
        if len(later) > MOST_LATER:
            return say(
                "the room has gone on, with more than {count} replies since", count=MOST_LATER
            )
        if any(one.state is TurnState.HELPED for one in later):
            return say("somebody has been given help in a crisis since")
        if any(one.state.open for one in later):
            return say("another message is being answered just now; try again when that is done")
        return None

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
        details: ActDetails,
        reason: str = "",
    ) -> Turn:
        act = new_act(room, by, details, reason, turn_id=turn.id)
        taken = await self._runner.take(step, turn, act=act)
        self._audit.acted(act)
        return taken


def needs_gate_check(context: TurnContext) -> bool:
    """Return whether the reply has yet to be looked at before it may go out.

    One whose sending has begun may be out already, so that it is too late to hold it.
    """
    turn = context.turn
    waits = turn.state is TurnState.READY and not turn.approved and not turn.delivery_tries
    of_model = not is_no_answer(turn.reply)  # a fixed sentence can hurt nobody
    return waits and of_model and context.settings.gate is not None


async def score_for_gate(context: TurnContext, critic: Critic, ctx: CallContext) -> Transition:
    """Score the reply and let it through, or hold it. What cannot be scored is held."""
    scorer = TurnScorer(critic, context.settings, context.conversation, ctx)
    try:
        found = await scorer.score(context.turn, Subject.REPLY, context.turn.reply or "")
    except LLMError as error:
        return _hold(context, because("it could not be scored: {why}", why=error.detail))
    except DatabaseUnavailable:  # it is scored as soon as that can be stored
        raise
    except Exception as error:  # a fault of ours holds the reply too
        log.exception("gate failed")
        why = internal_error(error)
        return _hold(context, because("it could not be scored: {why}", why=why))
    scored, threshold = found.evaluation, context.settings.gate
    if threshold is None or scored.scores.worst <= threshold:
        through = replace(context.turn, approved=True)
        ready = ReplyReady(through.room_id, through.id)
        return Transition(through, events=(ready,), evaluations=(scored,))
    worst = max(HARMS, key=lambda harm: scored.scores.values[harm])
    return _hold(context, score_above(worst, scored.scores.values[worst], threshold), scored)


def is_offered(turn: Turn) -> bool:
    """Return whether nobody looked at the reply in time, so that it may still be sent."""
    over = (turn.withheld_because or "").startswith(TIME_OVER)
    return turn.state is TurnState.WITHHELD and bool(turn.reply) and over


def end_gate_wait(context: TurnContext) -> Transition:
    """Withhold the reply that nobody released in time."""
    minutes = context.settings.gate_minutes
    return withhold(context.turn, because(_TIME_OVER, minutes=minutes))


def _withheld_by(by: Moderator, reason: str) -> Reason:
    if not reason:
        return because("{who} withheld it.", who=by.name)
    return because("{who} withheld it. {reason}", who=by.name, reason=reason)


def _hold(context: TurnContext, why: str, scored: Evaluation | None = None) -> Transition:
    turn = replace(context.turn, state=TurnState.GATED)
    turn = replace(turn, waits_until=waiting_deadline(turn, context.settings))
    post = NewPost(turn.room_id, PostTo.MODERATORS, PostKind.GATE, turn.id, text=why)
    return Transition(turn, posts=(post,), evaluations=(scored,) if scored else ())
