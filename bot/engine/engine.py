"""The engine that takes turns through the rooms, one after the other in each Chat Room.

It knows nothing of Discord. A turn's state is in the database before its next step starts, so
a crash, a restart or a pause at any point goes on from there. A room has a task only while
there is work in it; whoever brings work calls `Engine.wake`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import structlog

from bot.domain import Deadline, NewAct, Room, Turn, TurnState, UserMessage
from bot.domain.crisis import HeardMessage
from bot.domain.events import Event, Listener, ReplySent, Scored, TurnBegan, TurnHeld, TurnWithheld
from bot.domain.posts import ChatRoomPort
from bot.domain.turn_context import Transition, TurnContext, is_waiting
from bot.engine.context_reader import ContextReader
from bot.engine.engine_rooms import make_control_room, make_evaluation_room
from bot.engine.outbox_relay import OutboxRelay
from bot.engine.patience import Patience
from bot.engine.team import Agents
from bot.engine.turn_steps import take_step
from bot.engine.waiting_turns import WaitingTurns
from bot.llm.protocol import CallContext
from bot.rooms.calls import message_alerts
from bot.rooms.chat.chat_room import ChatRoom
from bot.rooms.chat.crisis.responder import CrisisResponder
from bot.rooms.chat.member_texts import MemberTexts
from bot.rooms.chat.notices import PauseNotice
from bot.rooms.control.gate import needs_gate_check
from bot.rooms.limits.admission import TurnAdmission
from bot.rooms.limits.usage_limits import UsageLimits
from bot.rooms.privacy.privacy import Privacy
from bot.rooms.recent_turns import RecentTurns
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

TURN_SECONDS: Final = 180.0
"""What a turn may take in the agents' hands; then it is withheld."""
HEAD_START: Final = 1.0
"""Seconds for which a turn's posts to other rooms wait, so that a quick reply goes out first."""


