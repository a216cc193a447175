"""The working example as a command: it is held, and told part by part as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from bot.agents.chatbot import PrewrittenChatbot
from bot.agents.user import User
from bot.domain import Deadline, Line, RoomSettings, Turn
from bot.domain.events import ChatbotReflected, DraftWritten, Event, TherapistSpoke
from bot.domain.seeds import piece_seed
from bot.errors import FourRoomsError, SettingError
from bot.llm.protocol import CallContext
from bot.prompting.templates import FOLDER
from bot.prompting.user_personas import UserPersona, load_user_personas
from bot.rooms.control.control_room import ReflectAnswer
from bot.settings import Settings
from bot.simulation.command import SimulateOptions, open_world, write_file
from bot.simulation.conversation import USER_SECONDS, Exchange
from bot.simulation.example import (
    DRAFT,
    MAX,
    PERSON,
    PERSONA,
    QUESTION,
    heading,
    tell_alliance,
    tell_answer,
    tell_check_in,
    tell_draft,
    tell_evaluation,
    tell_reflection,
    tell_reply,
    tell_said,
    tell_utterance,
    triples_of,
    triples_table,
)  # fmt: skip
from bot.simulation.html_report import as_html
from bot.simulation.in_memory import InMemoryServer, SimulatedMember
from bot.simulation.live_view import LiveView
from bot.simulation.plan import TalkPlan, choose_people
from bot.simulation.records import TalkRecord, TurnRecord
from bot.simulation.run import LEFT, TURNS, talk_record, turn_record
from bot.text.json_lines import json_line

Tell = Callable[[str], None]
"""Told each part of the example when it has happened."""
SCORED_WITHIN: Final = 600.0


def _say_nothing(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Course:
    """All that happened, in the paper's order."""

    record: TalkRecord
    """The talk, of one turn."""
    check_in: str
    """The answer to the moderator's check-in."""
    parts: Sequence[str]
    """What was told of it, in the order in which it happened."""
    calls: int
    """How many calls of a model it took."""

    @property
    def turn(self) -> TurnRecord:
        """Return the one turn."""
        return self.record.turns[0]


def example_text(course: Course, head: str) -> str:
    """Return the whole example."""
    return "\n\n".join([head, *course.parts]) + "\n"


class Narrator:
    """The telling of what happens, as it happens. Its `hear` goes to the engine."""

    def __init__(self, stage: InMemoryServer, tell: Tell, *, written: bool) -> None:
        self.parts: list[str] = []
        self._stage = stage
        self._tell = tell
        self._written = written
        self._said = 0
        self._drafted = False
        self.check_in = ""
        """The answer to the moderator's check-in, if a round heard it."""
        self._one_at_a_time = asyncio.Lock()
        self._catching_up: set[asyncio.Task[None]] = set()

    def add(self, part: str) -> None:
        """Tell a part."""
        self.parts.append(part)
        self._tell(part)

    def hear(self, event: Event) -> None:
        """Tell what the Therapy Room has come to."""
        if isinstance(event, DraftWritten | TherapistSpoke | ChatbotReflected):
            self._catching_up.add(asyncio.create_task(self.catch_up(event.turn_id)))

    async def catch_up(self, turn_id: int) -> None:
        """Tell all of a turn's therapy that was not told yet."""
        stores = self._stage.stores
        async with self._one_at_a_time:
            turn = await stores.turns.get(turn_id)
            if turn is None:
                return
            if turn.draft and not self._drafted:
                self._drafted = True
                self.add(tell_draft(turn.draft, written=self._written))
            for said in (await stores.turns.utterances(turn_id))[self._said :]:
                self.add(tell_utterance(said))
                self._said += 1
                if said.reflection and said.reflection.check_in:
                    self.check_in = said.reflection.check_in
                    self.add(tell_check_in(self.check_in, decides=True))

    async def settled(self, turn_id: int) -> None:
        """Return once nothing of a turn's therapy is left to tell."""
        await self.catch_up(turn_id)
        await asyncio.gather(*self._catching_up)


async def run_example(
    settings: Settings, options: SimulateOptions, tell: Tell = _say_nothing
) -> str:
    """Return the example as text, every part of which was told when it happened.

    SettingError for a wrong setting or an option that it cannot heed, LLMError without a model.
    """
    persona = _person(options)
    async with open_world(settings, options) as app:
        agents = app.agents
        written = app.small and persona.name == PERSON
        if written:
            agents = replace(agents, chatbot=PrewrittenChatbot(agents.chatbot, DRAFT))
        live = LiveView(app.stores, Console(stderr=True)).deliver if options.show else None
        head = heading(app.models, options.seed)
        tell(head)
        async with InMemoryServer(app.stores, agents, deliver=live) as stage:
            course = await hold_example(
                stage, stage.user(persona), options.seed, tell, written=written
            )
            await stage.engine.outbox_relay.settled()
    _write_files(course, options, head)
    return example_text(course, head)


