"""The admission of messages to turns: cooldowns, and limits that are used up.

In a cooldown messages wait, and one turn answers them together when it ends. What waits is in the
database alone, so that a restart loses nothing. Over a limit messages are set aside.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain import NewPost, PostKind, PostTo, Room, Turn
from bot.domain.events import Event, Scored, TurnHelped
from bot.domain.limits import Amount, Charge, Scope, SetAsideReason, Subject
from bot.rooms.chat.fixed_texts import LIMIT_TEXT
from bot.rooms.chat.member_texts import MemberTexts
from bot.rooms.limits.decisions import AsideMessages, Decision, Standing, decide
from bot.rooms.limits.usage_limits import UsageLimits
from bot.storage.stores.messages import PendingMessage
from bot.storage.stores.stores import Stores
from bot.storage.stores.turn_rows import people_of
from bot.storage.stores.turns import ClaimedTurn
from bot.storage.stores.usage_limits import LimitText

log = structlog.get_logger(__name__)

_REASONS: Final = {
    Scope.PERSON: SetAsideReason.PERSON_LIMIT,
    Scope.ROOM: SetAsideReason.ROOM_LIMIT,
    Scope.SERVER: SetAsideReason.SERVER_LIMIT,
    Scope.PROCESS: SetAsideReason.PROCESS_LIMIT,
}


class TurnAdmission:
    """The one that claims a room's next turn; without limits, all that waits is claimed."""

    def __init__(
        self,
        stores: Stores,
        limits: UsageLimits | None,
        wake: Callable[[int], None],
        wake_posts: Callable[[int], None],
        texts: MemberTexts | None = None,
    ) -> None:
        """Wake a room by ``wake`` when a cooldown in it ends, its posts by ``wake_posts``."""
        self._stores = stores
        self._limits = limits
        self._wake = wake
        self._wake_posts = wake_posts
        self._texts = texts or MemberTexts(stores)
        self._one_by_one = asyncio.Lock()
        """Rooms side by side must not all see the same amount left."""
        self._beginning: dict[int, frozenset[Subject]] = {}
        """By room: for whom a turn counts that is decided on and not stored yet."""
        self._running: dict[int, frozenset[Subject]] = {}
        """By room: for whom its latest turn counts, until that is scored."""
        self._timers: dict[int, asyncio.TimerHandle] = {}

    async def claim(self, room: Room) -> ClaimedTurn:
        """Return the room's open turn; else a new one with what may be answered; else None."""
        limits = self._limits
        if limits is None or room.simulated:
            return await self._stores.turns.claim_next(room.id)
        open_turn, pending = await self._stores.turns.next_work(room.id)
        if open_turn is not None or not pending:
            return ClaimedTurn(open_turn)
        async with self._admitted(limits, room, pending) as admitted:
            if not admitted:
                return ClaimedTurn(None)
            claimed = await self._stores.turns.claim_next(room.id, admitted)
            if claimed.turn is not None:
                self._running[room.id] = await self._subjects(limits, room, claimed.turn.people)
            return claimed

    async def join(self, room: Room, turn: Turn) -> Turn:
        """Have a turn that has waited answer what may be answered by now; return it as it is."""
        limits = self._limits
        if limits is None or room.simulated:
            return await self._stores.joining.join(turn)
        _, pending = await self._stores.turns.next_work(room.id)
        if not pending:
            return turn
        async with self._admitted(limits, room, pending) as admitted:
            joined = await self._stores.joining.join(turn, admitted)
            self._running[room.id] = await self._subjects(limits, room, joined.people)
            return joined

    def hear(self, event: Event) -> None:
        """Note that a turn takes nothing more, once it is scored or ended with help."""
        if isinstance(event, (Scored, TurnHelped)):
            self._running.pop(event.room_id, None)

    def close(self) -> None:
        """Wake nobody any more: the next start looks for what waits."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    @asynccontextmanager
    async def _admitted(
        self, limits: UsageLimits, room: Room, pending: Sequence[PendingMessage]
    ) -> AsyncIterator[tuple[int, ...]]:
        """Give the ids of the messages that may be answered now, and see to the others.

        They count for other rooms from the decision on: storing a turn takes far longer, and may
        happen in many rooms at once.
        """
        async with self._one_by_one:
            decision = decide(pending, await self._standing(limits, room, pending))
            answered = [one for one in pending if one.id in decision.admitted]
            people = people_of((one.author_id, one.exempt) for one in answered)
            if answered:
                self._beginning[room.id] = await self._subjects(limits, room, people)
        try:
            for aside in decision.aside:
                await self._set_aside(limits, room, aside)
            self._wake_later(limits, room.id, decision)
            yield decision.admitted
        finally:
            self._beginning.pop(room.id, None)

    async def _standing(
        self, limits: UsageLimits, room: Room, pending: Sequence[PendingMessage]
    ) -> Standing:
        authors = sorted({message.author_id for message in pending if not message.exempt})
        charges = await self._all_charges(limits, room, authors)
        used = await limits.used(charges)
        under_way = [*{**self._running, **self._beginning}.values()]
        full = [charge for charge in charges if _is_full(limits, charge, used, under_way)]
        shared = [charge for charge in full if charge.subject.scope is not Scope.PERSON]
        people = {c.subject.id: c for c in full if c.subject.scope is Scope.PERSON}
        free_at = {} if shared else await self._free_at(limits, room, authors)
        return Standing(limits.clock(), next(iter(shared), None), people, free_at)

    async def _all_charges(
        self, limits: UsageLimits, room: Room, people: Sequence[int]
    ) -> list[Charge]:
        charges = await limits.shared_charges(room)
        for person_id in people:
            charges.extend(await limits.person_charges(room, person_id))
        return charges

    async def _subjects(
        self, limits: UsageLimits, room: Room, people: Sequence[int]
    ) -> frozenset[Subject]:
        charges = await self._all_charges(limits, room, people)
        return frozenset(charge.subject for charge in charges)

    async def _free_at(
        self, limits: UsageLimits, room: Room, people: Sequence[int]
    ) -> dict[int, datetime]:
        """Return when each person's cooldown ends, for those who have one."""
        own = (await self._stores.server_limits.get(room.guild_id)).cooldown
        seconds = limits.operator.cooldown if own is None else own
        if not seconds:
            return {}
        # Looked at before the database, into which they go meanwhile.
        beginning = frozenset[Subject]().union(*self._beginning.values())
        latest = await self._stores.messages.last_turns(people)
        now = limits.clock()
        latest |= {one: now for one in people if Subject(Scope.PERSON, one) in beginning}
        return {person: at + timedelta(seconds=seconds) for person, at in latest.items()}

    async def _set_aside(self, limits: UsageLimits, room: Room, aside: AsideMessages) -> None:
        """Keep messages unanswered, with the one sentence that each person reads."""
        newest = {message.author_id: message.id for message in aside.messages}
        texts = [
            LimitText(person_id, await self._limit_post(room, message_id))
            for person_id, message_id in newest.items()
        ]
        ids = [message.id for message in aside.messages]
        reason = _REASONS[aside.charge.subject.scope]
        await self._stores.usage_limits.set_aside(
            limits.today(), ids, reason, limits.clock(), texts
        )
        await limits.tell_used_up(aside.charge, room.id)
        log.info("set aside", room_id=room.id, messages=len(ids), reason=reason.value)
        self._wake_posts(room.id)

    async def _limit_post(self, room: Room, message_id: int) -> NewPost:
        text = await self._texts.in_answer(LIMIT_TEXT, room, message_id)
        return NewPost(room.id, PostTo.CHAT_ROOM, PostKind.LIMIT, ref=message_id, text=text)

    def _wake_later(self, limits: UsageLimits, room_id: int, decision: Decision) -> None:
        if timer := self._timers.pop(room_id, None):
            timer.cancel()
        if decision.wait_until is None:
            return
        seconds = max(0.0, (decision.wait_until - limits.clock()).total_seconds())
        loop = asyncio.get_running_loop()
        self._timers[room_id] = loop.call_later(seconds, self._wake, room_id)


def _is_full(
    limits: UsageLimits,
    charge: Charge,
    used: Mapping[Subject, Amount],
    under_way: Sequence[frozenset[Subject]],
) -> bool:
    running = sum(charge.subject in subjects for subjects in under_way)
    return limits.is_full(charge, used[charge.subject], running=running)
