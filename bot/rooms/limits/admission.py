"""The admission of messages to turns: cooldowns, and limits that are used up.

In a cooldown messages wait, and one turn answers them together when it ends. What waits is in the
database alone, so that a restart loses nothing. Over a limit messages are set aside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
        self._running: dict[int, frozenset[Subject]] = {}
        """By room: for whom its latest turn counts, until that is scored."""
        self._timers: dict[int, asyncio.TimerHandle] = {}

    async def claim(self, room: Room) -> ClaimedTurn:
        """Return the room's open turn; else a new one with what may be answered; else None."""
        limits = self._limits
        if limits is None or room.simulated:
            return await self._stores.turns.claim_next(room.id)
        async with self._one_by_one:
            open_turn, pending = await self._stores.turns.next_work(room.id)
            if open_turn is not None or not pending:
                return ClaimedTurn(open_turn)
            decision = decide(pending, await self._standing(limits, room, pending))
            for aside in decision.aside:
                await self._set_aside(limits, room, aside)
            self._wake_later(limits, room.id, decision)
            if not decision.admitted:
                return ClaimedTurn(None)
            claimed = await self._stores.turns.claim_next(room.id, decision.admitted)
            if claimed.turn is not None:
                charges = await self._all_charges(limits, room, claimed.turn.people)
                self._running[room.id] = frozenset(charge.subject for charge in charges)
            return claimed

    async def join(self, room: Room, turn: Turn) -> Turn:
        """Have a turn that has waited answer what may be answered by now; return it as it is."""
        limits = self._limits
        if limits is None or room.simulated:
            return await self._stores.joining.join(turn)
        async with self._one_by_one:
            _, pending = await self._stores.turns.next_work(room.id)
            if not pending:
                return turn
            decision = decide(pending, await self._standing(limits, room, pending))
            for aside in decision.aside:
                await self._set_aside(limits, room, aside)
            self._wake_later(limits, room.id, decision)
            joined = await self._stores.joining.join(turn, decision.admitted)
            charges = await self._all_charges(limits, room, joined.people)
            self._running[room.id] = frozenset(charge.subject for charge in charges)
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

    async def _standing(
        self, limits: UsageLimits, room: Room, pending: Sequence[PendingMessage]
    ) -> Standing:
        authors = sorted({message.author_id for message in pending if not message.exempt})
        charges = await self._all_charges(limits, room, authors)
        used = await limits.used(charges)
        full = [charge for charge in charges if self._is_full(limits, charge, used)]
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

    def _is_full(self, limits: UsageLimits, charge: Charge, used: Mapping[Subject, Amount]) -> bool:
        running = sum(charge.subject in subjects for subjects in self._running.values())
        return limits.is_full(charge, used[charge.subject], running=running)

    async def _free_at(
        self, limits: UsageLimits, room: Room, people: Sequence[int]
    ) -> dict[int, datetime]:
        """Return when each person's cooldown ends, for those who have one."""
        own = (await self._stores.server_limits.get(room.guild_id)).cooldown
        seconds = limits.operator.cooldown if own is None else own
        if not seconds:
            return {}
        latest = await self._stores.messages.last_turns(people)
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
