"""The rooms of an engine, made over its stores and agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.domain.events import Event
from bot.engine.team import Agents
from bot.rooms.chat.chat_room import ChatRoom
from bot.rooms.control.control_room import ControlRoom
from bot.rooms.evaluation.evaluation_room import EvaluationRoom
from bot.rooms.limits.usage_limits import UsageLimits
from bot.rooms.recent_turns import RecentTurns
from bot.rooms.turn_runner import PostRelay, TurnRunner
from bot.storage.stores.stores import Stores


class EngineOfRooms(Protocol):
    """What of an engine the Evaluation Room works with."""

    stores: Stores
    control: ControlRoom
    recent: RecentTurns

    def emit(self, event: Event) -> None:
        """Tell every listener of an event."""


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
    engine: EngineOfRooms, agents: Agents, seeds: Mapping[int, int]
) -> EvaluationRoom:
    """Return the Evaluation Room, which has the Control Room look at stop rules."""
    check = engine.control.pauses.check_stop_rules
    return EvaluationRoom(
        engine.stores, agents.critic, engine.emit, check=check, seeds=seeds, recent=engine.recent
    )
