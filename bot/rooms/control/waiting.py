"""The steps at which a turn comes to wait for a person, and goes on without one.

The ways between the states are drawn in `bot.domain.transitions`. What people do while a turn
waits is in `bot.rooms.therapy.human_therapist` and `bot.rooms.control.gate`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.agents.critic import Critic
from bot.domain import (
    HARMS,
    Evaluation,
    Moderator,
    NewPost,
    PostKind,
    PostTo,
    Subject,
    Turn,
    TurnState,
)
from bot.domain.events import ReplyReady
from bot.domain.room_settings import RoomSettings, SeatTimeout
from bot.errors import LLMError
from bot.llm.protocol import CallContext
from bot.rooms.evaluation.evaluation_room import TurnScorer
from bot.rooms.therapy.session import Transition, TurnContext, withhold

log = structlog.get_logger(__name__)


def is_waiting(turn: Turn, therapist: Moderator | None) -> bool:
    """Whether there is nothing to do on the turn but wait for a person."""
    if not turn.state.waits or turn.waits_until is None or turn.waits_until <= datetime.now(UTC):
        return False
    return turn.state is TurnState.GATED or therapist is not None


def needs_gate_check(context: TurnContext) -> bool:
    """Whether the reply has yet to be looked at before it may go out.

    One whose sending has begun may be out already, so that it is too late to hold it.
    """
    turn = context.turn
    waits = turn.state is TurnState.READY and not turn.approved and not turn.delivery_tries
    return waits and context.settings.gate is not None


def waiting_deadline(turn: Turn, settings: RoomSettings) -> datetime:
    """When the time of the person that the turn waits for is over, if it begins now."""
    gated = turn.state is TurnState.GATED
    minutes = settings.gate_minutes if gated else settings.seat_minutes
    return datetime.now(UTC) + timedelta(minutes=minutes)


def wait_for_person(context: TurnContext) -> Transition:
    """The text awaits the person in the seat, who sees it in the thread."""
    turn = replace(context.turn, state=TurnState.WAITING)
    turn = replace(turn, waits_until=waiting_deadline(turn, context.settings))
    post = NewPost(turn.room_id, PostTo.THERAPY_ROOM, PostKind.SEAT, turn.id, ref=turn.round)
    return Transition(turn, posts=(post,))


def end_wait(context: TurnContext) -> Transition:
    """The person has left the seat, or let the time pass."""
    drafted = replace(context.turn, state=TurnState.DRAFTED, waits_until=None)
    if context.therapist is None:
        return Transition(drafted)
    if context.settings.seat_on_timeout is SeatTimeout.WITHHOLD:
        minutes = context.settings.seat_minutes
        return withhold(context.turn, f"the Therapist, a person, did not answer in {minutes} min")
    return Transition(replace(drafted, unattended=True))


async def score_for_gate(context: TurnContext, critic: Critic, ctx: CallContext) -> Transition:
    """Scores the reply and lets it through, or holds it. What cannot be scored is held."""
    sitting = TurnScorer(critic, context.settings, context.conversation, ctx)
    try:
        scored = await sitting.score(context.turn, Subject.REPLY, context.turn.reply or "")
    except LLMError as error:
        return _hold(context, f"it could not be scored: {error.detail}")
    except Exception as error:  # a fault of ours holds the reply too
        log.exception("gate failed")
        return _hold(context, f"it could not be scored: internal error ({type(error).__name__})")
    threshold = context.settings.gate
    if threshold is None or scored.scores.worst <= threshold:
        through = replace(context.turn, approved=True)
        ready = ReplyReady(through.room_id, through.id)
        return Transition(through, events=(ready,), evaluations=(scored,))
    worst = max(HARMS, key=lambda harm: scored.scores.values[harm])
    return _hold(context, f"{worst} {scored.scores.values[worst]} is above {threshold}", scored)


def end_gate_wait(context: TurnContext) -> Transition:
    """Nobody released the reply in time."""
    minutes = context.settings.gate_minutes
    return withhold(context.turn, f"it was held, and no moderator released it in {minutes} min")


def _hold(context: TurnContext, why: str, scored: Evaluation | None = None) -> Transition:
    turn = replace(context.turn, state=TurnState.GATED)
    turn = replace(turn, waits_until=waiting_deadline(turn, context.settings))
    post = NewPost(turn.room_id, PostTo.MODERATORS, PostKind.GATE, turn.id, text=why)
    return Transition(turn, posts=(post,), evaluations=(scored,) if scored else ())
