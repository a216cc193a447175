"""The steps of a turn that agents take, or that its state alone decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.domain import Turn, TurnState
from bot.domain.turn_context import Transition, TurnContext
from bot.engine.team import Agents
from bot.errors import LimitUsedUp, LLMError, LLMOverBudget, LLMUnavailable
from bot.llm.protocol import CallContext
from bot.reasons import internal_error
from bot.rooms.calls import calls_of_step
from bot.rooms.control.gate import end_gate_wait, score_for_gate
from bot.rooms.therapy.human_therapist import end_wait, wait_for_person
from bot.rooms.therapy.session import draft_reply, reflect_and_revise, review_draft, withhold
from bot.storage.database.troubles import DatabaseUnavailable

log = structlog.get_logger(__name__)


async def take_step(
    context: TurnContext,
    agents: Agents,
    ctx: CallContext,
    holds: Callable[[Turn, LLMError], bool],
) -> Transition | None:
    """Let the agents work on the turn; whatever goes wrong, no reply comes of it.

    None where the turn waits after an error, as ``holds`` says: it stays as it is.
    """
    step = await _step_or_apology(context, agents, ctx, holds)
    if step is None:
        return None
    return replace(step, posts=(*step.posts, *calls_of_step(context, step)))


async def _step_or_apology(
    context: TurnContext,
    agents: Agents,
    ctx: CallContext,
    holds: Callable[[Turn, LLMError], bool],
) -> Transition | None:
    try:
        return await _next_step(context, agents, ctx)
    except LLMError as error:
        if holds(context.turn, error):
            return None
        log.warning("agent failed", state=context.turn.state.value, detail=error.detail)
        return withhold(context.turn, error.detail, out_of_time=_may_pass(error))
    except DatabaseUnavailable:  # nothing is wrong with the turn: it stays, and is tried again
        raise
    except Exception as error:  # a fault of ours fails closed too
        log.exception("step failed", state=context.turn.state.value)
        return withhold(context.turn, internal_error(error))


def _may_pass(error: LLMError) -> bool:
    """Return whether the same step may come to something later."""
    over = isinstance(error, LLMOverBudget) and not isinstance(error, LimitUsedUp)
    return over or isinstance(error, LLMUnavailable)


async def _next_step(context: TurnContext, agents: Agents, ctx: CallContext) -> Transition:
    """Take the step that the turn's state asks for, of an agent or of nobody."""
    match context.turn.state:
        case TurnState.CLAIMED:
            step = await draft_reply(context, agents.chatbot, ctx)
        case TurnState.DRAFTED if context.attended:
            step = wait_for_person(context)
        case TurnState.DRAFTED:
            step = await review_draft(context, agents.therapist, ctx)
        case TurnState.WAITING:
            step = end_wait(context)
        case TurnState.READY:
            step = await score_for_gate(context, agents.critic, ctx)
        case TurnState.GATED:
            step = end_gate_wait(context)
        case _:
            step = await reflect_and_revise(context, agents.chatbot, agents.therapist, ctx)
    return step
