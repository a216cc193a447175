"""The Control Room: what moderators do, each act on the record and shown to the other moderators.

Sources: the moderator's queries of therapy progression, confusion and urgency, and the call to
reflect, follow Lin, Bouneffouf, Cecchi, Varshney (2023).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.domain import Act, Moderator, NewPost, PostKind, PostTo, Room, StateAnswer, Turn, TurnState
from bot.domain.events import RoomPaused, RoomResumed, WaitRenewed
from bot.engine.engine import Engine
from bot.errors import FourRoomsError
from bot.rooms.control.audit import THE_BOT, AuditLog, NoSuchRoom
from bot.rooms.control.gate import ReplyGate
from bot.rooms.control.guidance import GuidanceEditor
from bot.rooms.control.settings_editor import SettingsEditor
from bot.rooms.control.status import RoomStatus, status_of
from bot.rooms.control.stop_rules import broken_rule
from bot.rooms.control.waiting import waiting_deadline
from bot.rooms.evaluation.card_policy import make_digests
from bot.rooms.evaluation.ratings import RatingEditor
from bot.rooms.therapy.human_therapist import HumanTherapist
from bot.storage.stores.calls import AgentUsage
from bot.storage.stores.turns import StaleTurn

__all__ = ["THE_BOT", "ControlRoom", "NoSuchRoom", "NothingYet", "ReflectAnswer"]

log = structlog.get_logger(__name__)

LOOKED_BACK: Final = 10
"""Turns that a reflection looks back on."""


class NoRooms(FourRoomsError):
    """The server has no Chat Rooms."""

    public = "There is no Chat Room here yet. An admin can make one with /setup."


class NothingYet(FourRoomsError):
    """There is no turn to speak of."""

    public = "Nothing has been said in that room yet."


@dataclass(frozen=True, slots=True)
class ReplyChange:
    """What one turn would have said without therapy, and what it said: from the record."""

    turn_id: int
    draft: str
    reply: str


@dataclass(frozen=True, slots=True)
class ReflectAnswer:
    """The Chatbot's answer to a call to reflect. ``changes`` are newest first."""

    learned: str
    turns: int
    changes: tuple[ReplyChange, ...]


