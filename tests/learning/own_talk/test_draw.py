"""Drafts of the Chatbot's own: each in its way, in an order that reads prompts once, resumable."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Agent
from bot.errors import LLMRefused, SettingError
from bot.evaluation.datasets.talk_sets import TalkRoom
from bot.learning.own_talk.draw import (
    EXAMPLES,
    PLAIN,
    ROUND,
    WARMER,
    draw_all,
    plan_arm,
    plan_four,
    read_draws,
)
from bot.prompting.templates import Prompts
from tests.agents.scripted import ScriptedLLM, whole

PROMPTS = Prompts.load()


def room(name: str, split: str = "test", text: str = "passed!!") -> TalkRoom:
    lines: list[Any] = [{"speaker": "Ana", "text": text}]
    return TalkRoom.model_validate({"id": name, "messages": lines, "split": split})


ROOMS = [room(f"r{number}", "test" if number < 4 else "train") for number in range(8)]


def chatbot(*drafts: str | Exception) -> ScriptedLLM:
    return ScriptedLLM({"chatbot/draft": deque(drafts)})


def test_four_draws_a_situation_with_seeds_of_their_own() -> None:
    planned = plan_four(ROOMS, 1)
    assert len(planned) == 32
    assert len({one.seed for one in planned}) == 32
    for one in ROOMS:
        ways = sorted(draw.way for draw in planned if draw.situation is one)
        assert ways in (sorted([PLAIN, PLAIN, WARMER, last]) for last in (EXAMPLES, ROUND))
    assert plan_four(ROOMS, 1) == planned
    assert {one.seed for one in plan_four(ROOMS, 2)}.isdisjoint(one.seed for one in planned)


def test_what_shares_a_prompt_stands_together_and_rounds_come_last() -> None:
    order = [(one.way == ROUND, one.situation.split, one.way) for one in plan_four(ROOMS, 1)]
    kinds = [
        (last, split, way if way in (EXAMPLES, ROUND) else PLAIN) for last, split, way in order
    ]
    changes = sum(a != b for a, b in pairwise(kinds))
    assert changes == len(set(kinds)) - 1
    assert [last for last, _, _ in order] == sorted(last for last, _, _ in order)


def test_an_arm_has_one_draw_a_situation_with_the_same_seed_in_every_arm() -> None:
    one, other = (plan_arm(ROOMS, [PLAIN], arm, 1) for arm in ("plain", "tuned"))
    assert [draw.seed for draw in one] == [draw.seed for draw in other]
    assert {draw.key for draw in one}.isdisjoint(draw.key for draw in other)


async def test_each_way_is_asked_in_its_own_manner(tmp_path: Path) -> None:
    llm = chatbot("You passed!", "Well done.", "Congratulations.")
    planned = plan_arm(ROOMS[:1], [PLAIN, WARMER, EXAMPLES], "", 1)
    await draw_all(planned, {Agent.CHATBOT: llm, Agent.THERAPIST: llm}, PROMPTS, tmp_path / "d")
    plain, warm, shown = llm.asked("chatbot/draft")
    assert plain == warm
    assert len(shown) > len(plain)
    assert (llm.samplings[0] or {}).get("temperature") is None
    assert (llm.samplings[1] or {})["temperature"] == 0.8
    assert [draw.draft for draw in read_draws(tmp_path / "d")] == [
        "You passed!",
        "Well done.",
        "Congratulations.",
    ]


async def test_a_round_hears_the_therapist_before_it_writes(tmp_path: Path) -> None:
    llm = ScriptedLLM(
        {
            "chatbot/draft": deque(["Whatever."]),
            "therapist/person": deque([{"user_feels": "proud", "user_needs": "be celebrated"}]),
            "chatbot/revise": deque([{"reply": "You passed, Ana!"}]),
        },
        harm="",
    )
    planned = plan_arm(ROOMS[:1], [ROUND], "", 1)
    await draw_all(planned, {Agent.CHATBOT: llm, Agent.THERAPIST: llm}, PROMPTS, tmp_path / "d")
    assert "Ana feels proud" in whole(llm.asked("chatbot/revise")[0])
    assert [draw.draft for draw in read_draws(tmp_path / "d")] == ["You passed, Ana!"]


async def test_a_broken_run_goes_on_and_a_torn_line_is_drawn_again(tmp_path: Path) -> None:
    path, planned = tmp_path / "drafts", plan_arm(ROOMS[:3], [PLAIN], "", 1)
    first = chatbot("One.", "Two.")
    await draw_all(planned[:2], dict.fromkeys(Agent, first), PROMPTS, path)
    path.write_bytes(path.read_bytes()[:-5])
    second = chatbot("Two again.", "Three.")
    await draw_all(planned, dict.fromkeys(Agent, second), PROMPTS, path)
    assert [draw.draft for draw in read_draws(path)] == ["One.", "Two again.", "Three."]


async def test_no_answer_is_an_empty_draft_and_ends_nothing(tmp_path: Path) -> None:
    llm = chatbot(LLMRefused("nothing came"), "Two.")
    planned = plan_arm(ROOMS[:2], [PLAIN], "", 1)
    await draw_all(planned, dict.fromkeys(Agent, llm), PROMPTS, tmp_path / "d")
    assert [draw.draft for draw in read_draws(tmp_path / "d")] == ["", "Two."]


def test_another_file_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text('{"situation": "r1", "way": "plain", "seed": 1, "draft": "a"}\nhello\n')
    with pytest.raises(SettingError) as error:
        read_draws(path)
    assert error.value.detail == f"{path}:2: not a draft. Name another file."
