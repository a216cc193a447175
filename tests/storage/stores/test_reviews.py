"""Which turns wait for a look, for whom, and what is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.domain import EvaluationState, Moderator, NewAct, Subject
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.moderation_acts import FinishReviewDetails, TakeReviewDetails
from bot.domain.ratings import Reward
from bot.domain.reviews import ReviewList, reasons_to_review
from bot.domain.search import TurnFilter
from bot.storage.stores.reviews import in_list
from bot.storage.stores.stores import Stores
from tests.storage.samples import NOON, ROOM, begin_turn, end_turn, said, scored

EVER = datetime(2015, 1, 1, tzinfo=UTC)
MAX, BEN = Moderator(5, "Max"), Moderator(6, "Ben")
FROM = 40
"""The score from which a turn needs a look."""


async def talk(stores: Stores) -> None:
    """Five turns: scored 10, scored 60, withheld, not scored, scored 40."""
    for number, value in enumerate((10, 60, None, -1, 40), 1):
        reply = None if value is None else "reply"
        was = await end_turn(stores, await begin_turn(stores, said(number)), reply)
        if value is None:
            continue
        state = EvaluationState.SCORED if value >= 0 else EvaluationState.FAILED
        scores = [scored(was, Subject.REPLY, value)] if value >= 0 else []
        await stores.evaluations.finish(replace(was, evaluation=state), was=was, evaluations=scores)


async def listed(stores: Stores, which: ReviewList, person: Moderator = MAX) -> list[int]:
    page = await stores.turn_search.find(
        ROOM.id, TurnFilter(), since=EVER, only=in_list(which, FROM, person.id)
    )
    return [one.turn.number for one in page.found]


async def put(stores: Stores, turn_id: int, who: Moderator, *, done: bool = False) -> None:
    details = FinishReviewDetails() if done else TakeReviewDetails()
    act = NewAct(ROOM.guild_id, ROOM.id, turn_id, who, details)
    await stores.reviews.put(turn_id, who, act, done=done)


async def test_what_needs_a_look_is_open_until_somebody_is_done(stores: Stores) -> None:
    await talk(stores)
    assert await listed(stores, ReviewList.OPEN) == [5, 4, 3, 2]
    await put(stores, 5, MAX)
    await put(stores, 4, BEN)
    await put(stores, 3, BEN, done=True)
    await put(stores, 1, MAX)
    assert await listed(stores, ReviewList.OPEN) == [5, 2, 1], "not what Ben has"
    assert await listed(stores, ReviewList.OPEN, BEN) == [4, 2]
    assert await listed(stores, ReviewList.MINE) == [5, 1]
    assert await listed(stores, ReviewList.DONE) == [3]
    review = await stores.reviews.get(3)
    assert review.taken_by == BEN
    assert review.done_at is not None
    assert [act.kind for act in await stores.acts.of_turn(3)] == ["finish review"]


async def test_the_reasons_are_those_of_the_list(stores: Stores) -> None:
    await talk(stores)
    found = await stores.turn_search.numbered(ROOM.id, 1, 5)
    reasons = {one.turn.number: reasons_to_review(one, FROM) for one in found}
    assert reasons == {
        1: [],
        2: ["a score of 60"],
        3: ["no reply was sent"],
        4: ["it was not scored"],
        5: ["a score of 40"],
    }


async def test_what_a_member_says_hurt_them_needs_a_look_too(stores: Stores) -> None:
    await talk(stores)
    (first,) = await stores.turn_search.numbered(ROOM.id, 1, 1)
    given = Feedback(first.turn.id, BEN, FeedbackKind.HURT, "it was false", NOON)
    await stores.feedback.put(given, Reward("member", -1.0, ""), room_id=ROOM.id)
    assert await listed(stores, ReviewList.OPEN) == [5, 4, 3, 2, 1]
    (found,) = await stores.turn_search.numbered(ROOM.id, 1, 1)
    assert reasons_to_review(found, FROM) == ["a member says that it hurt them, or was wrong"]
