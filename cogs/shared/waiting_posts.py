"""The posts of turns that wait for a person, which change with what becomes of the turn."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar

from bot.client.bot import FourRoomsBot
from bot.domain import PostKind, Room, Turn, TurnState
from bot.domain.events import Event, RoomPaused, TurnEvent, WaitRenewed
from cogs.shared.shown_messages import ShownMessages


class WaitingPosts(ABC):
    """The posts of a kind: each has buttons while its turn waits, and says how long it does."""

    kind: ClassVar[PostKind]
    state: ClassVar[TurnState]
    """The state of a turn that waits."""
    ended_by: ClassVar[tuple[type[TurnEvent], ...]]
    """The events after which a turn waits no more."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self.posted = ShownMessages(bot, self.kind)
        self.one_by_one = asyncio.Lock()
        """A post is changed by one at a time, each to what is true then."""
        self._changing: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def show_end(self, turn_id: int) -> None:
        """Take the buttons off the turn's post, for good."""

    @abstractmethod
    async def show_time(self, room: Room, turn: Turn) -> None:
        """Show in the turn's post the time that is left now."""

    def waits(self, turn: Turn) -> bool:
        """Return whether the turn waits for a person."""
        return turn.state is self.state

    def hear(self, event: Event) -> None:
        """Bring a post up to date: its turn has gone on, or its time begins anew."""
        if isinstance(event, RoomPaused | WaitRenewed):
            self._start(event.room_id, self._show_time(event.room_id))
        elif isinstance(event, self.ended_by) and not self._never_waited(event.turn_id):
            self._start(event.room_id, self._close(event.turn_id))

    async def keep(self, turn: Turn, channel_id: int, message_id: int, *, waits: bool) -> None:
        """Remember where the turn is shown, as long as it waits."""
        await self.posted.keep(turn.id, channel_id, message_id)
        if not waits:
            # It may be a message of before a crash, which Discord gives back as it was.
            await self._close(turn.id)

    async def _close(self, turn_id: int) -> None:
        async with self.one_by_one:
            await self.show_end(turn_id)

    async def _show_time(self, room_id: int) -> None:
        """Show the time that a pause holds, and that begins anew after it."""
        async with self.one_by_one:
            room = await self._bot.stores.rooms.get(room_id)
            turn = await self._bot.stores.turns.open_turn(room_id)
            if room is not None and turn is not None and self.waits(turn):
                await self.show_time(room, turn)

    def _never_waited(self, turn_id: int) -> bool:
        """Return whether the turn is known to have gone straight through."""
        return self._bot.engine.recent.get(turn_id) is not None

    def _start(self, room_id: int, change: Coroutine[Any, Any, None]) -> None:
        with self._bot.read_in_room(room_id):  # which the task inherits
            task = asyncio.create_task(change, name=f"change of a post, {self.kind.value}")
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)
