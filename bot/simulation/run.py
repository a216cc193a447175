"""The run of a simulation: many conversations side by side, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.agents.alliance.observers import Alliance
from bot.agents.alliance.scales import AllianceCurve
from bot.agents.questions import side_by_side
from bot.domain import Deadline, Room, RoomSettings, Subject, Turn, TurnState, Utterance
from bot.errors import LLMError, LLMMisconfigured
from bot.llm.protocol import CallContext
from bot.rooms.evaluation.evaluation_room import of_subject
from bot.rooms.therapy.reply_checks import ReplyFindingKind, check_reply
from bot.simulation.conversation import Exchange, converse
from bot.simulation.in_memory import InMemoryServer, SimulatedMember
from bot.simulation.plan import SimulationPlan, TalkPlan
from bot.simulation.records import Spoken, TalkRecord, TurnRecord
from bot.simulation.turn_waiter import TurnLost

SCORED_WITHIN: Final = 1800.0
"""Seconds for the Critic: with a small model it waits behind the turns of other rooms."""
ALLIANCE_SECONDS: Final = 1800.0
LEFT: Final = "left"
TURNS: Final = "turns"

Told = Callable[[TalkPlan, int], None]
"""Told of each turn that is over, with its number from 1."""
Ended = Callable[[TalkRecord], None]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The callbacks while a simulation runs."""

    turn: Told = lambda *_: None
    ended: Ended = lambda _: None


async def simulate(
    stage: InMemoryServer,
    plan: SimulationPlan,
    alliance: Alliance | None = None,
    hooks: Hooks | None = None,
) -> list[TalkRecord]:
    """Hold all conversations; return their records in the plan's order, whatever ended first.

    One that breaks off says why in its record. Raises LLMMisconfigured where a model cannot be
    used at all.
    """
    hooks = hooks or Hooks()
    places = asyncio.Semaphore(plan.at_once)

    async def take(talk: TalkPlan) -> TalkRecord:
        async with places:
            record = await hold_talk(stage, plan, talk, alliance, hooks.turn)
        hooks.ended(record)
        return record

    return await side_by_side([take(talk) for talk in plan.talks()])


async def hold_talk(
    stage: InMemoryServer,
    plan: SimulationPlan,
    talk: TalkPlan,
    alliance: Alliance | None = None,
    tell: Told = lambda *_: None,
) -> TalkRecord:
    """Hold one conversation from the first message to the last score."""
    settings = RoomSettings(persona=plan.chatbot_persona)
    room = await stage.open_room(settings, seed=talk.seed)
    place = SimulatedMember(stage, room, talk.persona.person)
    exchanges: list[Exchange] = []
    ended = TURNS
    try:
        user = stage.user(talk.persona)
        async for exchange in converse(place, user, turns=plan.turns, seed=talk.seed):
            exchanges.append(exchange)
            tell(talk, len(exchanges))
            if exchange.left:
                ended = LEFT
    except LLMMisconfigured:
        raise
    except (LLMError, TurnLost) as error:
        ended = f"broke off: {error.detail}"
    # Nobody in the talk waits for the Critic, as nobody does in a Chat Room.
    await side_by_side([stage.watch.scored(one.turn.id, SCORED_WITHIN) for one in exchanges])
    turns = [await turn_record(stage, one, talk.seed, alliance) for one in exchanges]
    return talk_record(talk, room, turns, ended=ended)


def talk_record(
    talk: TalkPlan, room: Room, turns: Sequence[TurnRecord], *, ended: str
) -> TalkRecord:
    """Return the record of a conversation that was held in a room."""
    return TalkRecord(
        room_id=room.id,
        persona=talk.persona.name,
        number=talk.number,
        person=talk.persona.person,
        kind=talk.persona.kind.value,
        aim=talk.persona.aim,
        chatbot_persona=room.settings.persona,
        seed=talk.seed,
        ended=ended,
        turns=tuple(turns),
    )


async def turn_record(
    stage: InMemoryServer, exchange: Exchange, seed: int, alliance: Alliance | None
) -> TurnRecord:
    """Return the record of a turn that is over and scored; its alliance is measured now."""
    turn, stores = exchange.turn, stage.stores
    session = await stores.turns.utterances(turn.id)
    evaluations = await stores.evaluations.of_turn(turn.id)
    before, after = (of_subject(evaluations, subject) for subject in Subject)
    usage = await stores.calls.usage_of_turn(turn.id)
    curves: tuple[AllianceCurve, ...] = ()
    if alliance is not None:
        ctx = CallContext(Deadline.after(ALLIANCE_SECONDS), room_id=turn.room_id, seed=seed)
        curves = await alliance.of_turn(turn.id, session, stores.alliance_curves, ctx)
    return TurnRecord(
        turn_id=turn.id,
        said=exchange.said,
        draft=turn.draft,
        session=tuple(map(_spoken, session)),
        reply=turn.reply if turn.state is TurnState.SENT else None,
        withheld_because=turn.withheld_because,
        worked_on=therapy_worked_on(session),
        before=before.scores.shown if before else None,
        after=after.scores.shown if after else None,
        verdict=await stores.evaluations.verdict_of(turn.id),
        leaks=await _leaks(stage, turn, turn.reply if turn.state is TurnState.SENT else None),
        draft_leaks=await _leaks(stage, turn, turn.draft),
        seconds=_seconds(turn),
        calls=usage.calls,
        tokens=usage.prompt_tokens + usage.completion_tokens,
        cost=usage.cost,
        alliance=curves,
    )


def therapy_worked_on(session: Sequence[Utterance]) -> bool:
    """Return whether the Therapist found work to do in a session, and the Chatbot took it up."""
    reviewed = (said.number for said in session if said.review and said.review.something_left)
    first = min(reviewed, default=None)
    return first is not None and any(said.reflection and said.number > first for said in session)


def _spoken(said: Utterance) -> Spoken:
    return Spoken(
        round=said.round,
        speaker=said.speaker,
        text=said.text,
        review=said.review,
        reflection=said.reflection,
    )


async def _leaks(stage: InMemoryServer, turn: Turn, text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    conversation = await stage.stores.messages.conversation(turn)
    findings = check_reply(text, conversation, draft=turn.draft or "", harmful=False)
    return tuple(one.detail for one in findings if one.kind is ReplyFindingKind.LEAK)


def _seconds(turn: Turn) -> float:
    if turn.replied_at is None:
        return 0.0
    return round((turn.replied_at - turn.created_at).total_seconds(), 3)
