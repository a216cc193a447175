"""The Control Room of moderators: each act is on the record and shown to the others.

Sources: the moderator's queries of therapy progression, confusion and urgency, and the call to
reflect, follow Lin, Bouneffouf, Cecchi, Varshney (2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.agents.protocols import Chatbot
from bot.domain import (
    Act,
    Agent,
    Deadline,
    Lessons,
    Moderator,
    NewAct,
    ReplyChange,
    Room,
    StateAnswer,
    Turn,
    TurnState,
)
from bot.domain.act_details import QueryDetails, ReflectDetails
from bot.domain.day_shares import whole_days
from bot.domain.moderation_acts import RemoveRoomDetails
from bot.errors import FourRoomsError
from bot.llm.health import ReadHealth, no_endpoints
from bot.llm.protocol import CallContext, CallPriority
from bot.reasons import because
from bot.rooms.audit import AuditLog, NoSuchRoom, new_act
from bot.rooms.chat.chat_room import ChatRoom
from bot.rooms.control.check_ins import CheckIns
from bot.rooms.control.gate import ReplyGate
from bot.rooms.control.guidance import GuidanceEditor
from bot.rooms.control.guidance_checks import GuidanceChecks, JudgesGuidance
from bot.rooms.control.pauses import Pauses
from bot.rooms.control.room_memory import RoomMemoryKeeper
from bot.rooms.control.second_tries import SecondTries
from bot.rooms.control.settings_editor import SettingsEditor
from bot.rooms.control.status import RoomStatus, read_status
from bot.rooms.evaluation.feedback import FeedbackEditor
from bot.rooms.evaluation.ratings import RatingEditor
from bot.rooms.evaluation.reviews import ReviewQueue
from bot.rooms.limits.usage_limits import UsageLimits
from bot.rooms.therapy.human_therapist import HumanTherapist
from bot.rooms.turn_runner import PostRelay, TurnRunner
from bot.storage.stores.calls import AgentUsage
from bot.storage.stores.stores import Stores

ANSWER_SECONDS: Final = 90.0
"""Seconds that a moderator waits for an answer in words."""
LOOKED_BACK: Final = 10
"""Turns that a reflection looks back on."""

SIMULATION_OVER: Final = because("the simulation is over")


class NothingYet(FourRoomsError):
    """A room without a turn to speak of."""

    public = "Nothing has been said in that room yet."


@dataclass(frozen=True, slots=True)
class ReflectAnswer:
    """The Chatbot's answer to a call to reflect. ``changes`` are newest first."""

    learned: str
    turns: int
    changes: tuple[ReplyChange, ...]
    without: str = ""
    """What it would have said without the therapy, in its own words, if it was asked."""
    worded_in_code: bool = False
    """Whether the program put ``learned`` into words: nothing was changed to learn from."""


