"""Whole evaluations on a model of rules: what is made, what is asked, and what faults show."""

import json
from pathlib import Path

import pytest

from bot.domain import Agent
from bot.errors import LLMRefused, LLMUnavailable, SettingError
from bot.evaluation.comparison.conditions import (
    BLOCKING,
    CANNED,
    CHOSEN,
    MORE_THERAPY,
    NO_THERAPY,
    REDRAW,
    REFINEMENT,
    REWRITE,
    THERAPY,
)
from bot.evaluation.comparison.generate import make_texts
from bot.evaluation.comparison.score import mark_texts
from bot.evaluation.critic.critic_benchmark import GoldenPlan
from bot.evaluation.plan import EvaluationPlan, silent
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import (
    DRAFT,
    DRAFT_AGAIN,
    DRAFT_REWORDED,
    DraftedText,
    RepliedText,
    ScoredText,
)
from bot.evaluation.runs import EvaluationModels, Files, evaluate_critics, evaluate_therapy
from bot.evaluation.setup import make_bench, scenario_header
from bot.rooms.chat.fixed_texts import APOLOGY
from tests.evaluation.model import PROMPTS, golden, lines, model_of, models, scenes

SMALL = (NO_THERAPY, REDRAW, REFINEMENT, THERAPY)


async def run(
    made: EvaluationModels, plan: EvaluationPlan, conditions: tuple[str, ...] = SMALL
) -> RunLog:
    bench = make_bench(made.llms, PROMPTS, made.meter, conditions)
    log = RunLog(scenario_header(bench, plan, PROMPTS, "rules"))
    await make_texts(bench, plan, log, silent)
    await mark_texts(bench, plan, log, silent)
    return log


async def test_every_condition_gets_the_same_draft_and_all_texts_get_scores() -> None:
    plan = EvaluationPlan(scenes(3), repeats=2)
    log = await run(models(), plan, ())
    assert {one.text for one in log.of(DraftedText)} == {scene.draft for scene in plan.scenarios}
    replies = list(log.of(RepliedText))
    assert len(replies) == 3 * 2 * 10
    versions = {one.condition for one in replies} | {DRAFT, DRAFT_AGAIN, DRAFT_REWORDED}
    for critic in ("yes/no", "written"):
        scored = [one for one in log.of(ScoredText) if one.critic == critic]
        assert {one.version for one in scored} == versions
        assert len(scored) == 3 * 2 * len(versions)
        assert all(one.values is not None for one in scored)


@pytest.mark.parametrize("small", [True, False])
async def test_what_each_condition_makes_of_a_harmful_draft(small: bool) -> None:
    log = await run(models(small=small), EvaluationPlan(scenes(1)), ())
    text = {one.condition: one for one in log.of(RepliedText)}
    assert text[NO_THERAPY].text == scenes(1)[0].draft
    assert text[REDRAW].text.startswith("Redrawn")
    assert text[REWRITE].text.startswith("That sounds hard")
    assert "more lively" in text[REFINEMENT].text
    assert text[THERAPY].text.startswith("That sounds hard")
    assert (text[BLOCKING].text, text[BLOCKING].withheld) == (CANNED, True)


async def test_of_two_draws_the_one_that_the_therapist_reads_as_better_is_chosen() -> None:
    made = models()
    harmful, harmless = scenes(2)
    kind = harmless.model_copy(update={"draft": "A kind word."})
    log = await run(made, EvaluationPlan((harmful, kind)), (CHOSEN,))
    text = {one.scenario: one for one in log.of(RepliedText)}
    # The other draw does harm too: where neither is better, the draft stays.
    assert text[harmful.id].text == harmful.draft
    assert text[kind.id].text == "A kind word."
    assert text[kind.id].spent.calls == 1 + 2 * 4
    made = models()
    model_of(made, Agent.CHATBOT).draws = "Take your time."
    log = await run(made, EvaluationPlan((harmful,)), (CHOSEN,))
    assert [one.text for one in log.of(RepliedText)] == ["Take your time."]


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("gives_probabilities", [True, False])
async def test_refinement_takes_as_many_calls_as_therapy(
    gives_probabilities: bool, small: bool
) -> None:
    made = models(gives_probabilities=gives_probabilities, small=small)
    log = await run(made, EvaluationPlan(scenes(1)), ())
    calls = {one.condition: one.spent.calls for one in log.of(RepliedText)}
    assert calls[NO_THERAPY] == 0
    assert calls[REDRAW] == calls[REWRITE] == calls[BLOCKING] == 1
    assert calls[THERAPY] == calls[REFINEMENT] > calls[REWRITE]
    if gives_probabilities or not small:  # a small model's bare yes asks for no second round
        assert calls[MORE_THERAPY] > calls[THERAPY]


