"""Messages, pauses, failures, crashes and restarts in any order: the invariants hold."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain import Review, Speaker, TurnState, UserMessage
from bot.domain.transitions import InvalidTransition
from bot.errors import DeliveryError, FourRoomsError, LLMRefused
from bot.rooms.chat.fixed_texts import APOLOGY
from tests.world import (
    FINE,
    HARM,
    HARM_AND_SEE,
    LOBBY,
    MAX,
    START,
    Mishap,
    World,
    llm_down,
    run_for,
)

OTHER = 11
ROOMS = st.sampled_from([LOBBY, OTHER])
T = TypeVar("T")


class Rooms(RuleBasedStateMachine):
    """Two Chat Rooms and everything that can happen to them."""

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.set_aside = 0
        self.withdrawn = 0
        self.world = World(self.folder, rooms=(LOBBY, OTHER))
        self.run(self.world.open())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.run(self._end())
        finally:
            self.run(self.world.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    # ── what happens ────────────────────────────────────────────────────────────────────────

    @rule(room=ROOMS, count=st.integers(1, 3))
    def say(self, room: int, count: int) -> None:
        for number in range(count):
            self.run(self.world.say(f"thing {self.world.said}.{number}", room))

    @rule(room=ROOMS, number=st.integers(0, 3), deletes=st.booleans())
    def somebody_changes_or_deletes_what_waits(self, room: int, number: int, deletes: bool) -> None:
        messages = self.world.stores.messages
        waiting = self.run(messages.waiting(room))
        if number >= len(waiting):
            return
        if deletes:
            self.withdrawn += self.run(messages.withdraw(room, [waiting[number]]))
        else:
            said = UserMessage(waiting[number], room, 100, "Ana", "something else", START)
            self.run(messages.revise(said))

    @rule(review=st.sampled_from([FINE, HARM, HARM_AND_SEE]))
    def therapist_will_say(self, review: Review) -> None:
        self.world.script.reviews.append(review)

    @rule(stage=st.sampled_from(["drafts", "reviews", "responses", "scores"]), bug=st.booleans())
    def an_agent_will_fail(self, stage: str, bug: bool) -> None:
        error = RuntimeError("a bug") if bug else llm_down()
        getattr(self.world.script, stage).append(error)

    @rule()
    def the_chatbot_will_leak_twice(self) -> None:
        self.world.script.responses.extend(["My therapist says so."] * 2)

    @rule()
    def the_chatbot_will_refuse(self) -> None:
        self.world.script.drafts.append(LLMRefused("declined"))

    @rule(mishap=st.sampled_from([None, *Mishap]))
    def the_next_reply_will_have(self, mishap: Mishap | None) -> None:
        self.world.chat.mishaps.append(mishap)

    @rule()
    def the_next_post_will_fail(self) -> None:
        self.world.post_mishaps.append(DeliveryError("503"))

    # ── what moderators do ──────────────────────────────────────────────────────────────────

    @rule(room=ROOMS, gate=st.sampled_from([None, 0, 20]), withhold=st.booleans())
    def an_admin_sets_the_gate(self, room: int, gate: int | None, withhold: bool) -> None:
        ends = "withhold" if withhold else "therapist"
        self.try_to(self.world.control.settings.change(room, MAX, gate=gate, seat_on_timeout=ends))

    @rule(room=ROOMS)
    def somebody_takes_the_seat(self, room: int) -> None:
        self.try_to(self.world.control.seat.take(room, MAX))

    @rule(room=ROOMS)
    def the_seat_is_released(self, room: int) -> None:
        self.try_to(self.world.control.seat.release(room, MAX))

    @rule(room=ROOMS, what=st.sampled_from(["speak", "ready", "withhold"]))
    def the_person_in_the_seat_acts(self, room: int, what: str) -> None:
        seat = self.world.control.seat
        turn_id = self.open_turn(room)
        if what == "speak":
            self.try_to(seat.speak(room, MAX, "Think of them."))
        elif what == "ready":
            self.try_to(seat.ready(turn_id, MAX))
        else:
            self.try_to(seat.withhold(turn_id, MAX))

    @rule(room=ROOMS, what=st.sampled_from(["approve", "another", "edit", "leak", "withhold"]))
    def a_moderator_at_the_gate_acts(self, room: int, what: str) -> None:
        gate = self.world.control.gate
        turn_id = self.open_turn(room)
        if what == "approve":
            self.try_to(gate.approve(turn_id, MAX))
        elif what == "another":
            self.try_to(gate.another_round(turn_id, MAX, "Kinder."))
        elif what == "edit":
            self.try_to(gate.edit(turn_id, MAX, f"An edited reply to turn {turn_id}."))
        elif what == "leak":
            self.try_to(gate.edit(turn_id, MAX, "My therapist says so."))
        else:
            self.try_to(gate.withhold(turn_id, MAX))

    @rule(room=ROOMS)
    def the_time_of_who_is_waited_for_is_over(self, room: int) -> None:
        self.try_to(self.world.time_passes(room))

    @rule(room=ROOMS, turns=st.integers(1, 3))
    def a_moderator_guides(self, room: int, turns: int) -> None:
        self.run(self.world.control.guidance.give(room, MAX, "Be brief.", turns))

    def open_turn(self, room: int) -> int:
        turn = self.run(self.world.stores.turns.open_turn(room))
        return turn.id if turn else 404

    def try_to(self, act: Coroutine[Any, Any, object]) -> None:
        """A moderator may come too late, or be told no; nothing else may go wrong."""
        try:
            self.run(act)
        except InvalidTransition:
            raise
        except FourRoomsError:
            pass

    @rule(steps=st.integers(0, 200))
    def a_moment_passes(self, steps: int) -> None:
        self.run(run_for(steps))

    @rule()
    def all_comes_to_rest(self) -> None:
        self.run(self.world.settle())

    @rule()
    def the_clock_strikes(self) -> None:
        self.run(self.world.engine.recover())

    @rule()
    def the_process_dies(self) -> None:
        self.run(self.world.crash())
        self.run(self.world.engine.recover())

    @rule(room=ROOMS)
    def a_moderator_pauses(self, room: int) -> None:
        self.run(self.world.control.pauses.pause(room, MAX))
        self.world.chat.shut.add(room)

    @precondition(lambda self: self.world.chat.shut)
    @rule(room=ROOMS, answer=st.booleans())
    def a_moderator_resumes(self, room: int, answer: bool) -> None:
        self.world.chat.shut.discard(room)
        act = self.run(self.world.control.pauses.resume(room, MAX, answer_meanwhile=answer))
        if act is not None:  # else it was not paused
            self.set_aside += int(str(act.details.as_stored()["set_aside"]))

    # ── what holds ──────────────────────────────────────────────────────────────────────────

    @invariant()
    def every_message_gets_at_most_one_answer(self) -> None:
        if not hasattr(self, "world"):
            return
        for room in (LOBBY, OTHER):
            shown = [one.post for one in self.world.chat.shown if one.post.room_id == room]
            answered = [post.reference_id for post in shown]
            assert len(answered) == len(set(answered))
            assert answered == sorted(answered), "turns overtook each other"

    async def _end(self) -> None:
        """All is mended and resumed: nothing may be lost, and all must be on the record."""
        world = self.world
        world.chat.shut.clear()
        for room in (LOBBY, OTHER):
            await world.control.pauses.resume(room, MAX)
        world.script.scores.clear()
        for queue in (world.script.drafts, world.script.reviews, world.script.responses):
            queue.clear()
        await self._let_all_go(world)
        self.every_message_gets_at_most_one_answer()
        claimed: list[int] = []
        for room in (LOBBY, OTHER):
            for turn in await world.stores.turns.latest(room, 1000):
                claimed += turn.message_ids
                await self._check(turn.id, room)
        assert len(claimed) == len(set(claimed)) == world.said - self.set_aside - self.withdrawn
        assert sorted(card for card in world.cards() if card) == sorted(set(world.cards()))  # type: ignore[type-var]

    async def _let_all_go(self, world: World) -> None:
        """Nobody sits in a seat, no gate is set, and whoever is waited for has had their time."""
        for room in (LOBBY, OTHER):
            with suppress(FourRoomsError):
                await world.control.seat.release(room, MAX)
            with suppress(FourRoomsError):
                await world.control.settings.change(room, MAX, gate=None)
        await world.heal()
        for room in (LOBBY, OTHER):
            await world.time_passes(room)
        await world.heal()

    async def _check(self, turn_id: int, room: int) -> None:
        world = self.world
        turn = await world.stores.turns.get(turn_id)
        assert turn is not None
        assert turn.state in (TurnState.SENT, TurnState.WITHHELD)
        shown = [
            one.post.text for one in world.chat.shown if one.post.reference_id in turn.message_ids
        ]
        if turn.state is TurnState.WITHHELD:
            assert turn.withheld_because
            assert shown in ([APOLOGY], [])
        else:
            assert shown == [turn.reply]
            session = await world.stores.turns.utterances(turn_id)
            assert any(said.speaker in (Speaker.THERAPIST, Speaker.MODERATOR) for said in session)
            worked = {said.reflection.response for said in session if said.reflection}
            edited = {said.text for said in session if said.speaker is Speaker.MODERATOR}
            assert turn.reply in {turn.draft, *worked, *edited}
            assert "therapist" not in shown[0].lower()
        assert turn_id in world.cards()


def bounds(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


Rooms.TestCase.settings = bounds(25)
TestRooms = Rooms.TestCase


class RoomsOnPostgres(Rooms):
    """The same, where every statement is a trip to a server."""


RoomsOnPostgres.TestCase.settings = bounds(int(os.environ.get("POSTGRES_EXAMPLES", "3")))


@pytest.mark.usefixtures("worlds_on_postgres")
class TestRoomsOnPostgres(RoomsOnPostgres.TestCase):  # type: ignore[misc,valid-type]
    pass
