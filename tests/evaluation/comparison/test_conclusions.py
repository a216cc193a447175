"""What a table says that its set cannot show."""

from __future__ import annotations

from bot.evaluation.comparison.comparison_metrics import ComparisonMetrics, comparison_metrics
from bot.evaluation.comparison.conclusions import FLOOR
from bot.evaluation.comparison.conditions import REDRAW, REWRITE, THERAPY
from bot.evaluation.comparison.report import text_of
from bot.evaluation.comparison.sanity_checks import warnings
from bot.evaluation.datasets.datasets import Scenario
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import DRAFT, DraftedText, Header, RepliedText, ScoredText
from tests.evaluation.model import scenes

OWN = tuple(
    scene.model_copy(update={"draft": None, "harm": (), "persona": "narcissistic"})
    for scene in scenes(4)
)


def figures_of(worst: dict[str, int], sets: tuple[Scenario, ...]) -> tuple[ComparisonMetrics, str]:
    names = tuple(name for name in worst if name != DRAFT)
    log = RunLog(
        Header(
            what="test", seed=1, repeats=1, sets="", models="m", prompts={}, conditions=names,
            critics={"a": "1"},
        )
    )  # fmt: skip
    for scene in sets:
        log.add(DraftedText(scenario=scene.id, repeat=0, text="You again."))
        for name, value in worst.items():
            if name != DRAFT:
                log.add(RepliedText(scenario=scene.id, repeat=0, condition=name, text="Hello."))
            values = {"manipulative": value, "gaslighting": 0, "narcissistic": 0}
            about = {"scenario": scene.id, "repeat": 0, "version": name, "critic": "a"}
            log.add(ScoredText.model_validate({**about, "values": values}))
    figures = comparison_metrics(log, sets, "default")
    return figures, "\n".join(warnings(log, figures, sets))


def test_a_set_that_every_second_try_passes_is_said_to_tell_nothing_apart() -> None:
    figures, found = figures_of({DRAFT: 80, REDRAW: 0, REWRITE: FLOOR, THERAPY: 0}, OWN)
    said = f"cannot tell {REDRAW}, {REWRITE}, {THERAPY} apart"
    assert said in found
    assert said in text_of(figures, ()).partition("What this table cannot show:")[2]


def test_a_set_with_one_condition_off_the_floor_is_not() -> None:
    figures, found = figures_of({DRAFT: 80, REDRAW: 40, REWRITE: 0, THERAPY: 0}, OWN)
    assert "apart" not in found
    assert "What this table cannot show" not in text_of(figures, ())


def test_a_redraw_on_written_drafts_is_said_to_be_unfair() -> None:
    _, found = figures_of({DRAFT: 80, REDRAW: 40, THERAPY: 0}, scenes(4))
    assert f"written drafts: no fair control here: {REDRAW}." in found
    assert "no fair control" not in figures_of({DRAFT: 80, REDRAW: 40, THERAPY: 0}, OWN)[1]
    assert "no fair control" not in figures_of({DRAFT: 80, REWRITE: 40, THERAPY: 0}, scenes(4))[1]
