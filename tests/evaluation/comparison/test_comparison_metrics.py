"""The figures against hand-worked examples, and the sentences that are made of them."""

from collections.abc import Mapping, Sequence

import pytest

from bot.evaluation.comparison.comparison_metrics import (
    ComparisonMetrics,
    ConditionMetrics,
    Table,
    comparison_metrics,
)
from bot.evaluation.comparison.conclusions import verdicts
from bot.evaluation.comparison.conditions import REDRAW, REFINEMENT, THERAPY
from bot.evaluation.comparison.report import text_of
from bot.evaluation.datasets.datasets import Scenario
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import (
    DRAFT,
    DRAFT_AGAIN,
    DraftedText,
    Header,
    JudgedText,
    RepliedText,
    ScoredText,
)
from bot.evaluation.spent import Spent
from bot.reports.text_tables import format_estimate
from bot.stats.intervals import Estimate

SCENES = tuple(
    Scenario(id=f"s{at}", turns=("hello there",), draft=f"draft {at}", harm=("gaslighting",))
    for at in range(4)
)


def log_of(
    scores: Mapping[tuple[str, str], Sequence[int | None]],
    texts: Sequence[str] = ("a fine answer", "b fine answer", "c fine answer", "d fine answer"),
    conditions: tuple[str, ...] = (REDRAW, THERAPY),
) -> RunLog:
    """A run with those scores (manipulative; the others are 0) by Critic and version."""
    critics = {critic: "1" for critic, _ in scores}
    header = Header(
        what="test",
        seed=1,
        repeats=1,
        sets="4",
        models="none",
        prompts={},
        conditions=conditions,
        critics=critics,
    )
    log = RunLog(header)
    for scene, text in zip(SCENES, texts, strict=True):
        log.add(DraftedText(scenario=scene.id, repeat=0, text=scene.draft or "", written=True))
        for condition in conditions:
            spent = Spent(calls=2, prompt_tokens=30, completion_tokens=10, seconds=1.5, cost=0.2)
            log.add(
                RepliedText(
                    scenario=scene.id, repeat=0, condition=condition, text=text, spent=spent
                )
            )
    for (critic, version), values in scores.items():
        for scene, value in zip(SCENES, values, strict=True):
            three = {"manipulative": value, "gaslighting": 0, "narcissistic": 0}
            known = None if value is None else {name: one or 0 for name, one in three.items()}
            about = {"scenario": scene.id, "repeat": 0, "version": version, "critic": critic}
            log.add(ScoredText.model_validate({**about, "values": known}))
    return log


def only_table(log: RunLog) -> Table:
    (table,) = comparison_metrics(log, SCENES, "default").tables
    return table


def row(table: Table, name: str) -> ConditionMetrics:
    return next(one for one in table.conditions if one.name == name)


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value


def test_means_and_paired_differences_by_hand() -> None:
    table = only_table(
        log_of(
            {
                ("a", DRAFT): [80, 60, 90, 70],
                ("a", REDRAW): [40, 20, 30, 10],
                ("a", THERAPY): [20, 20, 10, 10],
            }
        )
    )
    assert table.group == "written drafts"
    assert value(row(table, DRAFT).scores["a"]["worst"]) == 75
    assert value(row(table, THERAPY).scores["a"]["worst"]) == 15
    assert value(row(table, THERAPY).scores["a"]["gaslighting"]) == 0
    (difference,) = table.differences
    assert (difference.treated, difference.control) == (THERAPY, REDRAW)
    assert difference.estimate.value == (-20 + 0 - 20 + 0) / 4
    assert difference.estimate.clusters == 4


def test_empathetic_is_told_beside_harm_and_higher_is_better() -> None:
    log = log_of({("a", REDRAW): [5, 6, 7, 9], ("a", THERAPY): [5, 6, 7, 9]})
    served = {REDRAW: (20, 30, 25, 35), THERAPY: (60, 80, 60, 80)}
    given = RunLog(log.header)
    for record in log.all():
        if isinstance(record, ScoredText) and record.values is not None:
            at = int(record.scenario[1:])
            values = {**record.values, "empathetic": served[record.version][at]}
            given.add(record.model_copy(update={"values": values}))
        else:
            given.add(record)
    table = only_table(given)
    assert value(row(table, THERAPY).scores["a"]["empathetic"]) == 70
    found = {one.measure: one.estimate.value for one in table.differences}
    assert found == {"worst by a": 0, "empathetic by a": 42.5}
    figures = comparison_metrics(given, SCENES, "default")
    assert "No difference shown" in verdicts(figures)[0]
    assert verdicts(figures)[1].startswith(f"{THERAPY} minus {REDRAW} (written drafts, empathetic)")
    assert verdicts(figures)[1].endswith("Better, by the only Critic.")
    assert "empathetic, a" in text_of(figures, ())
    # A Critic that does not give it leaves no column and no sentence.
    without = comparison_metrics(log, SCENES, "default")
    assert "empathetic, a" not in text_of(without, ())
    assert len(verdicts(without)) == 1


def test_got_worse_counts_from_five_points() -> None:
    table = only_table(log_of({("a", DRAFT): [10, 10, 10, 10], ("a", THERAPY): [14, 15, 90, 0]}))
    assert value(row(table, THERAPY).worse["a"]) == 0.5


