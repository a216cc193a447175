"""The decision whose messages a turn may answer now. Pure: no clock and no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import Room
from bot.domain.limits import NOTHING, Amount, Charge, Limit, OperatorLimits, Scope, Subject
from bot.domain.server_limits import ServerLimits
from bot.storage.stores.messages import PendingMessage


@dataclass(frozen=True, slots=True)
class AsideMessages:
    """Messages that will not be answered, and the limit that is used up."""

    charge: Charge
    messages: tuple[PendingMessage, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the messages that wait in a room."""

    admitted: tuple[int, ...] = ()
    """The ids of those that one turn may answer now."""
    aside: tuple[AsideMessages, ...] = ()
    wait_until: datetime | None = None
    """When the first cooldown ends of those whose messages wait."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand when a room looks for its next turn."""

    now: datetime
    shared: Charge | None = None
    """A limit of room, server or process that is used up."""
    people: Mapping[int, Charge] | None = None
    """Limits of people that are used up, by the person."""
    free_at: Mapping[int, datetime] | None = None
    """When each person's cooldown ends."""


def decide(pending: Sequence[PendingMessage], standing: Standing) -> Decision:
    """Return which messages are answered now, which never, and until when the others wait."""
    if standing.shared is not None:
        return Decision(aside=(AsideMessages(standing.shared, tuple(pending)),))
    full, free_at = standing.people or {}, standing.free_at or {}
    admitted: list[int] = []
    aside: dict[int, list[PendingMessage]] = {}
    waits: list[datetime] = []
    for message in pending:
        if not message.exempt and message.author_id in full:
            aside.setdefault(message.author_id, []).append(message)
        elif not message.exempt and free_at.get(message.author_id, standing.now) > standing.now:
            waits.append(free_at[message.author_id])
        else:
            admitted.append(message.id)
    return Decision(
        tuple(admitted),
        tuple(AsideMessages(full[person], tuple(theirs)) for person, theirs in aside.items()),
        min(waits, default=None),
    )


def is_full(
    charge: Charge,
    used: Amount,
    typical: Amount,
    *,
    largest: Amount = NOTHING,
    running: int = 0,
) -> bool:
    """Return whether a limit leaves no room for another turn beside those that are running.

    ``largest`` is the most that one call has been estimated at: none smaller is to be left.
    """
    needed = charge.limit.room_for(typical)
    used = used + needed * running
    return charge.limit.passed_by(used + needed.at_least(largest)) is not None


def shared_charges(
    operator: OperatorLimits, server: ServerLimits, room: Room | None, process: int
) -> list[Charge]:
    """Return whom a call counts for besides people, the widest first."""
    charges = [Charge(Subject(Scope.PROCESS, process), operator.process)]
    if room is None:
        return charges
    return [
        *charges,
        Charge(Subject(Scope.SERVER, room.guild_id), narrower(operator.server, server.server)),
        Charge(Subject(Scope.ROOM, room.id), narrower(operator.room, room.settings.limit)),
    ]


def person_charges(
    operator: OperatorLimits, server: ServerLimits, guild_id: int, person_id: int
) -> list[Charge]:
    """Return whom a call for that person counts for: them over all servers, and in this one."""
    return [
        Charge(Subject(Scope.PERSON, person_id), operator.person),
        Charge(Subject(Scope.PERSON, person_id, guild_id), server.person),
    ]


def narrower(one: Limit, other: Limit) -> Limit:
    """Return the limit that keeps both."""
    return Limit(
        _least(one.calls, other.calls),
        _least(one.tokens, other.tokens),
        _least(one.cost, other.cost),
    )


def _least(*bounds: int | None) -> int | None:
    known: Iterable[int] = (bound for bound in bounds if bound is not None)
    return min(known, default=None)
