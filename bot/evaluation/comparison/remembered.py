"""The condition by which a room's memory is measured: a draft after a session on a like situation.

Its control is the same draft without that session (`bot.evaluation.comparison.conditions.Redraw`):
what differs is what the Chatbot keeps in mind, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.agents.protocols import Chatbot
from bot.domain import TurnState
from bot.domain.memory import RoomMemory
from bot.domain.turn_context import unstored_context
from bot.errors import LLMRefused
from bot.evaluation.comparison.conditions import (
    WITH_MEMORY,
    ConditionInput,
    ConditionResult,
    TherapySession,
)
from bot.evaluation.datasets.datasets import Scenario
from bot.llm.protocol import CallContext
from bot.rooms.control.room_memory import memory_of


@dataclass(frozen=True, slots=True)
class RememberedSession:
    """The Chatbot answers once more, with what a session on a like situation left it."""

    chatbot: Chatbot
    session: TherapySession
    """The session that is held on the like situation."""
    name: str = WITH_MEMORY

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:
        """Return another draft of the same prompt, with the memory in it."""
        if given.like is None:
            raise LLMRefused("there is no like situation to remember")
        held = await self.session.hold(given.like, ctx)
        ended = replace(held, turn=replace(held.turn, state=TurnState.SENT))
        memory = memory_of(ended, datetime.now(UTC)) if held.turn.reply else None
        context = unstored_context(given.conversation, given.settings)
        if memory is not None:
            lines = (memory.keep_in_mind,) if memory.keep_in_mind else ()
            context = replace(context, memory=RoomMemory((memory,), (), lines))
        return ConditionResult(await self.chatbot.draft(context, ctx), rounds=held.turn.round)


def like_situation(scene: Scenario, scenarios: Sequence[Scenario]) -> Scenario | None:
    """Return the next scenario, round about, whose draft does the same harm, if there is one.

    Where drafts are not labelled, it is the next one of the same theme.
    """
    at = next(place for place, one in enumerate(scenarios) if one.id == scene.id)
    others = (*scenarios[at + 1 :], *scenarios[:at])
    return next((one for one in others if _is_like(one, scene)), None)


def _is_like(one: Scenario, other: Scenario) -> bool:
    if one.persona != other.persona:
        return False
    if one.harm or other.harm:
        return not {*one.harm}.isdisjoint(other.harm)
    return bool(one.theme) and one.theme == other.theme