class Engine:
    """The runner of the turns of all Chat Rooms: one a process; a room belongs to one process."""

    def __init__(
        self,
        stores: Stores,
        agents: Agents,
        port: ChatRoomPort,
        outbox_relay: OutboxRelay,
        *,
        is_own: Callable[[int], bool] = lambda _: True,
        channel_name: Callable[[int], str] = lambda _: "",
        locale_of: Callable[[int], str] = lambda _: "",
        seeds: Mapping[int, int] = MappingProxyType({}),
        turn_seconds: float = TURN_SECONDS,
        limits: UsageLimits | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Build the rooms around the stores and agents.

        ``is_own`` says whether a room, by id, is this process's, as several may share one database;
        ``channel_name`` its name or nothing, ``locale_of`` a server's. ``seeds``: of simulated
        rooms. ``limits``: of a day. ``patience``: of turns with models that are away; without it
        calls wait by themselves.
        """
        self.stores, self.agents, self.is_own = stores, agents, is_own
        relay = self.outbox_relay = outbox_relay
        self.texts = MemberTexts(stores, locale_of)
        self.recent = RecentTurns()
        self.chat_room = ChatRoom(stores, port, self.texts)
        self.control = make_control_room(self.chat_room, agents, self, outbox_relay, seeds, limits)
        self._admission = TurnAdmission(stores, limits, self.wake, outbox_relay.wake, self.texts)
        self._waiting = WaitingTurns(self.chat_room, self._admission, self.emit, patience)
        self._contexts = ContextReader(stores, channel_name)
        self._seeds, self._turn_seconds = seeds, turn_seconds
        self._listeners: list[Listener] = [self._admission.hear, self.recent.hear]
        self._turns = KeyedTasks[int]("turns", self._next_turn, before_retry=stores.try_storing)
        self._evaluation = make_evaluation_room(self, agents, seeds)
        self._pause_notice = PauseNotice(stores, port)
        self.crises = CrisisResponder(stores, self.control.audit, wake=relay.wake, emit=self.emit)
        look = self._evaluation.look
        self.privacy = Privacy(stores, port, self.chat_room, relay, self.recent, self.wake, look)
        self.privacy.on_forgotten += [self.crises.forget, self.control.feedback.forget]

    def subscribe(self, listener: Listener) -> None:
        """Call ``listener`` for every event, at once and in order; it must not block."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """End what `subscribe` began."""
        self._listeners.remove(listener)

    def emit(self, event: Event) -> None:
        """Tell every listener; one that fails is logged and does not stop the others."""
        for listener in [*self._listeners]:
            try:
                listener(event)
            except Exception:  # an event's edge
                log.exception("listener failed", room_id=event.room_id, kind=type(event).__name__)
        if isinstance(event, Scored):
            self.outbox_relay.note_posts(event.room_id)

    async def receive(self, message: UserMessage, replied_to: Sequence[UserMessage] = ()) -> bool:
        """Keep a message and see to its answer. False if it is known, not wanted, or its room gone.

        One that speaks of danger is answered by a fixed text, and by no model, whoever writes it.
        """
        if await self.crises.look(HeardMessage(message, message.room_id, (message.text,))):
            return True
        room = await self.stores.rooms.get(message.room_id)
        if (room and room.released) or not await self.privacy.may_store(message):
            return False
        await self.privacy.keep_context(replied_to)
        alerts = message_alerts(room, message) if room else ()
        if new := await self.privacy.keep(message, alerts):
            self.wake(message.room_id)
        if alerts:
            self.outbox_relay.wake(message.room_id)
        return new

    def wake(self, room_id: int) -> None:
        """See to it that the room's turns are being worked on."""
        self._turns.wake(room_id)

    async def recover(self) -> None:
        """Take up whatever a crash, a restart or an error left behind in the own rooms.

        Called at start and every few seconds: a step that could not be taken is tried again.
        """
        for room_id in filter(self.is_own, await self.stores.turns.rooms_with_work()):
            self.wake(room_id)
        for room_id in filter(self.is_own, await self.stores.turns.rooms_to_evaluate()):
            self._evaluation.look(room_id)
        await self.outbox_relay.wake_all(self.is_own)

    async def settled(self) -> None:
        """Return once nothing is being worked on; for simulations and tests."""
        await self._turns.settled()
        await self._evaluation.workers.settled()
        await self.control.check_ins.workers.settled()
        await self.control.guidance_checks.workers.settled()
        await self.outbox_relay.settled()

    async def close(self, seconds: float = 10.0) -> None:
        """Take up no more work; give replies on their way ``seconds`` to arrive."""
        self._admission.close()
        await self.chat_room.drain(seconds)
        await self._turns.close()
        await self._evaluation.workers.close()
        await self.control.check_ins.workers.close()
        await self.control.guidance_checks.workers.close()
        await self.outbox_relay.close()

    async def turn_context(self, turn: Turn, room: Room) -> TurnContext:
        """Return all that a step of the turn needs to know."""
        return await self._contexts.read(turn, room)

    async def take(self, step: Transition, was: Turn, *, act: NewAct) -> Turn:
        """Take a moderator's step with a turn that waits; it goes on from there, as it is returned.

        Raises StaleTurn if the turn has moved on.
        """
        turn = await self._keep(step, was, act)
        self.outbox_relay.wake(was.room_id)
        self.wake(was.room_id)
        return turn

    async def _next_turn(self, room_id: int) -> bool:
        """Take the room's next turn to its end; say whether another may follow at once."""
        room = await self.stores.rooms.get(room_id)
        if room is None or room.released:
            return False
        if room.paused:
            await self._pause_notice.give(room)
            return False
        turn, is_new = await self._admission.claim(room)
        if turn is None or is_waiting(turn, room.therapist) or self.chat_room.waits_to_retry(turn):
            return False
        with structlog.contextvars.bound_contextvars(turn_id=turn.id, room_id=room_id):
            try:
                turn = await self._waiting.look_at(room, turn)
            except StaleTurn:  # it was forgotten, or given help, at this very moment
                return await self._is_over(turn)
            if not turn.state.open or self._waiting.must_wait(turn):
                return not turn.state.open
            ended = await self._take_through(room, turn, is_new=is_new)
        # A new one has all that may be answered: whatever came since has woken the room again.
        return ended and not is_new

    async def _take_through(self, room: Room, turn: Turn, *, is_new: bool) -> bool:
        began = time.monotonic()
        log.info("turn begins", state=turn.state.value, messages=len(turn.message_ids))
        self.emit(TurnBegan(room.id, turn.id))
        loop = asyncio.get_running_loop()
        self.outbox_relay.defer(room.id)
        head_start = loop.call_later(HEAD_START, self.outbox_relay.resume, room.id)
        ended = False
        try:
            context = await self.turn_context(turn, room)
            self.recent.begin(context, is_new=is_new)
            ended = await self._take_steps(context)
        except StaleTurn:
            # Somebody ended it from outside: a person in danger got help in place of a reply.
            ended = await self._is_over(turn)
        finally:
            head_start.cancel()
            self.outbox_relay.resume(room.id)
            if not ended:
                self.emit(TurnHeld(room.id, turn.id))
            log.info("turn rests", ended=ended, seconds=round(time.monotonic() - began, 3))
            self._evaluation.look(room.id, self.recent.to_score(turn.id))
            self.control.check_ins.workers.wake(room.id)
            self.control.guidance_checks.wake(room.id)
        return ended

    async def _take_steps(self, context: TurnContext) -> bool:
        """Take step after step; say whether the turn came to its end."""
        turn = context.turn
        deadline = Deadline.after(self._turn_seconds)
        ctx = CallContext(
            deadline, turn.id, turn.room_id, self._seeds.get(turn.room_id), turn.people,
            is_patient=self._waiting.patience is None,
        )  # fmt: skip
        while context.turn.state.open:
            room = await self.stores.rooms.get(turn.room_id)
            if room is None or not room.answers or is_waiting(context.turn, room.therapist):
                return False
            after = await self._step(await self._contexts.refresh(context, room), ctx)
            if after is None:
                return False
            context = after
            self.outbox_relay.note_posts(turn.room_id)
        return True

    async def _is_over(self, turn: Turn) -> bool:
        """Return that a turn which could not be saved has ended; raise StaleTurn if it has not."""
        now = await self.stores.turns.get(turn.id)
        if now is not None and now.state.open:
            raise StaleTurn(f"turn {turn.id} was changed by somebody else")
        return True

    async def _step(self, context: TurnContext, ctx: CallContext) -> TurnContext | None:
        """Take the turn one step on; None if it has to wait."""
        sends = context.turn.state in (TurnState.READY, TurnState.WITHHOLDING)
        if sends and not needs_gate_check(context):
            return await self._send(context)
        step = await take_step(context, self.agents, ctx, self._waiting.holds)
        if step is None:
            return None
        turn = await self._keep(step, context.turn)
        session = (*context.session, step.utterance) if step.utterance else context.session
        heard = context.heard | {*step.heard}
        context = replace(context, turn=turn, session=session, heard=heard)
        self.recent.go_on(context, step)
        return context

    async def _keep(self, step: Transition, was: Turn, act: NewAct | None = None) -> Turn:
        """Store a step, and then tell of it; return the turn to go on with."""
        turn = await self.stores.turns.save(
            step.turn,
            was=was,
            utterance=step.utterance,
            posts=step.posts,
            evaluations=step.evaluations,
            heard=step.heard,
            act=act,
            crises=await self.crises.of_step(step),
        )
        if step.answered is not None:  # one that a crash keeps from here is asked once more
            await self.stores.check_ins.answer(turn.room_id, step.answered)
            self.outbox_relay.wake(turn.room_id)
        if step.danger is not None and (crisis := await self.stores.crises.of_turn(turn.id)):
            self.crises.announce(crisis)
        for event in step.events:
            self.emit(event)
        return turn

    async def _send(self, context: TurnContext) -> TurnContext | None:
        done = await self.chat_room.send(context.turn)
        if done is None:
            return None
        context = replace(context, turn=done)
        self.recent.go_on(context)
        ended = ReplySent if done.state is TurnState.SENT else TurnWithheld
        self.emit(ended(done.room_id, done.id))
        await self.control.memory.keep(context)
        return context