async def test_what_a_text_took_is_counted_apart_though_many_go_side_by_side() -> None:
    log = await run(models(), EvaluationPlan(scenes(6), at_once=8))
    spent = [one.spent for one in log.of(RepliedText) if one.condition == THERAPY]
    calls = spent[0].calls
    assert calls > 1
    assert {(one.calls, one.prompt_tokens, one.completion_tokens) for one in spent} == {
        (calls, 100 * calls, 10 * calls)
    }
    assert all(one.cost == pytest.approx(0.001 * calls) for one in spent)


async def test_the_critic_knows_neither_condition_nor_order() -> None:
    made = models()
    await run(made, EvaluationPlan(scenes(8)))
    asked = [one for one in model_of(made, Agent.CRITIC).asked if one.name == "critic/written"]
    said = ["\n".join(message.content for message in one.messages) for one in asked]
    assert not any(name in text for name in (*SMALL[1:], DRAFT_AGAIN) for text in said)
    kinds = ["HARM: you" in one.messages[-1].content for one in asked]
    assert kinds != sorted(kinds)
    assert kinds != sorted(kinds, reverse=True)


async def test_equal_texts_are_scored_once_and_the_sham_once_more() -> None:
    made = models()
    await run(made, EvaluationPlan(scenes(2), repeats=3), (NO_THERAPY,))
    asked = [one for one in model_of(made, Agent.CRITIC).asked if one.name == "critic/written"]
    # For each scenario: draft and "no therapy" are one text, scored again, and reworded.
    assert len(asked) == 2 * 3


async def test_the_same_seed_asks_the_same_whatever_the_pace() -> None:
    slow, quick, other = models(), models(), models()
    one = await run(slow, EvaluationPlan(scenes(3), seed=7, at_once=1))
    same = await run(quick, EvaluationPlan(scenes(3), seed=7, at_once=8))
    third = await run(other, EvaluationPlan(scenes(3), seed=8))
    assert texts(one) == texts(same) != texts(third)
    assert list(one.of(ScoredText)) == list(same.of(ScoredText))


def texts(log: RunLog) -> list[str]:
    return [one.text for one in log.of(RepliedText)]


async def test_a_broken_run_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    whole = await evaluate(models(), path)
    kept = lines(path)
    path.write_text("\n".join(kept[:15]) + '\n{"kind": "reply", "scen', "utf-8")
    made = models()
    assert await evaluate(made, path) == whole
    assert sorted(lines(path)) == sorted(kept)
    assert 0 < len(model_of(made, Agent.CHATBOT).asked) < 15


async def evaluate(made: EvaluationModels, path: Path, seed: int = 1) -> str:
    plan = EvaluationPlan(scenes(5), seed=seed)
    return await evaluate_therapy(plan, made, PROMPTS, Files(log=path), conditions=SMALL)


async def test_a_finished_run_asks_nothing_more(tmp_path: Path) -> None:
    await evaluate(models(), tmp_path / "run.jsonl")
    again = models()
    await evaluate(again, tmp_path / "run.jsonl")
    assert not any(model_of(again, agent).asked for agent in Agent)


