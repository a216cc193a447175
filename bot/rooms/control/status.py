"""The status of a Chat Room: its state, the turn in progress, what waits, the last trouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Final

from bot.domain import Agent, Room, Turn, TurnState
from bot.domain.memory import NOTHING_REMEMBERED, RoomMemory
from bot.llm.health import EndpointHealth
from bot.storage.stores.calls import AgentUsage
from bot.storage.stores.stores import Stores
from bot.storage.stores.turn_history import LastError
from bot.text.moderator_texts import say

CHAT_ROOM: Final = "Chat Room"
THERAPY_ROOM: Final = "Therapy Room"
CONTROL_ROOM: Final = "Control Room"
_PLACES: Final = {
    TurnState.CLAIMED: CHAT_ROOM,
    TurnState.READY: CHAT_ROOM,
    TurnState.WITHHOLDING: CHAT_ROOM,
    TurnState.GATED: CONTROL_ROOM,
}


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """A room at a glance. ``place`` is the room in which the running turn is, ``since`` when."""

    room: Room
    state: str
    turn: Turn | None
    place: str | None
    since: datetime | None
    backlog: int
    """Messages that wait for a turn."""
    posts_waiting: int
    """Posts that have not reached the thread or the moderator channel."""
    last_error: LastError | None
    models: Mapping[Agent, str]
    latency: float | None
    """Median seconds from claiming the messages to the reply, of the last 20."""
    usage: tuple[AgentUsage, ...]
    """Today, in UTC."""
    adapters: tuple[tuple[Agent, str], ...] = ()
    """Those that spoke today, each with its agent."""
    memory: RoomMemory = NOTHING_REMEMBERED
    """What the room remembers of its sessions; of whom is not told."""
    fallbacks: tuple[tuple[Agent, str], ...] = ()
    """The models that answered today as a fallback, each with its agent."""
    away: tuple[EndpointHealth, ...] = ()
    """The endpoints that do not answer."""


async def read_status(
    stores: Stores,
    models: Mapping[Agent, str],
    room: Room,
    *,
    used_up: bool = False,
    endpoints: Sequence[EndpointHealth] = (),
) -> RoomStatus:
    """Return how that room is doing now; ``models`` and ``endpoints`` are the agents'.

    ``used_up``: a limit of the day leaves no room for another turn.
    """
    turn = await stores.turns.open_turn(room.id)
    backlog = await stores.turns.backlog(room.id)
    latencies = await stores.turn_history.latencies(room.id)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return RoomStatus(
        room=room,
        state=state_in_words(room, turn, backlog, used_up=used_up),
        turn=turn,
        place=_PLACES.get(turn.state, THERAPY_ROOM) if turn else None,
        since=await stores.turns.changed_at(turn.id) if turn else None,
        backlog=backlog,
        posts_waiting=await stores.outbox.waiting(room.id),
        last_error=await stores.turn_history.last_error(room.id),
        models=models,
        latency=median(latencies) if latencies else None,
        usage=await stores.calls.usage([room.id], midnight),
        adapters=await stores.calls.adapters(room.id, midnight),
        memory=await stores.memories.of_room(room.id),
        fallbacks=await stores.calls.fallbacks(room.id, midnight),
        away=tuple(health for health in endpoints if health.away_since is not None),
    )


def state_in_words(
    room: Room, turn: Turn | None, backlog: int = 0, *, used_up: bool = False
) -> str:
    """Return the room's state in words: what a moderator wants to know first.

    Times are as Discord shows them: each reader's own.
    """
    if room.paused:
        until = room.paused_until
        if until is None:
            return say("paused")
        return say("paused until <t:{at}:t>", at=int(until.timestamp()))
    if turn is not None:
        return _turn_in_words(room, turn)
    if used_up:
        return say("rests until 00:00 UTC: a limit of today is used up")
    return say("about to answer") if backlog else say("ready")


def _turn_in_words(room: Room, turn: Turn) -> str:
    if turn.state is TurnState.WAITING:
        who = room.therapist.name if room.therapist else say("the Therapist")
        return say("waiting for {who} to coach the Chatbot", who=who)
    if turn.state is TurnState.GATED:
        return say("a reply waits for a moderator")
    if turn.state is TurnState.WITHHOLDING or turn.delivery_tries:
        return say("sending")
    return say("writing a draft") if turn.state is TurnState.CLAIMED else say("in therapy")