class ControlRoom:
    """A moderator's hands on the engine. Its parts: seat, gate, guidance, settings, ratings."""

    def __init__(self, engine: Engine) -> None:
        audit = AuditLog(engine)
        self._audit = audit
        self._engine = engine
        self._stores = engine.stores
        self.seat = HumanTherapist(audit)
        self.gate = ReplyGate(audit)
        self.guidance = GuidanceEditor(audit)
        self.settings = SettingsEditor(audit)
        self.ratings = RatingEditor(audit)
        engine.after_evaluation(self._check_rules)

    # ── pause and resume ────────────────────────────────────────────────────────────────────

    async def pause(
        self, room_id: int, by: Moderator, *, minutes: int | None = None, reason: str = ""
    ) -> Act:
        """Pauses a Chat Room. Once this returns, no reply leaves it until it is resumed.

        With ``minutes`` it resumes by itself. Raises NoSuchRoom.
        """
        room = await self._audit.room(room_id)
        await self._pause([room], minutes, reason)
        return await self._audit.record(room, by, "pause", reason, {"minutes": minutes})

    async def pause_server(
        self, guild_id: int, by: Moderator, *, minutes: int | None = None, reason: str = ""
    ) -> Act:
        """Pauses all Chat Rooms of a server; as `pause`. Raises NoRooms."""
        rooms = await self._rooms_of(guild_id)
        await self._pause(rooms, minutes, reason)
        details = {"minutes": minutes, "rooms": [room.id for room in rooms]}
        return await self._record_for_all(rooms, by, "pause server", reason, details)

    async def resume(
        self, room_id: int, by: Moderator, *, reason: str = "", answer_meanwhile: bool = True
    ) -> Act:
        """Goes on with what was held, and with what was said meanwhile unless told not to.

        What is not to be answered is set aside: kept, but never answered. Raises NoSuchRoom.
        """
        room = await self._audit.room(room_id)
        aside = await self._resume(room, answer_meanwhile)
        details = {"answered": answer_meanwhile, "set_aside": aside}
        act = await self._audit.record(room, by, "resume", reason, details)
        self._go_on(room)
        return act

    async def resume_server(
        self, guild_id: int, by: Moderator, *, reason: str = "", answer_meanwhile: bool = True
    ) -> Act:
        """Resumes all paused Chat Rooms of a server; as `resume`. Raises NoRooms."""
        rooms = await self._rooms_of(guild_id)
        paused = [room for room in rooms if room.paused]
        aside = sum([await self._resume(room, answer_meanwhile) for room in paused])
        details = {
            "answered": answer_meanwhile,
            "set_aside": aside,
            "rooms": [room.id for room in paused],
        }
        act = await self._record_for_all(rooms, by, "resume server", reason, details)
        for room in paused:
            self._go_on(room)
        return act

    async def resume_due(self) -> None:
        """Resumes the own rooms whose pause has run out."""
        due = await self._stores.rooms.due_resumes(datetime.now(UTC))
        for room_id in filter(self._engine.is_own, due):
            await self.resume(room_id, THE_BOT, reason="the pause has run out")

    async def clock(self) -> None:
        """Does what has come due: timed resumes, time limits, posts and calls to be tried again."""
        await self.resume_due()
        await make_digests(self._stores, is_own=self._engine.is_own)
        await self._engine.delay_notice.give(is_own=self._engine.is_own)
        await self._engine.recover()
        await self._engine.retention.look(datetime.now(UTC), self._engine.is_own)

    async def stop_by_rule(self, room_id: int, why: str) -> None:
        """Pauses a room that must not go on as it is, and tells the moderators why, once."""
        room = await self._audit.room(room_id)
        if room.paused:
            return
        log.warning("room stopped", room_id=room_id, why=why)
        await self.pause(room_id, THE_BOT, reason=why)

    async def _check_rules(self, room_id: int) -> None:
        why = await broken_rule(self._stores, room_id)
        if why is not None:
            await self.stop_by_rule(room_id, why)

    async def _pause(self, rooms: Sequence[Room], minutes: int | None, reason: str) -> None:
        until = datetime.now(UTC) + timedelta(minutes=minutes) if minutes else None
        for room in rooms:
            await self._stores.rooms.set_pause(room.id, paused=True, until=until, reason=reason)
        await asyncio.gather(*(self._engine.chat_room.hold(room.id) for room in rooms))
        for room in rooms:
            self._engine.emit(RoomPaused(room.id))

    async def _resume(self, room: Room, answer_meanwhile: bool) -> int:
        """Returns how many messages are set aside. A pause does not count as waiting."""
        renewed = await self._renew_wait(room) if room.paused else None
        aside = await self._stores.rooms.resume(room.id, set_aside=not answer_meanwhile)
        if renewed is not None:
            self._engine.emit(WaitRenewed(room.id, renewed.id))
        return aside

    async def _renew_wait(self, room: Room) -> Turn | None:
        """The person for whom the room's turn waits gets their whole time; the turn, if so."""
        turn = await self._stores.turns.open_turn(room.id)
        if turn is None or not turn.state.waits:
            return None
        afresh = replace(turn, waits_until=waiting_deadline(turn, room.settings))
        try:
            await self._stores.turns.save(afresh, was=turn)
        except StaleTurn:  # the person has acted at this very moment
            return None
        return afresh

    def _go_on(self, room: Room) -> None:
        self._engine.emit(RoomResumed(room.id))
        self._engine.outbox_relay.reset_backoff(room.id)
        self._engine.wake(room.id)

    async def _rooms_of(self, guild_id: int) -> list[Room]:
        rooms = await self._stores.rooms.of_guild(guild_id)
        if not rooms:
            raise NoRooms
        return rooms

    async def _record_for_all(
        self,
        rooms: Sequence[Room],
        by: Moderator,
        kind: str,
        reason: str,
        details: Mapping[str, object],
    ) -> Act:
        """One act for a whole server, told once in each moderator channel."""
        channels = {room.moderator_channel_id: room for room in reversed(rooms)}
        act = await self._stores.acts.add(
            guild_id=rooms[0].guild_id,
            room_id=None,
            turn_id=None,
            by=by,
            kind=kind,
            reason=reason,
            details=details,
            posts=lambda act_id: [
                NewPost(room.id, PostTo.MODERATORS, PostKind.ACT, ref=act_id)
                for room in channels.values()
            ],
        )
        log.info("moderator act", act=kind, act_id=act.id, by=by.id)
        for room in channels.values():
            self._engine.outbox_relay.wake(room.id)
        return act

    # ── asking ──────────────────────────────────────────────────────────────────────────────

    async def status(self, guild_id: int) -> list[RoomStatus]:
        """How each Chat Room of a server is doing."""
        rooms = await self._stores.rooms.of_guild(guild_id)
        return [await status_of(self._engine, room) for room in rooms]

    async def usage(
        self, guild_id: int, *, room_id: int | None = None, days: int = 7
    ) -> tuple[AgentUsage, ...]:
        """Calls, tokens and cost by agent and model over the last days. Raises NoSuchRoom."""
        rooms = await self._stores.rooms.of_guild(guild_id)
        ids = [room.id for room in rooms if room_id in (None, room.id)]
        if room_id is not None and not ids:
            raise NoSuchRoom
        return await self._stores.calls.usage(ids, datetime.now(UTC) - timedelta(days=days))

    async def query(self, room_id: int, by: Moderator, question: str) -> StateAnswer:
        """Asks the Chatbot how it is doing, in the running turn or else after its latest.

        Raises NoSuchRoom, NothingYet, or an LLMError.
        """
        room = await self._audit.room(room_id)
        turns = await self._stores.turns.latest(room_id, 1)
        if not turns:
            raise NothingYet
        context = await self._engine.context(turns[0], room)
        ctx = self._audit.context(room_id, turns[0].id)
        answer = await self._engine.agents.chatbot.answer_query(
            context.conversation, context.session, question, ctx
        )
        details = {"question": question, **answer.state.model_dump(), "answer": answer.answer}
        await self._audit.record(room, by, "query", "", details, turn_id=turns[0].id)
        return answer

    async def reflect(self, room_id: int, by: Moderator) -> ReflectAnswer:
        """What the Chatbot learned in its latest sessions, and what it would have said without.

        Raises NoSuchRoom, NothingYet, or an LLMError.
        """
        room = await self._audit.room(room_id)
        turns = [
            turn
            for turn in await self._stores.turns.latest(room_id, LOOKED_BACK)
            if turn.state is TurnState.SENT and turn.draft and turn.reply
        ]
        if not turns:
            raise NothingYet
        changes = tuple(
            ReplyChange(turn.id, turn.draft, turn.reply)
            for turn in turns
            if turn.draft and turn.reply and turn.draft != turn.reply
        )
        learned = await self._learned(changes, room_id)
        details = {"turns": len(turns), "changed": len(changes), "learned": learned}
        await self._audit.record(room, by, "reflect", "", details)
        return ReflectAnswer(learned, len(turns), changes)

    async def _learned(self, changes: tuple[ReplyChange, ...], room_id: int) -> str:
        if not changes:
            return "My Therapist found nothing to change in my latest drafts."
        pairs = [(change.draft, change.reply) for change in changes]
        lessons = await self._engine.agents.chatbot.learned(pairs, self._audit.context(room_id))
        return lessons.learned