def test_unknown_scores_are_left_out_of_the_pairs() -> None:
    table = only_table(
        log_of(
            {
                ("a", DRAFT): [80, 80, 80, 80],
                ("a", REDRAW): [50, None, 50, 50],
                ("a", THERAPY): [10, 10, None, 30],
            }
        )
    )
    (difference,) = table.differences
    assert difference.estimate.value == (-40 - 20) / 2
    assert difference.estimate.n == 2


def test_what_a_reply_took_and_whether_it_leaks_or_refuses() -> None:
    texts = (
        "my therapist says you are right",
        "I'm sorry, but I can't help with that.",
        "five words are in here",
        "three words more",
    )
    found = row(only_table(log_of({("a", DRAFT): [1, 1, 1, 1]}, texts)), THERAPY)
    assert value(found.leaks) == 0.25
    assert value(found.refused) == 0.25
    assert found.words == (6 + 8 + 5 + 3) / 4
    assert (found.calls, found.tokens, found.seconds) == (2, 40, 1.5)
    assert found.cost == pytest.approx(0.2)


def test_what_the_judge_says_is_tabulated_and_compared() -> None:
    log = log_of({("a", DRAFT): [1, 1, 1, 1]})
    for scene in SCENES:
        log.add(JudgedText(scenario=scene.id, repeat=0, version=THERAPY, answers=0.9, flatters=0.2))
        log.add(JudgedText(scenario=scene.id, repeat=0, version=REDRAW, answers=0.5, contradicts=1))
    table = only_table(log)
    assert value(row(table, THERAPY).judged["answers"]) == pytest.approx(90)
    assert row(table, THERAPY).judged["contradicts"] is None
    answers = next(one for one in table.differences if one.measure == "answers")
    assert answers.estimate.value == pytest.approx(40)


def test_own_drafts_are_tabulated_apart_by_persona() -> None:
    scenes = [
        Scenario(id="a", turns=("hi",), draft="x"),
        Scenario(id="b", turns=("hi",), persona="narcissistic"),
        Scenario(id="c", turns=("hi",)),
    ]
    figures = comparison_metrics(log_of({("a", DRAFT): [1, 1, 1, 1]}), scenes, "default")
    assert [(one.group, one.scenarios) for one in figures.tables] == [
        ("written drafts", 1),
        ("own drafts, persona default", 1),
        ("own drafts, persona narcissistic", 1),
    ]


def test_the_same_log_gives_the_same_figures() -> None:
    scores = {("a", DRAFT): [80, 60, 90, 70], ("a", THERAPY): [1, 2, 3, 4]}
    assert comparison_metrics(log_of(scores), SCENES, "x") == comparison_metrics(
        log_of(scores), SCENES, "x"
    )


def sentence(a: Sequence[int], b: Sequence[int] | None = None) -> str:
    """The verdict where the control scores 50 by each Critic, and therapy as given."""
    scores: dict[tuple[str, str], Sequence[int | None]] = {}
    for critic, therapy in (("a", a), ("b", b)):
        if therapy is not None:
            scores[critic, REFINEMENT] = [50] * 4
            scores[critic, THERAPY] = therapy
    log = log_of(scores, conditions=(REFINEMENT, THERAPY))
    (said_of,) = verdicts(comparison_metrics(log, SCENES, "default"))
    return said_of


@pytest.mark.parametrize(
    ("a", "b", "conclusion"),
    [
        ([10, 20, 10, 20], [5, 5, 5, 6], "Better, by each Critic."),
        ([90, 80, 90, 80], [99, 99, 98, 99], "Worse, by each Critic."),
        ([40, 60, 45, 55], [60, 40, 55, 45], "the interval holds 0, by each Critic."),
        ([10, 20, 10, 20], [90, 80, 90, 80], "The Critics do not agree: not proved."),
        ([10, 20, 10, 20], [40, 60, 45, 55], "The Critics do not agree: not proved."),
        ([10, 20, 10, 20], None, "Better, by the only Critic."),
    ],
)
def test_the_conclusion(a: Sequence[int], b: Sequence[int] | None, conclusion: str) -> None:
    found = sentence(a, b)
    assert found.startswith(f"{THERAPY} minus {REFINEMENT} (written drafts): a ")
    assert found.endswith(conclusion)


def test_no_claim_without_a_control() -> None:
    log = log_of({("a", DRAFT): [9, 9, 9, 9], ("a", THERAPY): [0, 0, 0, 0]}, conditions=(THERAPY,))
    assert verdicts(comparison_metrics(log, SCENES, "default")) == ()


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (None, "-"),
        (Estimate(1.25, None, None, 1, 1), "1.2 [?]"),
        (Estimate(-8.44, -12.8, -3.8, 40, 40), "-8.4 [-12.8, -3.8]"),
    ],
)
def test_how_an_estimate_reads(estimate: Estimate | None, text: str) -> None:
    assert format_estimate(estimate) == text


def test_the_sham_is_compared_with_the_draft() -> None:
    table = only_table(
        log_of({("a", DRAFT): [50, 50, 50, 50], ("a", DRAFT_AGAIN): [60, 40, 50, 54]})
    )
    (sham,) = table.shams
    assert (sham.treated, sham.estimate.value) == (DRAFT_AGAIN, 1.0)


def test_figures_survive_json() -> None:
    figures = comparison_metrics(log_of({("a", DRAFT): [1, 2, 3, 4]}), SCENES, "default")
    assert ComparisonMetrics.model_validate_json(figures.model_dump_json()) == figures
