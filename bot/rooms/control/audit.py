"""What all of the Control Room's work has in common: the room it is about, and the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from bot.domain import Act, Deadline, Moderator, NewAct, Room, Turn
from bot.engine.engine import Engine
from bot.errors import FourRoomsError
from bot.llm.protocol import CallContext

log = structlog.get_logger(__name__)

THE_BOT: Final = Moderator(0, "Four Rooms")
"""Who acts where a rule does, and no person."""
ANSWER_SECONDS: Final = 90.0
"""What a moderator waits for an answer in words."""


class NoSuchRoom(FourRoomsError):
    """The channel is no Chat Room."""

    public = "That channel is not a Chat Room of mine. An admin can make it one with /setup."


class NoSuchTurn(FourRoomsError):
    """There is no turn of that number."""

    public = "I know no such turn. It may have been deleted."


class NotWaiting(FourRoomsError):
    """Nothing waits for what the moderator wants to do."""

    public = "That does not wait for anybody any more: it has gone on, or its time was over."


class NoMoreRounds(FourRoomsError):
    """People's rounds in a turn are used up."""

    public = "This session has had its rounds. Let the reply go out, or withhold it."


class CannotGoOut(FourRoomsError):
    """The check in code found something in the text that must not be in the Chat Room."""


class AuditLog:
    """The engine, and the way onto the record."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.stores = engine.stores

    async def room(self, room_id: int) -> Room:
        """The Chat Room of that channel. Raises NoSuchRoom."""
        room = await self.stores.rooms.get(room_id)
        if room is None:
            raise NoSuchRoom
        return room

    async def turn(self, turn_id: int) -> tuple[Turn, Room]:
        """A turn and its room. Raises NoSuchTurn or NoSuchRoom."""
        turn = await self.stores.turns.get(turn_id)
        if turn is None:
            raise NoSuchTurn
        return turn, await self.room(turn.room_id)

    async def record(
        self,
        room: Room,
        by: Moderator,
        kind: str,
        reason: str = "",
        details: Mapping[str, object] | None = None,
        *,
        turn_id: int | None = None,
    ) -> Act:
        """Puts an act on the record and on its way to the moderator channel."""
        new = new_act(room, by, kind, reason, details, turn_id=turn_id)
        act = await self.stores.acts.put(new)
        self.acted(new)
        return act

    def acted(self, act: NewAct) -> None:
        """An act is on the record: it is logged, and its post goes out."""
        log.info("moderator act", act=act.kind, room_id=act.room_id, by=act.by.id)
        if act.room_id is not None:
            self.engine.outbox_relay.wake(act.room_id)

    def context(self, room_id: int, turn_id: int | None = None) -> CallContext:
        """For a call whose answer a moderator waits for."""
        return CallContext(
            Deadline.after(ANSWER_SECONDS),
            turn_id=turn_id,
            room_id=room_id,
            seed=self.engine.seeds.get(room_id),
        )


def new_act(
    room: Room,
    by: Moderator,
    kind: str,
    reason: str = "",
    details: Mapping[str, object] | None = None,
    *,
    turn_id: int | None = None,
    shown: bool = True,
) -> NewAct:
    """An act in a room, for the record."""
    return NewAct(room.guild_id, room.id, turn_id, by, kind, reason, details or {}, shown)
