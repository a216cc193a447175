"""The rooms of a talk evaluation, held through the engine: each line is said and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bot.domain import Agent, RoomSettings, Subject, Turn, TurnState, Utterance
from bot.domain.seeds import piece_seed
from bot.errors import LLMUnavailable
from bot.evaluation.datasets.datasets import DatasetLine
from bot.evaluation.datasets.talk_sets import TalkRoom
from bot.evaluation.plan import Progress, go_through, mixed
from bot.evaluation.readings import scale_values, unfit_reading, works_on
from bot.evaluation.run_log import RunLog
from bot.evaluation.spent import Spent
from bot.evaluation.talk_records import Outcome, TalkReview, TalkTurn
from bot.llm.protocol import CallOutcome
from bot.rooms.evaluation.evaluation_room import of_subject
from bot.simulation.in_memory import InMemoryServer
from bot.simulation.run import SCORED_WITHIN
from bot.simulation.turn_waiter import TurnLost

_DOWN: Final = frozenset(
    {CallOutcome.UNAVAILABLE, CallOutcome.MISCONFIGURED, CallOutcome.OVER_BUDGET}
)
"""Outcomes of calls that say nothing of the model's words."""


@dataclass(frozen=True, slots=True)
class TalkPlan:
    """The rooms to be held, with which persona and at what pace."""

    rooms: Sequence[TalkRoom]
    persona: str = "default"
    seed: int = 1
    at_once: int = 2


def choose_rooms(rooms: Sequence[TalkRoom], most: int | None, seed: int) -> list[TalkRoom]:
    """Return the first rooms of an order that only the seed decides; all if ``most`` is None."""
    return mixed(rooms, piece_seed(seed, "rooms"))[:most]


async def hold_rooms(
    stage: InMemoryServer, plan: TalkPlan, log: RunLog, progress: Progress
) -> None:
    """Hold the rooms that are missing in the log. A room's turns are kept once all are over.

    Raises LLMUnavailable where an endpoint is down or cannot be used: the run can go on later.
    """
    work = [
        partial(_hold, stage, plan, room, log)
        for room in plan.rooms
        if any(about.key not in log for about in _abouts(room))
    ]
    await go_through("rooms", work, plan.at_once, progress)


async def _hold(stage: InMemoryServer, plan: TalkPlan, room: TalkRoom, log: RunLog) -> None:
    settings = RoomSettings(persona=plan.persona)
    place = await stage.open_room(settings, seed=piece_seed(plan.seed, "talk", room.id))
    await stage.write_past(place.id, [line.line for line in room.past])
    held = []
    lost: str | None = None
    for about, said in zip(_abouts(room), room.said, strict=True):
        if lost is not None:
            held.append(about.model_copy(update={"why": "the turn before it was lost"}))
            continue
        try:
            turn = await stage.answer(
                place.id, said.speaker, said.text, author=_author(room.messages, said.speaker)
            )
            # With the scores behind it, the next turn meets the same load whatever else runs.
            await stage.watch.scored(turn.id, SCORED_WITHIN)
            await _end_if_down(stage, turn)
            made = await _made(stage, turn)
        except TurnLost as error:
            lost = error.detail
            made = {"why": lost}
        held.append(about.model_copy(update=made))
    for record in held:
        log.add(record)


async def _end_if_down(stage: InMemoryServer, turn: Turn) -> None:
    """Raise LLMUnavailable if the turn was withheld for an endpoint and not for what it said."""
    if turn.state is not TurnState.WITHHELD:
        return
    calls = await stage.stores.calls.of_turn(turn.id)
    latest = {call.prompt_name: call.outcome for call in calls if call.agent is not Agent.CRITIC}
    if _DOWN & set(latest.values()):
        raise LLMUnavailable(turn.withheld_because or "an endpoint does not answer")


def _author(lines: Sequence[DatasetLine], speaker: str) -> int:
    """Return a number for each person of a room, from 1."""
    names = list(dict.fromkeys(line.speaker for line in lines))
    return names.index(speaker) + 1


def _abouts(room: TalkRoom) -> list[TalkTurn]:
    """Return the records of a room's turns, yet without what comes of them."""
    return [
        TalkTurn(room=room.id, number=number, room_kind=room.kind, language=room.language)
        for number, _ in enumerate(room.said, start=1)
    ]


async def _made(stage: InMemoryServer, turn: Turn) -> dict[str, Any]:
    stores = stage.stores
    session = await stores.turns.utterances(turn.id)
    evaluations = await stores.evaluations.of_turn(turn.id)
    before, after = (of_subject(evaluations, subject) for subject in Subject)
    conversation = await stores.messages.conversation(turn)
    lines = (*conversation.lines, *conversation.asked)
    return {
        "conversation": tuple((line.speaker, line.text) for line in lines),
        "draft": turn.draft,
        "review": _first_review(session),
        "rounds": turn.round,
        "tries": next((said.reflection.tries for said in reversed(session) if said.reflection), ()),
        "reworked": any(said.reflection for said in session),
        "reply": turn.reply if turn.state is TurnState.SENT else None,
        "outcome": _outcome(turn),
        "why": turn.withheld_because or "",
        "before": scale_values(before.scores) if before else None,
        "after": scale_values(after.scores) if after else None,
        "spent": await _spent(stage, turn),
    }


def _first_review(session: Sequence[Utterance]) -> TalkReview | None:
    review = next((said.review for said in session if said.review is not None), None)
    if review is None:
        return None
    return TalkReview(
        works_on=works_on(review),
        reading=unfit_reading(review),
        named=tuple(finding.harm for finding in review.harms),
        feels=review.user_feels,
        needs=review.user_needs,
        says=review.says,
    )


def _outcome(turn: Turn) -> Outcome:
    if turn.state is TurnState.SENT:
        return "sent"
    return "helped" if turn.state is TurnState.HELPED else "withheld"


async def _spent(stage: InMemoryServer, turn: Turn) -> Spent:
    usage = await stage.stores.calls.usage_of_turn(turn.id)
    replied = turn.replied_at or turn.created_at
    return Spent(
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=round((replied - turn.created_at).total_seconds(), 3),
        cost=usage.cost,
    )
