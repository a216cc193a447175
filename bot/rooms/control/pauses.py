"""Pauses: a Chat Room, or all of a server, stands still until it is resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from bot.domain import Act, Moderator, NewAct, Room
from bot.domain.act_details import (
    ExtendPauseDetails,
    PauseDetails,
    PauseServerDetails,
    ResumeDetails,
    ResumeServerDetails,
)
from bot.domain.events import RoomPaused, RoomResumed, WaitRenewed
from bot.domain.moderation import ActDetails
from bot.errors import FourRoomsError
from bot.reasons import because
from bot.rooms.audit import THE_BOT, AuditLog, new_act
from bot.rooms.chat.chat_room import ChatRoom
from bot.rooms.control.stop_rules import find_broken_rule
from bot.rooms.turn_runner import PostRelay, TurnRunner
from bot.rooms.waits import renew_wait
from bot.storage.stores.pausing import ActsOf, NewPause, PauseEnd, ResumeActsOf

log = structlog.get_logger(__name__)


class NoRooms(FourRoomsError):
    """The server has no Chat Rooms."""

    public = "There is no Chat Room here yet. An admin can make one with /setup."


class NotPaused(FourRoomsError):
    """The Chat Room is not paused, or not any more."""

    public = "That Chat Room is not paused."


class PauseWithoutEnd(FourRoomsError):
    """A pause that lasts until somebody resumes the room: it cannot last longer."""

    public = "That pause has no end, so it cannot last longer. It holds until somebody resumes."


class Pauses:
    """Pauses and resumes rooms: for moderators, when a pause runs out, and by the stop rules."""

    def __init__(
        self, audit: AuditLog, runner: TurnRunner, chat_room: ChatRoom, relay: PostRelay
    ) -> None:
        self._audit = audit
        self._stores = audit.stores
        self._runner = runner
        self._chat_room = chat_room
        self._relay = relay
        chat_room.stop_room = self.stop_by_rule

    async def pause(
        self,
        room_id: int,
        by: Moderator,
        *,
        minutes: int | None = None,
        reason: str = "",
        instead_of: int = 0,
        after: int | None = None,
    ) -> Act | None:
        """Pause a Chat Room. Once this returns, no reply leaves it until it is resumed.

        With ``minutes`` it resumes by itself. A room that is paused already stays as it is, and
        None is returned, unless ``instead_of`` is the mark of its pause. What was said before the
        message or command ``after`` was said before the pause. Raises NoSuchRoom.
        """
        room = await self._audit.room(room_id)
        pause = NewPause(by, reason, _end(minutes), after, instead_of)
        acts = await self._pause([room], pause, lambda paused: _acts_of(paused, by, minutes))
        return acts[0] if acts else None

    async def pause_rooms(
        self,
        room_ids: Sequence[int],
        by: Moderator,
        *,
        minutes: int | None = None,
        reason: str = "",
        after: int | None = None,
    ) -> list[Act]:
        """Pause several rooms side by side; return an act for each that was not paused before."""
        rooms = [await self._audit.room(room_id) for room_id in room_ids]
        pause = NewPause(by, reason, _end(minutes), after)
        return await self._pause(rooms, pause, lambda paused: _acts_of(paused, by, minutes))

    async def pause_server(
        self,
        guild_id: int,
        by: Moderator,
        *,
        minutes: int | None = None,
        reason: str = "",
        after: int | None = None,
    ) -> Act | None:
        """Pause all Chat Rooms of a server; as `pause`. Raises NoRooms."""
        rooms = await self._rooms_of(guild_id)

        def act_of(paused: Sequence[Room]) -> list[NewAct]:
            if not paused:
                return []
            ids = tuple(room.id for room in paused)
            marks = tuple(room.pause_mark for room in paused)
            details = PauseServerDetails(minutes, _seconds(paused[0].paused_until), ids, marks)
            return [_server_act(rooms, by, details, reason)]

        acts = await self._pause(rooms, NewPause(by, reason, _end(minutes), after), act_of)
        return acts[0] if acts else None

    def may_appear(self, room_id: int) -> bool:
        """Return whether a reply may still come up that Discord had before a room was paused."""
        return self._chat_room.may_appear(room_id)

    async def extend(self, room_id: int, by: Moderator, minutes: int) -> Act:
        """Let a pause that ends by itself last longer.

        Raises NoSuchRoom, NotPaused, PauseWithoutEnd.
        """
        before = await self._audit.room(room_id)

        def act_of(room: Room) -> NewAct:
            details = ExtendPauseDetails(minutes, _seconds(room.paused_until), room.pause_mark)
            return new_act(room, by, details)

        done = await self._stores.pausing.extend(room_id, minutes, act_of)
        if done is None:
            raise PauseWithoutEnd if before.paused else NotPaused
        self._audit.acted_among(done[1], [room_id])
        return done[1]

    async def resume(
        self,
        room_id: int,
        by: Moderator,
        *,
        reason: str = "",
        answer_meanwhile: bool = True,
        of_mark: int | None = None,
    ) -> Act | None:
        """Go on with what was held, and with what was said meanwhile unless told not to.

        What is not to be answered is set aside: kept, but never answered. None, and nothing is
        put on the record, if the room is not paused; with ``of_mark``, if it is not the pause of
        that mark. Raises NoSuchRoom.
        """
        end = PauseEnd(set_aside=not answer_meanwhile, of_mark=of_mark)
        return await self._resume_one(room_id, by, reason, end)

    async def resume_server(
        self, guild_id: int, by: Moderator, *, reason: str = "", answer_meanwhile: bool = True
    ) -> Act | None:
        """Resume all paused Chat Rooms of a server; as `resume`. Raises NoRooms."""
        rooms = await self._rooms_of(guild_id)

        def act_of(resumed: Sequence[Room], aside: int) -> list[NewAct]:
            ids = tuple(room.id for room in resumed)
            details = ResumeServerDetails(answer_meanwhile, aside, ids)
            return [_server_act(rooms, by, details, reason)]

        return await self._resume(rooms, PauseEnd(set_aside=not answer_meanwhile), act_of)

    async def resume_due(self, is_own: Callable[[int], bool] = lambda _: True) -> None:
        """Resume the rooms whose pause has run out, of those that ``is_own`` names by id."""
        now = datetime.now(UTC)
        why = because("the pause has run out")
        for room_id in filter(is_own, await self._stores.rooms.due_resumes(now)):
            # Somebody may make it longer, or pause the room anew, at this very moment.
            await self._resume_one(room_id, THE_BOT, why, PauseEnd(over_by=now))

    async def stop_by_rule(self, room_id: int, why: str) -> None:
        """Pause a room that must not go on as it is, and tell the moderators why, once."""
        room = await self._audit.room(room_id)
        if room.paused:
            return
        log.warning("room stopped", room_id=room_id, why=why)
        await self.pause(room_id, THE_BOT, reason=why)

    async def check_stop_rules(self, room_id: int) -> None:
        """Pause the room if it breaks a rule of its settings."""
        why = await find_broken_rule(self._stores, room_id)
        if why is not None:
            await self.stop_by_rule(room_id, why)

    async def _pause(self, rooms: Sequence[Room], pause: NewPause, acts_of: ActsOf) -> list[Act]:
        """Pause rooms, on the record; return what is there of those that were not paused before.

        Once it returns no reply leaves any of them, whoever paused them.
        """
        noted: list[NewAct] = []

        def note(paused: Sequence[Room]) -> Sequence[NewAct]:
            noted.extend(acts_of(paused))
            return noted

        ids = [room.id for room in rooms]
        changed, acts = await self._stores.pausing.pause(ids, pause, note)
        for act in noted:
            self._audit.acted(act)
        await asyncio.gather(*(self._chat_room.hold(room.id) for room in rooms))
        for room in changed:
            self._runner.emit(RoomPaused(room.id))
        return acts

    async def _resume_one(
        self, room_id: int, by: Moderator, reason: str, end: PauseEnd
    ) -> Act | None:
        room = await self._audit.room(room_id)

        def act_of(_: Sequence[Room], aside: int) -> list[NewAct]:
            return [new_act(room, by, ResumeDetails(not end.set_aside, aside), reason)]

        return await self._resume([room], end, act_of)

    async def _resume(
        self, rooms: Sequence[Room], end: PauseEnd, acts_of: ResumeActsOf
    ) -> Act | None:
        """End pauses, on the record; None if there was none. A pause does not count as waiting."""
        renewed = [await renew_wait(self._stores, room) for room in rooms if end.ends(room)]
        ids = [room.id for room in rooms]
        resumed, acts = await self._stores.pausing.resume(ids, end, acts_of)
        for turn in filter(None, renewed):
            self._runner.emit(WaitRenewed(turn.room_id, turn.id))
        for act in acts:
            self._audit.acted_among(act, ids)
        for room in resumed:
            self._go_on(room)
        return acts[0] if acts else None

    def _go_on(self, room: Room) -> None:
        self._runner.emit(RoomResumed(room.id))
        self._relay.reset_backoff(room.id)
        self._chat_room.reset_backoff(room.id)
        self._runner.wake(room.id)

    async def _rooms_of(self, guild_id: int) -> list[Room]:
        rooms = await self._stores.rooms.of_guild(guild_id)
        if not rooms:
            raise NoRooms
        return rooms


def _server_act(rooms: Sequence[Room], by: Moderator, details: ActDetails, reason: str) -> NewAct:
    """Return one act for a whole server, shown once in each moderator channel."""
    channels = {room.moderator_channel_id: room.id for room in reversed(rooms)}
    return NewAct(rooms[0].guild_id, None, None, by, details, reason, tuple(channels.values()))


def _acts_of(paused: Sequence[Room], by: Moderator, minutes: int | None) -> list[NewAct]:
    """Return an act for each room that is paused now."""
    return [
        new_act(
            room,
            by,
            PauseDetails(minutes, _seconds(room.paused_until), room.pause_mark),
            room.pause_reason,
        )
        for room in paused
    ]


def _end(minutes: int | None) -> datetime | None:
    return datetime.now(UTC) + timedelta(minutes=minutes) if minutes else None


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None
