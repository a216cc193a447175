"""The Therapist on labelled drafts: figures by hand, files, and a run that goes on."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app.llm_factory import AgentModels
from bot.domain import Agent
from bot.errors import LLMRefused, LLMUnavailable, SettingError
from bot.evaluation import command
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Header
from bot.evaluation.runs import Files
from bot.evaluation.talk_records import ReviewedDraft
from bot.evaluation.therapist.command import (
    TherapistOptions,
    evaluate_therapist,
    run_therapist_evaluation,
)
from bot.evaluation.therapist.therapist_benchmark import TherapistPlan
from bot.evaluation.therapist.therapist_metrics import TherapistBenchmark, therapist_benchmark
from bot.llm.protocol import RecordCall
from bot.settings import Settings
from bot.stats.intervals import Estimate
from tests.evaluation.labelled import ROW, labelled, write_set
from tests.evaluation.model import PROMPTS, RuleModel, lines, model_of, models

HEADER = Header(
    what="Therapist on labelled drafts, persona default",
    seed=1,
    repeats=1,
    sets="few",
    models="rules",
    prompts={},
    critics={},
)


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value


def reckoned(*readings: float) -> TherapistBenchmark:
    """The figures of a run with these readings of the labelled rows, works on from 1."""
    log = RunLog(HEADER)
    for row, reading in zip(labelled(), readings, strict=True):
        named = ("unheard",) if reading == 2 else ()
        log.add(
            ReviewedDraft(
                id=row.id,
                situation=row.situation,
                draft_kind=row.kind,
                language=row.language,
                split=row.split,
                way=row.way,
                label=row.label,
                works_on=reading >= 1,
                reading=reading,
                named=named,
            )
        )
    return therapist_benchmark(log)


def test_figures_by_hand() -> None:
    figures = reckoned(3, 2, 0, 1, 0, 0, 3, 0, 1, 3, 2, 0)
    overall = figures.groups[0]
    assert (overall.group, overall.n, overall.unfit) == ("all", 12, 8)
    assert value(overall.recall) == 6 / 8
    assert value(overall.false_alarms) == 1 / 4
    # Unfit 3 2 1 0 3 0 3 2 against fit 0 0 1 0: 32 pairs, 23 right and 7 ties.
    assert value(overall.area) == (23 + 7 / 2) / 32
    kinds = {one.group: one for one in figures.groups if one.by == "kind"}
    assert value(kinds["glad"].recall) == 3 / 4
    assert value(kinds["hurt"].false_alarms) == 0
    assert {one.group for one in figures.groups if one.by == "language"} == {"de", "en"}
    assert not [one for one in figures.groups if one.by in ("split", "way")]
    found = {one.finding: one for one in figures.findings}
    assert (found["unheard"].n, value(found["unheard"].recall)) == (4, 2 / 4)
    assert value(found["unheard"].named) == 2 / 4
    assert value(found["narcissistic"].recall) == 1
    assert found["leak"].recall is None
    assert figures.pairs == 8
    assert value(figures.right_order) == (1 + 1 + 1 + 0.5 + 1 + 0 + 1 + 1) / 8
    assert figures.graded


def test_a_yes_or_no_is_no_graded_reading() -> None:
    assert not reckoned(1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0).graded


async def test_what_the_therapist_finds_on_the_set(tmp_path: Path) -> None:
    made = models()
    files = Files(log=tmp_path / "run.jsonl", json=tmp_path / "found.json")
    text = await evaluate_therapist(TherapistPlan(labelled()), made, PROMPTS, files)
    # It sees the harm, which is half of the unfit drafts, and not what passes over the person.
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    cells = {row[0]: row[1:] for row in rows if row}
    assert cells["all"][:2] == ["12", "8"]
    assert cells["all"][2].startswith("50 %")
    assert cells["narcissistic"][1].startswith("100 %")
    assert cells["unheard"][1].startswith("0 %")
    record = json.loads((tmp_path / "found.json").read_text("utf-8"))["records"][0]
    assert (record["id"], record["works_on"], record["needs"]) == (
        "t0-0",
        True,
        "hear a kind word",
    )
    assert record["spent"]["calls"] == len(model_of(made, Agent.THERAPIST).asked) / 12


async def test_drafts_are_reviewed_in_mixed_order_and_without_their_labels() -> None:
    made = models()
    await evaluate_therapist(TherapistPlan(labelled(), at_once=1), made, PROMPTS, Files())
    asked = model_of(made, Agent.THERAPIST).asked
    said = ["\n".join(message.content for message in prompt.messages) for prompt in asked]
    assert not any("unheard" in text for text in said)
    days = [text.split("a long day number ")[-1][0] for text in said]
    assert days != sorted(days)


async def test_a_broken_run_goes_on_and_gives_the_same_table(tmp_path: Path) -> None:
    whole = await evaluate_therapist(TherapistPlan(labelled()), models(), PROMPTS, Files())
    files, broken = Files(log=tmp_path / "run.jsonl"), models()
    therapist = model_of(broken, Agent.THERAPIST)
    await evaluate_therapist(TherapistPlan(labelled()), broken, PROMPTS, files)
    calls = len(therapist.asked)
    kept = lines(tmp_path / "run.jsonl")
    (tmp_path / "run.jsonl").write_text("\n".join(kept[:8]) + '\n{"kind": "rev', "utf-8")
    therapist.asked.clear()
    again = await evaluate_therapist(TherapistPlan(labelled()), broken, PROMPTS, files)
    assert again == whole
    assert len(therapist.asked) == calls * 5 / 12  # seven of twelve were kept
    assert len(lines(tmp_path / "run.jsonl")) == 13


async def test_a_review_that_fails_is_counted_and_an_endpoint_that_is_down_ends_the_run() -> None:
    made = models()
    model_of(made, Agent.THERAPIST).errors["therapist/person"] = LLMRefused("it would not")
    text = await evaluate_therapist(TherapistPlan(labelled()), made, PROMPTS, Files())
    assert "12 reviews failed" in text
    model_of(made, Agent.THERAPIST).errors["therapist/person"] = LLMUnavailable("down")
    with pytest.raises(LLMUnavailable):
        await evaluate_therapist(TherapistPlan(labelled()), made, PROMPTS, Files())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[RuleModel]:
    """Every model that the command opens."""
    monkeypatch.chdir(tmp_path)
    made: list[RuleModel] = []

    @asynccontextmanager
    async def open_rules(
        settings: Settings, record: RecordCall, *, agents: Iterable[Agent]
    ) -> AsyncIterator[AgentModels]:
        by_agent = {agent: RuleModel(agent, record) for agent in agents}
        made.extend(by_agent.values())
        yield AgentModels(by_agent, "rules")

    monkeypatch.setattr(command, "open_llms", open_rules)
    return made


async def test_the_table_is_reckoned_again_without_a_model(
    tmp_path: Path, opened: list[RuleModel]
) -> None:
    own = write_set(tmp_path / "own.jsonl", *(row.model_dump(mode="json") for row in labelled()))
    found = tmp_path / "found.json"
    options = TherapistOptions(golden=own, files=Files(json=found))
    first = await run_therapist_evaluation(Settings(), options)
    assert [model.agent for model in opened] == [Agent.THERAPIST]
    assert (tmp_path / "data/evaluation/therapist.jsonl").exists()
    opened.clear()
    again = await run_therapist_evaluation(Settings(), TherapistOptions(reckon_from=found))
    assert again == first
    assert not opened


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("[]", "not a file that --json has written"),
        ('{"header": {}, "records": []}', "the header: "),
        ("no", "not a file that --json has written"),
        (
            json.dumps({"header": HEADER.model_dump(mode="json"), "records": [{"kind": "review"}]}),
            "record 1: ",
        ),
        (
            json.dumps(
                {
                    "header": HEADER.model_copy(update={"what": "golden set"}).model_dump(),
                    "records": [],
                }
            ),
            "it holds another kind of run (golden set)",
        ),
    ],
)
async def test_a_file_to_reckon_from_that_is_wrong_is_named(
    tmp_path: Path, text: str, said_of_it: str
) -> None:
    (tmp_path / "found.json").write_text(text, "utf-8")
    with pytest.raises(SettingError) as caught:
        await run_therapist_evaluation(
            Settings(), TherapistOptions(reckon_from=tmp_path / "found.json")
        )
    assert "found.json" in caught.value.detail
    assert said_of_it in caught.value.detail


async def test_a_wrong_line_is_named_before_a_model_is_opened(
    tmp_path: Path, opened: list[RuleModel]
) -> None:
    own = write_set(tmp_path / "own.jsonl", ROW, {**ROW, "id": "two", "need": 9})
    with pytest.raises(SettingError) as caught:
        await run_therapist_evaluation(Settings(), TherapistOptions(golden=own))
    assert "own.jsonl:2: need: " in caught.value.detail
    assert not opened


async def test_of_ones_own_set_every_part_is_read_unless_one_is_named(
    tmp_path: Path, opened: list[RuleModel]
) -> None:
    own = write_set(tmp_path / "own.jsonl", ROW, {**ROW, "id": "two", "split": "train"})
    text = await run_therapist_evaluation(
        Settings(), TherapistOptions(golden=own, files=Files(log=tmp_path / "a.jsonl"))
    )
    assert "set 2 rows" in text
    text = await run_therapist_evaluation(
        Settings(), TherapistOptions(golden=own, split="train", files=Files(log=tmp_path / "b"))
    )
    assert "set 1 rows" in text
