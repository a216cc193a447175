"""The record of what moderators do, and the errors that their acts have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import structlog

from bot.domain import Act, Moderator, NewAct, Room, Turn
from bot.domain.moderation import ActDetails
from bot.errors import FourRoomsError, WrongInput
from bot.rooms.turn_runner import PostRelay
from bot.storage.stores.rooms import DecideRoom
from bot.storage.stores.stores import Stores

log = structlog.get_logger(__name__)

THE_BOT: Final = Moderator(0, "Four Rooms")
"""The one who acts where a rule does, and no person."""


class NoSuchRoom(FourRoomsError):
    """A channel that is no Chat Room."""

    public = "That channel is not a Chat Room of mine. An admin can make it one with /setup."


class NoSuchTurn(FourRoomsError):
    """A turn that does not exist."""

    public = "I know no such reply. It may have been deleted."


class NotWaiting(FourRoomsError):
    """A moderator's step for which nothing waits."""

    public = "That is no longer waiting: somebody has decided, or its time was over."


class NoMoreRounds(FourRoomsError):
    """A round too many by people in one turn."""

    public = "This session has had all its rounds. Send the reply, or withhold it."


class CannotGoOut(WrongInput):
    """A text with something in it that must not be in the Chat Room, by the check in code."""


class AuditLog:
    """The record of acts, and the rooms and turns that they are about."""

    def __init__(self, stores: Stores, relay: PostRelay) -> None:
        self.stores = stores
        self._relay = relay

    async def room(self, room_id: int) -> Room:
        """Return the Chat Room of that channel. Raises NoSuchRoom."""
        room = await self.stores.rooms.get(room_id)
        if room is None:
            raise NoSuchRoom
        return room

    async def turn(self, turn_id: int) -> tuple[Turn, Room]:
        """Return a turn and its room. Raises NoSuchTurn or NoSuchRoom."""
        turn = await self.stores.turns.get(turn_id)
        if turn is None:
            raise NoSuchTurn
        return turn, await self.room(turn.room_id)

    async def turn_in_use(self, turn_id: int) -> tuple[Turn, Room]:
        """Return a turn and its room, which still is one. Raises NoSuchTurn or NoSuchRoom."""
        turn, room = await self.turn(turn_id)
        if room.id not in [one.id for one in await self.stores.rooms.of_guild(room.guild_id)]:
            raise NoSuchRoom
        return turn, room

    async def record(
        self,
        room: Room,
        by: Moderator,
        details: ActDetails,
        reason: str = "",
        *,
        turn_id: int | None = None,
    ) -> Act:
        """Put an act on the record and on its way to the moderator channel."""
        return await self.put(new_act(room, by, details, reason, turn_id=turn_id))

    async def put(self, new: NewAct) -> Act:
        """Put an act on the record that changes nothing else; see `acted` for those that do."""
        act = await self.stores.acts.put(new)
        self.acted(new)
        return act

    async def change_room(self, room_id: int, decide: DecideRoom) -> Act:
        """Change a room as it is by now, on the record; see `RoomStore.change`.

        Raises NoSuchRoom, and whatever ``decide`` raises.
        """
        changed = await self.stores.rooms.change(room_id, decide)
        if changed is None:
            raise NoSuchRoom
        self.acted_among(changed, [room_id])
        return changed

    def acted_in(self, room_id: int) -> None:
        """Have a room's posts go out."""
        self._relay.wake(room_id)

    def acted(self, act: NewAct) -> None:
        """Log an act that is on the record, and have its posts go out."""
        self.acted_among(act, act.shown_in)

    def acted_among(self, act: NewAct | Act, room_ids: Iterable[int]) -> None:
        """Do as `acted`, for an act of which its posts are in some of these rooms."""
        kind = str(act.kind)
        log.info("moderator act", act=kind, room_id=act.room_id, by=act.by.id)
        for room_id in room_ids:
            self._relay.wake(room_id)


def new_act(
    room: Room,
    by: Moderator,
    details: ActDetails,
    reason: str = "",
    *,
    turn_id: int | None = None,
    shown: bool = True,
) -> NewAct:
    """Return an act in a room, for the record; it is posted to the moderators if ``shown``."""
    shown_in = (room.id,) if shown else ()
    return NewAct(room.guild_id, room.id, turn_id, by, details, reason, shown_in)