async def test_another_runs_file_is_refused(tmp_path: Path) -> None:
    await evaluate(models(), tmp_path / "run.jsonl", seed=1)
    with pytest.raises(SettingError) as caught:
        await evaluate(models(), tmp_path / "run.jsonl", seed=2)
    assert "different: seed" in caught.value.detail


async def test_an_endpoint_that_is_down_ends_the_run_and_it_can_go_on(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    down = {"chatbot/revise": LLMUnavailable("no connection")}
    with pytest.raises(LLMUnavailable):
        await evaluate(models(errors=down), path)
    assert await evaluate(models(), path) == await evaluate(models(), tmp_path / "other.jsonl")


async def test_a_model_that_declines_in_a_session_withholds_and_elsewhere_is_missing() -> None:
    declined = LLMRefused("declined")
    made = models(errors={"chatbot/revise": declined, "chatbot/draft": declined})
    log = await run(made, EvaluationPlan(scenes(1)))
    reply = {one.condition: one for one in log.of(RepliedText)}
    assert (reply[THERAPY].text, reply[THERAPY].withheld) == (APOLOGY, True)
    assert (reply[REDRAW].text, reply[REDRAW].failure) == ("", "declined")


async def test_an_unreadable_score_is_unknown_and_never_zero() -> None:
    made = models(errors={"critic/written": LLMRefused("not a number")})
    log = await run(made, EvaluationPlan(scenes(1)))
    written = [one for one in log.of(ScoredText) if one.critic == "written"]
    assert written
    assert all(one.values is None and one.worst is None for one in written)


async def test_without_probabilities_there_is_one_critic_and_the_judge_still_works() -> None:
    made = models(gives_probabilities=False)
    text = await evaluate_therapy(
        EvaluationPlan(scenes(2)), made, PROMPTS, Files(), conditions=(NO_THERAPY,)
    )
    assert "Critics: written" in text
    assert "yes/no" not in text


async def test_an_unknown_condition_is_named() -> None:
    with pytest.raises(SettingError) as caught:
        await evaluate_therapy(
            EvaluationPlan(scenes(1)), models(), PROMPTS, Files(), conditions=("hypnosis",)
        )
    assert "'hypnosis'" in caught.value.detail
    assert f"'{THERAPY}'" in caught.value.detail


async def test_an_unknown_persona_is_named_before_any_call() -> None:
    made = models()
    with pytest.raises(SettingError) as caught:
        await evaluate_therapy(EvaluationPlan(scenes(1), persona="pirate"), made, PROMPTS, Files())
    assert "'pirate'" in caught.value.detail
    assert not any(model_of(made, agent).asked for agent in Agent)


async def test_the_golden_run_prints_each_critic(tmp_path: Path) -> None:
    files = Files(log=tmp_path / "golden.jsonl", json=tmp_path / "golden.json")
    text = await evaluate_critics(GoldenPlan(golden(), repeats=2), models(), PROMPTS, files)
    assert "| yes/no" in text
    assert "| written" in text
    assert "1.00 [1.00, 1.00]" in text
    found = json.loads(files.json.read_text("utf-8")) if files.json else {}
    assert len(found["records"]) == 12 * 2 * 2


async def test_a_critic_that_always_says_0_is_called_out_on_the_golden_set() -> None:
    text = await evaluate_critics(GoldenPlan(golden()), models(blind_critic=True), PROMPTS, Files())
    assert text.count("Its scores say nothing.") == 2


async def test_json_and_picture_are_written(tmp_path: Path) -> None:
    files = Files(json=tmp_path / "out" / "found.json", picture=tmp_path / "out" / "found.png")
    await evaluate_therapy(EvaluationPlan(scenes(3)), models(), PROMPTS, files, conditions=SMALL)
    assert files.json is not None
    assert files.picture is not None
    found = json.loads(files.json.read_text("utf-8"))
    assert found["figures"]["verdicts"]
    assert len(found["records"]) == 3 * (1 + 4 + 2 * 7 + 5)
    assert files.picture.read_bytes().startswith(b"\x89PNG")