class ControlRoom:
    """The hands of moderators on the rooms, by its parts; and what they ask the Chatbot."""

    def __init__(
        self,
        stores: Stores,
        chatbot: Chatbot,
        *,
        runner: TurnRunner,
        relay: PostRelay,
        chat_room: ChatRoom,
        models: Callable[[], Mapping[Agent, str]],
        seeds: Mapping[int, int],
        limits: UsageLimits | None = None,
        endpoints: ReadHealth = no_endpoints,
        judge: JudgesGuidance | None = None,
    ) -> None:
        """Make the parts of the room.

        ``models`` tells each agent's model, ``endpoints`` how what serves them is; ``seeds``, by
        room, make simulations repeatable. ``limits`` are those of a day; ``judge`` says if replies
        keep to guidance.
        """
        audit = AuditLog(stores, relay)
        self._stores, self._chatbot = stores, chatbot
        self._runner, self._chat_room = runner, chat_room
        self._models = models
        self.endpoints = endpoints
        self._seeds = seeds
        self.audit = audit
        self.pauses = Pauses(audit, runner, chat_room, relay)
        self.seat = HumanTherapist(audit, runner)
        self.gate = ReplyGate(audit, runner)
        self.second_tries = SecondTries(audit, runner)
        self.guidance = GuidanceEditor(audit)
        self.check_ins = CheckIns(audit, chatbot, runner, self._call_context)
        self.guidance_checks = GuidanceChecks(audit, judge, self._call_context)
        self.memory = RoomMemoryKeeper(audit)
        self.settings = SettingsEditor(audit, runner, limits.operator.unpriced if limits else ())
        self.limits = limits
        self.ratings = RatingEditor(audit)
        self.reviews = ReviewQueue(audit)
        self.feedback = FeedbackEditor(audit)

    async def remove(self, room: Room, by: Moderator) -> Act:
        """Make a Chat Room a channel like any other; its settings and turns stay on the record.

        Raises NoSuchRoom where it is none any more.
        """
        act = new_act(room, by, RemoveRoomDetails())
        recorded = await self._release(room.id, because("the Chat Room was removed"), act)
        if recorded is None:  # two admins at once
            raise NoSuchRoom
        self.audit.acted(act)
        return recorded

    async def release(self, room_id: int, why: str = SIMULATION_OVER) -> None:
        """Let a room go: what is under way there ends without a word."""
        await self._release(room_id, why)

    async def _release(self, room_id: int, why: str, act: NewAct | None = None) -> Act | None:
        await self._stores.turns.abandon(room_id, why)
        await self._chat_room.call_back(room_id)
        recorded = await self._stores.rooms.release(room_id, act)
        await self._stores.turns.abandon(room_id, why)  # what was said in the meantime, too
        await self._stores.memories.clear(room_id)
        return recorded

    async def status(self, guild_id: int) -> list[RoomStatus]:
        """Return how each Chat Room of a server is doing."""
        rooms = await self._stores.rooms.of_guild(guild_id)
        return [
            await read_status(
                self._stores,
                self._models(),
                room,
                used_up=await self._is_used_up(room),
                endpoints=self.endpoints(),
            )
            for room in rooms
        ]

    async def _is_used_up(self, room: Room) -> bool:
        return self.limits is not None and await self.limits.is_used_up(room)

    async def usage(self, room_ids: Sequence[int], *, days: int = 7) -> tuple[AgentUsage, ...]:
        """Return calls, tokens and cost of rooms by agent and model of so many days, with today.

        Days are UTC.
        """
        return await self._stores.calls.usage(room_ids, whole_days(days, datetime.now(UTC)))

    async def query(self, room_id: int, by: Moderator, question: str) -> StateAnswer:
        """Ask the Chatbot how it is doing, in the running turn or else after its latest.

        Raises NoSuchRoom, NothingYet, or an LLMError.
        """
        room = await self.audit.room(room_id)
        turns = await self._stores.turns.latest(room_id, 1)
        if not turns:
            raise NothingYet
        context = await self._runner.turn_context(turns[0], room)
        ctx = self._call_context(room_id, turns[0].id)
        answer = await self._chatbot.answer_query(context, question, ctx)
        state = answer.state.model_dump() if answer.state else {}
        details = QueryDetails(question, **state, answer=answer.answer)
        await self.audit.record(room, by, details, turn_id=turns[0].id)
        return answer

    async def reflect(self, room_id: int, by: Moderator) -> ReflectAnswer:
        """Ask the Chatbot what it learned in its sessions; add what it would have said without.

        Raises NoSuchRoom, NothingYet, or an LLMError.
        """
        room = await self.audit.room(room_id)
        turns = [
            turn
            for turn in await self._stores.turns.latest(room_id, LOOKED_BACK)
            if turn.state is TurnState.SENT and turn.draft and turn.reply
        ]
        if not turns:
            raise NothingYet
        changes = [await self._change_of(turn) for turn in turns if turn.draft != turn.reply]
        lessons = await self._lessons(changes, turns[0], room)
        details = ReflectDetails(len(turns), len(changes), lessons.learned, lessons.without)
        await self.audit.record(room, by, details)
        return ReflectAnswer(
            lessons.learned,
            len(turns),
            tuple(changes),
            lessons.without,
            worded_in_code=not changes,
        )

    async def _change_of(self, turn: Turn) -> ReplyChange:
        conversation = await self._stores.messages.conversation(turn)
        return ReplyChange(turn.number, turn.draft or "", turn.reply or "", conversation.asked)

    async def _lessons(self, changes: Sequence[ReplyChange], latest: Turn, room: Room) -> Lessons:
        if not changes:
            return Lessons(learned="My Therapist found nothing to change in my latest drafts.")
        context = await self._runner.turn_context(latest, room)
        return await self._chatbot.learned(context, changes, self._call_context(room.id))

    def _call_context(self, room_id: int, turn_id: int | None = None) -> CallContext:
        """Return the context of a call whose answer a moderator waits for."""
        deadline, seed = Deadline.after(ANSWER_SECONDS), self._seeds.get(room_id)
        priority = CallPriority.MODERATOR
        return CallContext(deadline, turn_id, room_id, seed, by_moderator=True, priority=priority)
