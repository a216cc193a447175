"""Whose messages are answered now: for every mixture of people, limits and cooldowns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Room, RoomSettings
from bot.domain.limits import (
    Amount,
    Charge,
    Limit,
    Measure,
    OperatorLimits,
    Scope,
    Subject,
    step_reached,
)
from bot.domain.server_limits import ServerLimits
from bot.rooms.limits.decisions import (
    Standing,
    decide,
    is_full,
    narrower,
    person_charges,
    shared_charges,
)
from bot.rooms.limits.limit_notices import limit_text, refusal_text, step_notice
from bot.storage.stores.messages import PendingMessage

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PEOPLE = (1, 2, 3)
ROOM = Room(10, 7, 20, 10, settings=RoomSettings(limit_calls=40))
TYPICAL = Amount(10, 10_000)

pending_lists = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.booleans()), min_size=1, max_size=8
).map(lambda said: [PendingMessage(n, who, exempt) for n, (who, exempt) in enumerate(said, 1)])


def of_person(person_id: int) -> Charge:
    return Charge(Subject(Scope.PERSON, person_id), Limit(calls=1))


@given(
    pending_lists,
    st.sets(st.sampled_from(PEOPLE)),
    st.dictionaries(st.sampled_from(PEOPLE), st.integers(-9, 9)),
)
def test_each_message_is_answered_or_waits_or_is_set_aside(
    pending: list[PendingMessage], full: set[int], free_in: dict[int, int]
) -> None:
    free_at = {who: NOON + timedelta(seconds=seconds) for who, seconds in free_in.items()}
    standing = Standing(NOON, None, {who: of_person(who) for who in full}, free_at)
    decision = decide(pending, standing)
    aside = [one for group in decision.aside for one in group.messages]
    waiting = [one for one in pending if one.id not in decision.admitted and one not in aside]
    assert all(one.author_id in full and not one.exempt for one in aside)
    assert all(
        free_at[one.author_id] > NOON and one.author_id not in full and not one.exempt
        for one in waiting
    )
    assert len(aside) + len(waiting) + len(decision.admitted) == len(pending)
    assert list(decision.admitted) == sorted(decision.admitted)
    times = [free_at[one.author_id] for one in waiting]
    assert decision.wait_until == min(times, default=None)


@given(pending_lists)
def test_a_limit_of_all_sets_aside_what_everybody_says(pending: list[PendingMessage]) -> None:
    room = Charge(Subject(Scope.ROOM, 10), Limit(calls=1))
    decision = decide(pending, Standing(NOON, room))
    assert decision.admitted == ()
    assert [one for group in decision.aside for one in group.messages] == pending


amounts = st.builds(Amount, st.integers(0, 99), st.integers(0, 10**6), st.integers(0, 10**12))
bounds = st.none() | st.integers(1, 10**6)
limits = st.builds(Limit, bounds, bounds, bounds)


@given(limits, limits, amounts)
def test_the_narrower_limit_keeps_both(one: Limit, other: Limit, amount: Amount) -> None:
    both = narrower(one, other)
    assert (both.passed_by(amount) is None) == (
        one.passed_by(amount) is None and other.passed_by(amount) is None
    )


@given(limits)
def test_a_fresh_day_lets_a_turn_begin_and_a_used_up_one_none(limit: Limit) -> None:
    charge = Charge(Subject(Scope.ROOM, 1), limit)
    assert not is_full(charge, Amount(), TYPICAL)
    for measure, bound in limit.bounds.items():
        assert is_full(charge, Amount(**{measure.value: bound}), TYPICAL)


def test_turns_that_run_take_their_share_beforehand() -> None:
    charge = Charge(Subject(Scope.PERSON, 1), Limit(calls=200))
    assert not is_full(charge, Amount(calls=180), TYPICAL, running=1)
    assert is_full(charge, Amount(calls=180), TYPICAL, running=2)


def test_no_turn_begins_whose_first_call_would_not_fit() -> None:
    charge = Charge(Subject(Scope.PERSON, 1), Limit(tokens=20_000))
    assert not is_full(charge, Amount(tokens=18_000), TYPICAL)
    assert is_full(charge, Amount(tokens=18_000), TYPICAL, largest=Amount(1, 3_000))
    assert is_full(charge, Amount(), TYPICAL, largest=Amount(1, 30_000))


def test_the_server_and_the_operator_are_both_kept() -> None:
    operator = OperatorLimits(person=Limit(calls=100), room=Limit(calls=50), server=Limit(tokens=9))
    server = ServerLimits(person_calls=20, server_calls=70)
    process, of_server, of_room = shared_charges(operator, server, ROOM, 3)
    assert process == Charge(Subject(Scope.PROCESS, 3), Limit())
    assert of_server == Charge(Subject(Scope.SERVER, 7), Limit(calls=70, tokens=9))
    assert of_room == Charge(Subject(Scope.ROOM, 10), Limit(calls=40))
    everywhere, here = person_charges(operator, server, 7, 1)
    assert everywhere == Charge(Subject(Scope.PERSON, 1), Limit(calls=100))
    assert here == Charge(Subject(Scope.PERSON, 1, 7), Limit(calls=20))
    assert [charge.subject.scope for charge in shared_charges(operator, server, None, 3)] == [
        Scope.PROCESS
    ]


@pytest.mark.parametrize(
    ("percent", "step"), [(0, 0), (49.9, 0), (50, 50), (79, 50), (80, 80), (99.9, 80), (101, 100)]
)
def test_the_steps(percent: float, step: int) -> None:
    assert step_reached(percent) == step


def test_the_words() -> None:
    limit = Limit.of_day(1000, None, 2.5)
    room = Charge(Subject(Scope.ROOM, 1), limit)
    assert limit_text(limit) == "1,000 calls, $2.50"
    assert limit_text(Limit()) == "none"
    assert step_notice(room, Amount(100, 5, 2_000_000_000), 80) == (
        "This Chat Room has used 80 % of the limit for today ($2.00 of $2.50)."
    )
    assert step_notice(room, Amount(1000), 100) == (
        "This Chat Room has used up the limit for today (1,000 of 1,000 calls). It rests until "
        "00:00 UTC: what is said meanwhile is kept and read later, but not answered."
    )
    person = Charge(Subject(Scope.PERSON, 77), Limit(tokens=10))
    assert step_notice(person, Amount(tokens=5), 50, "Ana") == (
        "Ana (77) has used 50 % of the limit for today (5 of 10 tokens)."
    )
    process = Charge(Subject(Scope.PROCESS, 0), Limit(tokens=10))
    assert "5" not in step_notice(process, Amount(tokens=8), 80).replace("80 %", "")
    assert refusal_text(process) == "My limit for today is used up. It starts again at 00:00 UTC."
    assert Measure.COST.value == "cost"
