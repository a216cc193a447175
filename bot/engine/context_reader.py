"""The reading of all that a step of a turn needs to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain import Room, Turn, TurnState
from bot.domain.turn_context import TurnContext
from bot.storage.stores.stores import Stores


class ContextReader:
    """The reader of turns' contexts: whole ones, and what may have changed since the last step."""

    def __init__(self, stores: Stores, channel_name: Callable[[int], str] = lambda _: "") -> None:
        """Read from ``stores``; ``channel_name`` says a Chat Room's name, or nothing."""
        self._stores = stores
        self._channel_name = channel_name

    async def read(self, turn: Turn, room: Room) -> TurnContext:
        """Return all that a step of the turn needs to know."""
        stores = self._stores
        conversation = await stores.messages.conversation(turn)
        begun = turn.round > 0  # before, nobody has said or heard anything
        session = await stores.turns.utterances(turn.id) if begun else ()
        heard = await stores.guidance.heard_in(turn.id) if begun else ()
        context = TurnContext(
            turn,
            room.settings,
            conversation,
            session,
            heard=frozenset(guidance.id for guidance in heard),
            channel=self._channel_name(room.id),
        )
        memory = await stores.memories.of_room(room.id, context.person_id)
        context = await self.refresh(replace(context, memory=memory), room)
        if turn.state is not TurnState.CLAIMED:
            return context
        return replace(context, help_given=await stores.crises.help_given(room.id) is not None)

    async def refresh(self, context: TurnContext, room: Room) -> TurnContext:
        """Return the context with what moderators may have changed since the last step."""
        return replace(
            context,
            settings=room.settings,
            guidance=await self._stores.guidance.in_force(room.id),
            check_in=await self._stores.check_ins.waiting(room.id),
            therapist=room.therapist,
        )