def _person(options: SimulateOptions) -> UserPersona:
    """Return who talks. SettingError where an option asks for more than one turn of one person."""
    refused = {
        "--chatbot-persona": (options.chatbot_persona, f"its Chatbot is {PERSONA}"),
        "--conversations": (options.conversations, "it is one conversation"),
        "--turns": (options.turns, "it is one turn"),
        "--at-once": (options.at_once, "it is one conversation"),
    }
    for name, (value, why) in refused.items():
        if value is not None:
            raise SettingError(f"{name}: --example does not take it, since {why}. Leave it out.")
    people = choose_people(load_user_personas(FOLDER / "user"), options.personas or [PERSON])
    if len(people) > 1:
        raise SettingError("--persona: --example takes one person, by name.")
    return people[0]


def _write_files(course: Course, options: SimulateOptions, head: str) -> None:
    if options.jsonl is not None:
        write_file(options.jsonl, json_line(course.record.model_dump_json()))
    if options.html is not None:
        tables = triples_table(*triples_of(course.turn))
        write_file(options.html, as_html([course.record], title=head, tables=tables))


async def hold_example(
    stage: InMemoryServer,
    user: User,
    seed: int,
    tell: Tell = _say_nothing,
    *,
    written: bool = False,
) -> Course:
    """Hold a turn with a check-in, the person's answer, scores and reflection.

    The moderator has asked before, so that the Chatbot answers before it decides. ``written`` says
    whether the draft was written beforehand.
    """
    started = datetime.now(UTC)
    room = await stage.open_room(RoomSettings(persona=PERSONA), seed=seed)
    place = SimulatedMember(stage, room, user.persona.person)
    narrator = Narrator(stage, tell, written=written)
    opening = await user.next((), _context(room.id, seed, 1))
    narrator.add(tell_said(place.person, opening.text))
    turn, check_in = await _answer(stage, place, opening.text, narrator)
    exchange = Exchange(opening.text, turn, left=opening.ends)
    narrator.add(tell_reply(exchange.answer))
    lines = [
        Line(speaker=place.person, text=opening.text),
        Line(speaker="Chatbot", text=exchange.answer, by_chatbot=True),
    ]
    answer = await user.next(lines, _context(room.id, seed, 2))
    narrator.add(tell_answer(place.person, answer.text))
    await stage.watch.scored(turn.id, SCORED_WITHIN)
    done = await turn_record(stage, exchange, piece_seed(seed, 3), stage.agents.alliance)
    for part in tell_evaluation(done):
        narrator.add(part)
    narrator.add(tell_reflection(await _reflection(stage, room.id)))
    if done.alliance:
        narrator.add(tell_alliance(done.alliance))
    calls = sum(one.calls for one in await stage.stores.calls.usage([room.id], started))
    narrator.add(f"It took {calls} model calls.")
    talk = TalkPlan(user.persona, 1, seed)
    record = talk_record(talk, room, [done], ended=LEFT if answer.ends else TURNS)
    return Course(record, check_in, narrator.parts, calls)


async def _answer(
    stage: InMemoryServer, place: SimulatedMember, text: str, narrator: Narrator
) -> tuple[Turn, str]:
    """Say a text; return the turn that answers it, and what the Chatbot answers a check-in."""
    asked = await stage.control.check_ins.ask(place.room_id, MAX, QUESTION)
    stage.engine.subscribe(narrator.hear)
    try:
        turn = await place.say(text)
    finally:
        stage.engine.unsubscribe(narrator.hear)
    await narrator.settled(turn.id)
    if narrator.check_in:
        return turn, narrator.check_in
    answer = await _check_in(stage, place.room_id, asked.id)
    narrator.add(tell_check_in(answer, decides=False))
    return turn, answer


def _context(room_id: int, seed: int, step: int) -> CallContext:
    """Return a context for one step: each has time of its own."""
    return CallContext(Deadline.after(USER_SECONDS), room_id=room_id, seed=piece_seed(seed, step))


async def _check_in(stage: InMemoryServer, room_id: int, check_in_id: int) -> str:
    """Return the answer to a check-in that no round heard: it comes when the turn is over."""
    stage.control.check_ins.workers.wake(room_id)
    await stage.control.check_ins.workers.settled()
    answered = await stage.stores.check_ins.get(check_in_id)
    return (answered and answered.answer) or "(no answer came)"


async def _reflection(stage: InMemoryServer, room_id: int) -> ReflectAnswer | str:
    try:
        return await stage.control.reflect(room_id, MAX)
    except FourRoomsError as error:
        return f"(no reflection: {error.detail})"
