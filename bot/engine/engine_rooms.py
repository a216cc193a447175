"""The rooms of an engine, made over its stores and agents."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.events import Listener
from bot.engine.team import Agents
from bot.rooms.chat.chat_room import ChatRoom
from bot.rooms.control.control_room import ControlRoom
from bot.rooms.evaluation.evaluation_room import EvaluationRoom
from bot.rooms.limits.usage_limits import UsageLimits
from bot.rooms.turn_runner import PostRelay, TurnRunner


def make_control_room(
    chat_room: ChatRoom,
    agents: Agents,
    runner: TurnRunner,
    relay: PostRelay,
    seeds: Mapping[int, int],
    limits: UsageLimits | None,
) -> ControlRoom:
    """Return the Control Room: ``seeds`` are of simulated rooms, ``limits`` of a day."""
    return ControlRoom(
        chat_room.stores,
        agents.chatbot,
        runner=runner,
        relay=relay,
        chat_room=chat_room,
        models=agents.models,
        endpoints=agents.health,
        seeds=seeds,
        limits=limits,
        judge=agents.guidance_judge,
    )


def make_evaluation_room(
    control: ControlRoom, agents: Agents, emit: Listener, seeds: Mapping[int, int]
) -> EvaluationRoom:
    """Return the Evaluation Room, which has the Control Room look at stop rules."""
    check = control.pauses.check_stop_rules
    return EvaluationRoom(control.audit.stores, agents.critic, emit, check=check, seeds=seeds)
