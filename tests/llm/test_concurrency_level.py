"""The number of calls at once finds its level: up while it is needed, down where it is too much."""

from __future__ import annotations

from bot.llm.concurrency_level import FLOOR, START, ConcurrencyLevel


def answered(level: ConcurrencyLevel, times: int, seconds: float = 1.0) -> None:
    for _ in range(times):
        level.note_answer("draft", seconds, level.round, is_needed=True)


def test_it_grows_by_one_a_round_while_all_are_needed() -> None:
    level = ConcurrencyLevel(64)
    assert level.places == START
    answered(level, START + 1)
    assert level.places == START + 1
    answered(level, 10_000)
    assert level.places == 64


def test_what_is_not_needed_does_not_grow() -> None:
    level = ConcurrencyLevel(64)
    for _ in range(1000):
        level.note_answer("draft", 1.0, level.round, is_needed=False)
    assert level.places == START


def test_a_refusal_halves_it_once_for_all_calls_that_were_out() -> None:
    level = ConcurrencyLevel(64)
    began = level.round
    for _ in range(16):
        level.note_refusal(began)
    assert level.places == START // 2
    level.note_refusal(level.round)
    assert level.places == START // 4
    for _ in range(10):
        level.note_refusal(level.round)
    assert level.places == FLOOR


def test_answers_that_take_ever_longer_take_a_part_of_it() -> None:
    level = ConcurrencyLevel(64)
    answered(level, 100)
    before = level.places
    answered(level, 12, seconds=4.0)
    assert FLOOR < level.places < before


def test_long_answers_of_another_kind_are_not_slow_ones() -> None:
    level = ConcurrencyLevel(64)
    for _ in range(200):
        level.note_answer("probe", 0.1, level.round, is_needed=True)
        level.note_answer("session", 8.0, level.round, is_needed=True)
    assert level.places > START


def test_the_slots_of_a_server_stay_as_they_are() -> None:
    level = ConcurrencyLevel(2, is_fixed=True)
    level.note_refusal(level.round)
    answered(level, 50)
    assert level.places == 2
    assert ConcurrencyLevel(1).places == 1
