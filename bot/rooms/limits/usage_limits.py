"""The limits of a day as calls meet them: each is reserved before it is made, then settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import structlog

from bot.domain import NewPost, PostKind, PostTo, Room
from bot.domain.limits import (
    NOTHING,
    STEPS,
    Amount,
    Charge,
    Limit,
    OperatorLimits,
    Scope,
    Subject,
    step_reached,
)
from bot.errors import FourRoomsError, LimitUsedUp
from bot.llm.call_budget import CallEstimate, Reserved
from bot.llm.protocol import CallContext
from bot.reasons import because
from bot.rooms.limits.decisions import is_full, narrower, person_charges, shared_charges
from bot.rooms.limits.limit_notices import refusal_text, step_notice
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.stores import Stores
from bot.storage.stores.usage_limits import LimitPassed

log = structlog.get_logger(__name__)


def now_in_utc() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is held for a call: on which day, for whom, how much, and where it is made."""

    day: date
    charges: tuple[Charge, ...]
    amount: Amount
    room_id: int | None


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit, and what is used of it today."""

    charge: Charge
    used: Amount


class UsageLimits:
    """The limits of one process, as a `bot.llm.call_budget.CallBudget`."""

    def __init__(
        self,
        stores: Stores,
        operator: OperatorLimits,
        *,
        process: int = 0,
        clock: Callable[[], datetime] = now_in_utc,
    ) -> None:
        """Take what the operator has set; ``process`` tells it from others on the database."""
        self.operator = operator
        self.clock = clock
        self._stores = stores
        self._store = stores.usage_limits
        self._process = process
        self._held: dict[Subject, Amount] = {}
        """What calls under way hold beyond what is settled."""
        self._largest = Amount()
        """The most that one call of a turn was estimated at, in each measure."""
        self._told: set[tuple[date, Subject, int]] = set()
        self._rooms: set[int] = set()
        """Rooms that this process has made calls for."""
        self._kept_since: date | None = None

    def today(self) -> date:
        """Return the day in UTC."""
        return self.clock().astimezone(UTC).date()

    # ── the budget of calls ─────────────────────────────────────────────────────────────────

    async def reserve(self, estimate: CallEstimate, ctx: CallContext) -> Reservation:
        """Hold what a call can take, for all whom it counts for.

        Raises LimitUsedUp where one of their limits has no room for it, and DatabaseUnavailable
        where it cannot be counted: then nothing is asked.
        """
        charges = await self._charges_of(ctx)
        if ctx.turn_id is not None and not ctx.by_moderator:
            self._largest = self._largest.at_least(estimate.amount)
        reservation = Reservation(self.today(), tuple(charges), estimate.amount, ctx.room_id)
        try:
            await self._count(reservation)
        except LimitPassed as passed:
            async with _told_later(ctx.room_id):
                await self.tell_used_up(passed.charge, ctx.room_id)
            raise LimitUsedUp(passed.detail, public=refusal_text(passed.charge)) from None
        for charge in charges:
            self._hold(charge.subject, reservation.amount)
        return reservation

    async def settle(self, reserved: Reserved | None, took: Amount) -> None:
        """Count what a call took in place of what was held, and tell of steps it reached."""
        if not isinstance(reserved, Reservation):
            return
        subjects = [charge.subject for charge in reserved.charges]
        try:
            used = await self._store.settle(reserved.day, subjects, took - reserved.amount)
        except FourRoomsError as error:  # it stays counted as it was estimated
            log.warning("call not settled", room_id=reserved.room_id, detail=error.detail)
            return
        finally:
            for subject in subjects:
                self._hold(subject, NOTHING - reserved.amount)
        async with _told_later(reserved.room_id):
            for charge in reserved.charges:
                if charge.subject in used:
                    settled = used[charge.subject] - self._held.get(charge.subject, NOTHING)
                    await self._tell_step(reserved.day, charge, settled, reserved.room_id)

    async def _count(self, reservation: Reservation) -> None:
        """Count a reservation; whoever is cancelled meanwhile leaves nothing counted."""
        day, charges, amount = reservation.day, reservation.charges, reservation.amount
        counting = asyncio.ensure_future(self._store.reserve(day, charges, amount))
        try:
            await asyncio.shield(counting)
        except asyncio.CancelledError:
            await asyncio.wait({counting})
            if not counting.cancelled() and counting.exception() is None:
                subjects = [charge.subject for charge in charges]
                await self._store.settle(day, subjects, NOTHING - amount)
            raise

    def _hold(self, subject: Subject, more: Amount) -> None:
        held = self._held.get(subject, NOTHING) + more
        if held == NOTHING:
            self._held.pop(subject, None)
        else:
            self._held[subject] = held

    # ── whom a call counts for ──────────────────────────────────────────────────────────────

    async def shared_charges(self, room: Room | None) -> list[Charge]:
        """Return whom calls in a room count for besides people, the widest first."""
        server = await self._stores.server_limits.get(room.guild_id if room else 0)
        return shared_charges(self.operator, server, room, self._process)

    async def person_charges(self, room: Room, person_id: int) -> list[Charge]:
        """Return whom calls for a person count for: them over all servers, and in the room's."""
        server = await self._stores.server_limits.get(room.guild_id)
        return person_charges(self.operator, server, room.guild_id, person_id)

    async def _charges_of(self, ctx: CallContext) -> list[Charge]:
        room = None if ctx.room_id is None else await self._stores.rooms.get(ctx.room_id)
        charges = await self.shared_charges(room)
        if room is None:
            return charges
        self._rooms.add(room.id)
        if ctx.by_moderator:
            return [charge for charge in charges if charge.subject.scope is not Scope.ROOM]
        for person_id in ctx.people:
            charges.extend(await self.person_charges(room, person_id))
        return charges

    # ── what is left ────────────────────────────────────────────────────────────────────────

    async def used(self, charges: Sequence[Charge]) -> Mapping[Subject, Amount]:
        """Return what each has used today, with what calls under way may take."""
        return await self._store.used(self.today(), [charge.subject for charge in charges])

    def is_full(self, charge: Charge, used: Amount, *, running: int = 0) -> bool:
        """Return whether a limit leaves no room for another turn beside those running."""
        typical = self.operator.typical_turn
        return is_full(charge, used, typical, largest=self._largest, running=running)

    async def report(self, rooms: Sequence[Room]) -> list[LimitUse]:
        """Return what is used of the limits that hold for some rooms of one server."""
        charges: dict[Subject, Charge] = {}
        for room in rooms:
            charges.update({one.subject: one for one in await self.shared_charges(room)})
        used = await self.used(list(charges.values()))
        return [LimitUse(charge, used[subject]) for subject, charge in charges.items()]

    async def is_used_up(self, room: Room) -> bool:
        """Return whether a limit of room, server or process lets no turn begin in the room."""
        charges = await self.shared_charges(room)
        used = await self.used(charges)
        return any(self.is_full(charge, used[charge.subject]) for charge in charges)

    async def person_limit(self, room: Room) -> Limit:
        """Return what each person may use a day in the room's server."""
        everywhere, here = await self.person_charges(room, 0)
        return narrower(everywhere.limit, here.limit)

    async def require_room(self, room: Room) -> None:
        """Raise LimitUsedUp unless server and process have room for another turn."""
        charges = [
            charge
            for charge in await self.shared_charges(room)
            if charge.subject.scope is not Scope.ROOM
        ]
        used = await self.used(charges)
        for charge in charges:
            if self.is_full(charge, used[charge.subject]):
                await self.tell_used_up(charge, room.id)
                raise LimitUsedUp(because("no room for a turn"), public=refusal_text(charge))

    async def forget_earlier_days(self) -> None:
        """Drop the account of days before yesterday, once a day."""
        today = self.today()
        if self._kept_since != today:
            await self._store.forget_before(date.fromordinal(today.toordinal() - 1))
            self._told = {told for told in self._told if told[0] >= today}
            self._kept_since = today

    # ── what moderators are told ────────────────────────────────────────────────────────────

    async def tell_used_up(self, charge: Charge, room_id: int | None) -> None:
        """Tell the moderators, once a day, that a limit leaves no room for another call."""
        used = await self._store.used(self.today(), [charge.subject])
        await self._tell(self.today(), charge, used[charge.subject], STEPS[-1], room_id)

    async def _tell_step(
        self, day: date, charge: Charge, used: Amount, room_id: int | None
    ) -> None:
        step = step_reached(charge.limit.percent(used))
        if step:
            await self._tell(day, charge, used, step, room_id)

    async def _tell(
        self, day: date, charge: Charge, used: Amount, step: int, room_id: int | None
    ) -> None:
        """Put the notice of a step into the outbox, once a day; who is told of 80 has read 50."""
        if (day, charge.subject, step) in self._told:
            return
        subject = charge.subject
        person = subject.scope is Scope.PERSON
        name = await self._stores.messages.name_of(subject.id) if person else ""
        text = step_notice(charge, used, step, name)
        posts = [
            NewPost(to, PostTo.MODERATORS, PostKind.NOTICE, text=text)
            for to in await self._told_in(subject, room_id)
        ]
        steps = [earlier for earlier in STEPS if earlier <= step]
        if await self._store.note_steps(day, subject, steps, posts):
            log.warning("limit", scope=subject.scope.value, id=subject.id, percent=step)
        self._told.update((day, subject, earlier) for earlier in steps)

    async def _told_in(self, subject: Subject, room_id: int | None) -> list[int]:
        """Return one room for each moderator channel that is to be told."""
        if subject.scope in (Scope.ROOM, Scope.PERSON):
            return [] if room_id is None else [room_id]
        if subject.scope is Scope.SERVER:
            rooms = await self._stores.rooms.of_guild(subject.id)
        else:
            known = [await self._stores.rooms.get(one) for one in sorted(self._rooms)]
            rooms = [room for room in known if room is not None]
        channels = {room.moderator_channel_id: room.id for room in reversed(rooms)}
        return list(channels.values())


@asynccontextmanager
async def _told_later(room_id: int | None) -> AsyncIterator[None]:
    """Let no notice that cannot be stored cost an answer: the next call tries to tell again."""
    try:
        yield
    except DatabaseUnavailable as error:
        log.warning("limit not told", room_id=room_id, detail=error.detail)
