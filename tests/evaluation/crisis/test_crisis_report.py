"""The tables of the rules for crises: which harmless rows count where."""

from bot.domain.crisis import CrisisKind, CrisisSign
from bot.evaluation.crisis.crisis_benchmark import CrisisBenchmark, CrisisResult
from bot.evaluation.crisis.crisis_report import COMPLAINT, EVERYDAY, crisis_text
from bot.evaluation.datasets.datasets import CrisisRow

ALARM = CrisisSign(CrisisKind.SUICIDE, False, "en", "en-any")


def results(kind: str, number: int, alarms: int) -> list[CrisisResult]:
    return [
        CrisisResult(
            CrisisRow(id=f"{kind}-{at}", messages=("hm",), crisis=False, kind=kind, language="en"),
            ALARM if at < alarms else None,
        )
        for at in range(number)
    ]


def test_complaints_and_everyday_lines_are_told_apart_from_the_look_alikes() -> None:
    told = crisis_text(
        CrisisBenchmark(
            (
                *results("look-alike", 20, 1),
                *results(COMPLAINT, 10, 5),
                *results(EVERYDAY, 10, 0),
            ),
            per_second=1.0,
        )
    )
    (row,) = (line for line in told.splitlines() if line.startswith("| en "))
    assert row.split("|")[2].strip() == "40"
    assert row.split("|")[-2].strip().startswith("5 % ")
    assert "Complaints: 5 alarms in 10, 50 % " in told
    assert "Everyday lines: 0 alarms in 10, 0 % " in told
    assert told.splitlines()[-1] == "recall -, false alarms 0.150, n 40"


def test_a_set_without_complaints_says_nothing_of_them() -> None:
    told = crisis_text(CrisisBenchmark(tuple(results("look-alike", 20, 1)), per_second=1.0))
    assert "Complaints" not in told
