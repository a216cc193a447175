"""The reading of all that a step of a turn needs to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain import Room, Turn
from bot.domain.turn_context import TurnContext
from bot.storage.stores.memories import room_memory
from bot.storage.stores.stores import Stores


class ContextReader:
    """The reader of turns' contexts: whole ones, and what may have changed since the last step."""

    def __init__(self, stores: Stores, channel_name: Callable[[int], str] = lambda _: "") -> None:
        """Read from ``stores``; ``channel_name`` says a Chat Room's name, or nothing."""
        self._stores = stores
        self._channel_name = channel_name

    async def read(self, turn: Turn, room: Room) -> TurnContext:
        """Return all that a step of the turn needs to know."""
        inputs = await self._stores.turn_inputs.of_turn(turn)
        context = TurnContext(
            turn,
            room.settings,
            inputs.conversation,
            inputs.session,
            heard=inputs.heard,
            help_given=inputs.help_given,
            channel=self._channel_name(room.id),
        )
        memory = room_memory(inputs.remembered, context.person_id)
        return await self.refresh(replace(context, memory=memory), room)

    async def refresh(self, context: TurnContext, room: Room) -> TurnContext:
        """Return the context with what moderators may have changed since the last step."""
        return replace(
            context,
            settings=room.settings,
            guidance=await self._stores.guidance.in_force(room.id),
            check_in=await self._stores.check_ins.waiting(room.id),
            therapist=room.therapist,
        )
