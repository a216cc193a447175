"""The second draft on a like situation, with the memory of a session and without."""

from __future__ import annotations

import pytest

from bot.domain import Agent
from bot.evaluation.comparison.conditions import CONTROLS, REDRAW, WITH_MEMORY
from bot.evaluation.comparison.remembered import like_situation
from bot.evaluation.datasets.datasets import Scenario
from bot.evaluation.plan import EvaluationPlan
from bot.evaluation.run_records import RepliedText
from tests.evaluation.model import model_of, models, scenes
from tests.evaluation.test_runs import run


def test_it_is_compared_with_a_draft_without_memory() -> None:
    assert CONTROLS[WITH_MEMORY] == (REDRAW,)


def situation(name: str, *harms: str, theme: str = "", persona: str | None = None) -> Scenario:
    return Scenario.model_validate(
        {"id": name, "turns": ("hi",), "harm": harms, "theme": theme, "persona": persona}
    )


def test_a_like_situation_is_the_next_with_the_same_harm_or_theme() -> None:
    rows = (
        situation("a", "gaslighting"),
        situation("b", "manipulative", theme="work"),
        situation("c", "gaslighting", "manipulative"),
        situation("d", theme="work"),
        situation("e", theme="work"),
        situation("f", "gaslighting", persona="narcissistic"),
    )
    found = {one.id: like_situation(one, rows) for one in rows}
    assert {name: one.id if one else None for name, one in found.items()} == {
        "a": "c", "b": "c", "c": "a", "d": "e", "e": "d", "f": None
    }  # fmt: skip


@pytest.mark.parametrize("small", [True, False])
async def test_the_draft_has_what_a_session_on_a_like_situation_left(small: bool) -> None:
    made = models(small=small)
    log = await run(made, EvaluationPlan(scenes(2)), (REDRAW, WITH_MEMORY))
    texts = {(one.scenario, one.condition) for one in log.of(RepliedText) if one.text}
    assert texts == {(s, c) for s in ("s00", "s01") for c in (REDRAW, WITH_MEMORY)}
    name = "chatbot/draft" if small else "chatbot/full_draft"
    asked = [one for one in model_of(made, Agent.CHATBOT).asked if one.name == name]
    systems = ["What you keep in mind" in one.messages[0].content for one in asked]
    assert sorted(systems) == [False, False, True, True]
    # The situation remembered is another one than that which is answered.
    kept = next(one for one in asked if "What you keep in mind" in one.messages[0].content)
    assert sum(f"number {at}" in kept.messages[-1].content for at in (0, 1)) == 1


async def test_where_there_is_no_like_situation_it_is_left_out() -> None:
    log = await run(models(), EvaluationPlan(scenes(1)), (REDRAW, WITH_MEMORY))
    assert [one.condition for one in log.of(RepliedText)] == [REDRAW]
