"""The rooms of an engine, made over its stores and agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.rooms.control.control_room import ControlRoom
from bot.rooms.evaluation.evaluation_room import EvaluationRoom
from bot.rooms.limits.usage_limits import UsageLimits

if TYPE_CHECKING:
    from bot.engine.engine import Engine


def make_control_room(
    engine: Engine, seeds: Mapping[int, int], limits: UsageLimits | None
) -> ControlRoom:
    """Return the Control Room: ``seeds`` are of simulated rooms, ``limits`` of a day."""
    return ControlRoom(
        engine.stores,
        engine.agents.chatbot,
        runner=engine,
        relay=engine.outbox_relay,
        chat_room=engine.chat_room,
        models=engine.agents.models,
        endpoints=engine.agents.health,
        seeds=seeds,
        limits=limits,
        judge=engine.agents.guidance_judge,
    )


def make_evaluation_room(engine: Engine, seeds: Mapping[int, int]) -> EvaluationRoom:
    """Return the Evaluation Room, which has the Control Room look at stop rules."""
    check = engine.control.pauses.check_stop_rules
    return EvaluationRoom(
        engine.stores, engine.agents.critic, engine.emit, check=check, seeds=seeds
    )
