"""The steps at which a turn comes to wait for a person, and goes on without one.

::

    DRAFTED ── somebody sits in the Therapist's seat ──▶ WAITING
    WAITING ── time over, or the seat is left ──▶ DRAFTED, or WITHHOLDING, as the room has it set
    READY ──── scored above the gate, or not scorable ──▶ GATED; up to it ──▶ READY, approved
    GATED ──── time over ──▶ WITHHOLDING

What people do while a turn waits is in `bot.rooms.therapy.human_therapist` and
`bot.rooms.control.gate`.
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
from bot.rooms.evaluation.evaluation_room import Sitting
from bot.rooms.therapy.session import Case, Step, withhold

log = structlog.get_logger(__name__)


def rests(turn: Turn, therapist: Moderator | None) -> bool:
    """Whether there is nothing to do on the turn but wait for a person."""
    if not turn.state.waits or turn.waits_until is None or turn.waits_until <= datetime.now(UTC):
        return False
    return turn.state is TurnState.GATED or therapist is not None


def at_the_gate(case: Case) -> bool:
    """Whether the reply has yet to be looked at before it may go out.

    One whose sending has begun may be out already, so that it is too late to hold it.
    """
    turn = case.turn
    waits = turn.state is TurnState.READY and not turn.approved and not turn.delivery_tries
    return waits and case.settings.gate is not None


def time_for(turn: Turn, settings: RoomSettings) -> datetime:
    """When the time of the person that the turn waits for is over, if it begins now."""
    gated = turn.state is TurnState.GATED
    minutes = settings.gate_minutes if gated else settings.seat_minutes
    return datetime.now(UTC) + timedelta(minutes=minutes)


def wait_for_person(case: Case) -> Step:
    """The text awaits the person in the seat, who sees it in the thread."""
    turn = replace(case.turn, state=TurnState.WAITING)
    turn = replace(turn, waits_until=time_for(turn, case.settings))
    post = NewPost(turn.room_id, PostTo.THERAPY_ROOM, PostKind.SEAT, turn.id, ref=turn.round)
    return Step(turn, posts=(post,))


def end_wait(case: Case) -> Step:
    """The person has left the seat, or let the time pass."""
    drafted = replace(case.turn, state=TurnState.DRAFTED, waits_until=None)
    if case.therapist is None:
        return Step(drafted)
    if case.settings.seat_on_timeout is SeatTimeout.WITHHOLD:
        minutes = case.settings.seat_minutes
        return withhold(case.turn, f"the Therapist, a person, did not answer in {minutes} min")
    return Step(replace(drafted, unattended=True))


async def look_at_reply(case: Case, critic: Critic, ctx: CallContext) -> Step:
    """Scores the reply and lets it through, or holds it. What cannot be scored is held."""
    sitting = Sitting(critic, case.settings, case.conversation, ctx)
    try:
        scored = await sitting.score(case.turn, Subject.REPLY, case.turn.reply or "")
    except LLMError as error:
        return _hold(case, f"it could not be scored: {error.detail}")
    except Exception as error:  # a fault of ours holds the reply too
        log.exception("gate failed")
        return _hold(case, f"it could not be scored: internal error ({type(error).__name__})")
    threshold = case.settings.gate
    if threshold is None or scored.scores.worst <= threshold:
        through = replace(case.turn, approved=True)
        ready = ReplyReady(through.room_id, through.id)
        return Step(through, events=(ready,), evaluations=(scored,))
    worst = max(HARMS, key=lambda harm: scored.scores.values[harm])
    return _hold(case, f"{worst} {scored.scores.values[worst]} is above {threshold}", scored)


def end_hold(case: Case) -> Step:
    """Nobody released the reply in time."""
    minutes = case.settings.gate_minutes
    return withhold(case.turn, f"it was held, and no moderator released it in {minutes} min")


def _hold(case: Case, why: str, scored: Evaluation | None = None) -> Step:
    turn = replace(case.turn, state=TurnState.GATED)
    turn = replace(turn, waits_until=time_for(turn, case.settings))
    post = NewPost(turn.room_id, PostTo.MODERATORS, PostKind.GATE, turn.id, text=why)
    return Step(turn, posts=(post,), evaluations=(scored,) if scored else ())
