"""The places of calls at one endpoint, and who gets the next: people first, rooms in turn.

What a person waits for never stands behind scoring, which has at most half the places at any
time; and nobody starves: of four places that come free, one goes to a call of lesser priority. Of
several lesser lines it is the one whose next call asked first; in each line rooms take turns.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from bot.errors import LLMOverBudget
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.protocol import CallContext, CallPriority
from bot.reasons import because

LESSER_TURN: Final = 4
"""Every so manieth place goes to a call of lesser priority, where one waits."""


@dataclass(slots=True)
class _Waiting:
    """A call that waits: since its place in the order of asking, and what tells it to go."""

    number: int
    priority: CallPriority
    admitted: asyncio.Future[None]


@dataclass(slots=True)
class _Line:
    """The calls of one priority that wait: each room's in order, and the rooms in turn."""

    rooms: OrderedDict[int | None, deque[_Waiting]] = field(default_factory=OrderedDict)

    def add(self, room_id: int | None, waiting: _Waiting) -> None:
        self.rooms.setdefault(room_id, deque()).append(waiting)

    def remove(self, room_id: int | None, waiting: _Waiting) -> None:
        room = self.rooms.get(room_id)
        if room is not None and waiting in room:
            room.remove(waiting)
            if not room:
                del self.rooms[room_id]

    def take(self) -> _Waiting:
        """Return the next room's oldest call, and put that room behind the others."""
        room_id, room = self.rooms.popitem(last=False)
        first = room.popleft()
        if room:
            self.rooms[room_id] = room
        return first

    @property
    def since(self) -> int:
        """Return when the room whose turn it is asked."""
        return next(iter(self.rooms.values()))[0].number


class CallQueue:
    """The places of one endpoint; ``level`` says how many there are."""

    def __init__(self, level: ConcurrencyLevel) -> None:
        self.level = level
        self._running = 0
        self._behind = 0
        """Calls under way that no person and no moderator waits for."""
        self._lines = {priority: _Line() for priority in CallPriority}
        self._numbers = count()
        self._since_lesser = 0

    @asynccontextmanager
    async def place(self, ctx: CallContext) -> AsyncIterator[None]:
        """Hold the place of one call; LLMOverBudget if none is free before its deadline."""
        late = LLMOverBudget(because("The turn's time was up before the model could be asked."))
        if ctx.deadline.remaining() <= 0:  # a free place does not wait, so no timeout would notice
            raise late
        await self._enter(ctx, late)
        try:
            yield
        finally:
            self._leave(ctx.priority)

    @property
    def is_full(self) -> bool:
        """Return whether every place is taken."""
        return self._running >= self.level.places

    @property
    def is_needed(self) -> bool:
        """Return whether one place more would be used."""
        return self.is_full or any(line.rooms for line in self._lines.values())

    async def _enter(self, ctx: CallContext, late: LLMOverBudget) -> None:
        waiting = _Waiting(
            next(self._numbers), ctx.priority, asyncio.get_running_loop().create_future()
        )
        self._lines[ctx.priority].add(ctx.room_id, waiting)
        self._admit()
        if waiting.admitted.done():
            return
        try:
            async with asyncio.timeout(ctx.deadline.remaining()):
                await waiting.admitted
        except BaseException as error:
            # Admitted in the very moment in which its time was up, it has to give the place back.
            if waiting.admitted.done() and not waiting.admitted.cancelled():
                self._leave(ctx.priority)
            else:
                self._lines[ctx.priority].remove(ctx.room_id, waiting)
            if isinstance(error, TimeoutError):
                raise late from None
            raise

    def _leave(self, priority: CallPriority) -> None:
        self._running -= 1
        self._behind -= priority.is_behind
        self._admit()

    def _admit(self) -> None:
        """Give the places that are free to those who are next."""
        while not self.is_full and (line := self._next()) is not None:
            waiting = line.take()
            if waiting.admitted.done():  # given up, and about to leave the line by itself
                continue
            self._running += 1
            self._behind += waiting.priority.is_behind
            waiting.admitted.set_result(None)

    def _next(self) -> _Line | None:
        """Return the line whose turn it is, of those that may have a place."""
        ready = [
            line for priority, line in self._lines.items() if line.rooms and self._may(priority)
        ]
        if not ready:
            return None
        first, lesser = ready[0], ready[1:]
        self._since_lesser = self._since_lesser + 1 if lesser else 0
        if lesser and self._since_lesser >= LESSER_TURN:
            self._since_lesser = 0
            return min(lesser, key=_since)
        return first

    def _may(self, priority: CallPriority) -> bool:
        return not priority.is_behind or self._behind < max(1, self.level.places // 2)


def _since(line: _Line) -> int:
    return line.since
