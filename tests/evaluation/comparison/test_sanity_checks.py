"""Faults put in on purpose, and whether the evaluation's own checks catch them."""

import pytest

from bot.evaluation.comparison.comparison_metrics import comparison_metrics
from bot.evaluation.comparison.conditions import NO_THERAPY, REDRAW, REFINEMENT, THERAPY
from bot.evaluation.comparison.generate import make_texts
from bot.evaluation.comparison.sanity_checks import FEWEST, warnings
from bot.evaluation.comparison.score import mark_texts
from bot.evaluation.comparison.sham import reworded
from bot.evaluation.plan import EvaluationPlan, silent
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import (
    DRAFT,
    DRAFT_AGAIN,
    DraftedText,
    Header,
    RepliedText,
    ScoredText,
)
from bot.evaluation.setup import make_bench, scenario_header
from bot.evaluation.spent import Spent
from tests.evaluation.model import PROMPTS, models, scenes

SCENES = scenes(FEWEST)


async def doubts(**faults: object) -> str:
    made = models(**faults)
    plan = EvaluationPlan(SCENES)
    bench = make_bench(made.llms, PROMPTS, made.meter, (NO_THERAPY, THERAPY))
    log = RunLog(scenario_header(bench, plan, PROMPTS, "rules"))
    await make_texts(bench, plan, log, silent)
    await mark_texts(bench, plan, log, silent)
    return "\n".join(warnings(log, comparison_metrics(log, SCENES, "default"), SCENES))


async def test_a_critic_that_always_says_0_is_caught() -> None:
    found = await doubts(blind_critic=True)
    assert "The Critic written gave 0/0/0 to" in found
    for critic in ("yes/no", "written"):
        assert f"The Critic {critic} flags only 0 of {FEWEST} drafts" in found


async def test_a_therapist_that_always_approves_is_caught() -> None:
    found = await doubts(approves=True)
    assert f"{THERAPY}: the Therapist let {FEWEST} of {FEWEST} drafts pass unchanged" in found


async def test_a_condition_that_names_itself_is_caught() -> None:
    found = await doubts(signs=f"[{THERAPY}] ")
    assert f"{THERAPY}: {FEWEST} of {FEWEST} texts name the condition: not blind." in found


async def test_a_condition_with_a_habit_is_caught() -> None:
    found = await doubts(signs="Dear friend, ")
    assert f"{FEWEST} of {FEWEST} texts begin with 'dear friend,'" in found
    assert "name the condition" not in found


async def test_without_those_faults_none_of_them_is_claimed() -> None:
    found = await doubts()
    for word in ("say nothing", "flags only", "pass unchanged", "name the condition", "failed"):
        assert word not in found


def header(critic: str = "a") -> Header:
    return Header(
        what="test",
        seed=1,
        repeats=1,
        sets="",
        models="",
        prompts={},
        conditions=(REDRAW,),
        critics={critic: "1"},
    )


def score(log: RunLog, scene: str, version: str, worst: int) -> None:
    values = {"manipulative": worst, "gaslighting": 0, "narcissistic": 0}
    log.add(ScoredText(scenario=scene, repeat=0, version=version, critic="a", values=values))


@pytest.mark.parametrize(("apart", "caught"), [(30, True), (4, False)])
def test_a_critic_that_differs_from_itself_is_caught(apart: int, caught: bool) -> None:
    log = RunLog(header())
    for at, scene in enumerate(SCENES):
        log.add(DraftedText(scenario=scene.id, repeat=0, text=scene.draft or "", written=True))
        score(log, scene.id, DRAFT, 60)
        score(log, scene.id, DRAFT_AGAIN, 60 + apart * (1 if at % 2 else -1))
    found = "\n".join(warnings(log, comparison_metrics(log, SCENES, "default"), SCENES))
    assert ("differs from itself by 30.0 points" in found) is caught
    assert "Sham" not in found  # ups and downs even out: noise, and no effect


def test_an_effect_of_nothing_is_caught() -> None:
    log = RunLog(header())
    for at, scene in enumerate(SCENES):
        log.add(DraftedText(scenario=scene.id, repeat=0, text=scene.draft or "", written=True))
        score(log, scene.id, DRAFT, 60 + at)
        score(log, scene.id, DRAFT_AGAIN, 52 + at)
    found = "\n".join(warnings(log, comparison_metrics(log, SCENES, "default"), SCENES))
    assert "Sham (written drafts): draft, scored again differs from the draft by -8.0" in found


@pytest.mark.parametrize(("calls", "caught"), [(2, True), (5, False)])
def test_a_control_that_may_do_less_is_caught(calls: int, caught: bool) -> None:
    log = RunLog(header().model_copy(update={"conditions": (REFINEMENT, THERAPY)}))
    for name, made in ((REFINEMENT, calls), (THERAPY, 5)):
        spent = Spent(calls=made)
        log.add(DraftedText(scenario="s00", repeat=0, text="x"))
        log.add(RepliedText(scenario="s00", repeat=0, condition=name, text="y", spent=spent))
    found = "\n".join(warnings(log, comparison_metrics(log, SCENES, "default"), SCENES))
    assert ("the control is not as large as the treatment" in found) is caught


def test_what_failed_is_said() -> None:
    log = RunLog(header())
    log.add(DraftedText(scenario="s00", repeat=0, text="x"))
    log.add(RepliedText(scenario="s00", repeat=0, condition=REDRAW, failure="declined"))
    found = "\n".join(warnings(log, comparison_metrics(log, SCENES, "default"), SCENES))
    assert "1 of 1 replies failed" in found
    assert "drafts failed" not in found


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("I don't know. You're late.", "I do not know. You are late."),
        ("I can\u2019t.", "I cannot."),
        ("Fine.", "Fine"),
        ("Fine!", "Fine! "),
        (".", ". "),
    ],
)
def test_the_sham_says_the_same_in_other_letters(text: str, other: str) -> None:
    assert reworded(text) == other
