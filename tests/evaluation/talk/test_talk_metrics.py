"""The figures of whole conversations against hand-worked examples."""

import pytest

from bot.evaluation.datasets.talk_sets import TextLabel
from bot.evaluation.run_log import RunLog
from bot.evaluation.spent import Spent
from bot.evaluation.talk.judged_turns import HAND
from bot.evaluation.talk.judges import TEN_ANSWERS
from bot.evaluation.talk.talk_metrics import LookMetrics, TalkBenchmark, talk_benchmark
from bot.evaluation.talk.talk_report import talk_text
from bot.evaluation.talk_records import JudgedTalkText, TalkReview, TalkTurn
from bot.stats.intervals import Estimate
from tests.evaluation.talk.rooms import HEADER

FIT, UNFIT = TextLabel(send=True, need=4), TextLabel(send=False, need=1)
HURTS = TextLabel(send=False, need=2, findings=("narcissistic",))


def turn(
    at: int,
    works_on: bool,
    draft: TextLabel | None,
    reply: TextLabel | None,
    *,
    changed: bool = False,
    outcome: str = "sent",
) -> TalkTurn:
    """A turn with its labels; ``changed`` that the reply is another text."""
    return TalkTurn.model_validate(
        {
            "room": f"r{at}",
            "number": 1,
            "room_kind": ("glad", "hurt")[at % 2],
            "language": "en",
            "conversation": (("Ana", "hi"),),
            "draft": f"draft {at}",
            "review": TalkReview(works_on=works_on, reading=float(works_on)),
            "reworked": changed,
            "reply": f"reply {at}" if changed else f"draft {at}",
            "outcome": outcome,
            "draft_label": draft,
            "reply_label": reply,
            "spent": Spent(calls=6 if changed else 3, prompt_tokens=90, completion_tokens=10,
                           seconds=2.0 if changed else 1.0),
        }
        | ({"reply": None} if outcome != "sent" else {})
    )  # fmt: skip


TURNS = (
    turn(0, True, UNFIT, FIT, changed=True),
    turn(1, True, HURTS, UNFIT, changed=True),  # worth 0 before, 1 after: better, and still unfit
    turn(2, True, FIT, UNFIT, changed=True),
    turn(3, False, UNFIT, None),
    turn(4, False, FIT, None),
    turn(5, True, UNFIT, UNFIT, changed=True),
    turn(6, True, UNFIT, None, outcome="withheld"),
    turn(7, False, FIT, None),
)


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value


def figures(*turns: TalkTurn, values: dict[str, float] | None = None) -> TalkBenchmark:
    log = RunLog(HEADER)
    for one in turns:
        log.add(one)
        for version, text in one.texts.items():
            if values is not None and text in values:
                log.add(
                    JudgedTalkText(
                        room=one.room, number=1, version=version, judge=TEN_ANSWERS,
                        value=values[text], send=values[text] >= 50,
                    )
                )  # fmt: skip
    return talk_benchmark(log)


def look(found: TalkBenchmark, judge: str, group: str = "all") -> LookMetrics:
    (one,) = [one for one in found.judges if one.judge == judge]
    return next(row for row in one.looks if row.group == group)


def test_by_hand_labels() -> None:
    found = figures(*TURNS)
    overall = look(found, HAND)
    assert (found.rooms, found.turns, overall.turns) == (8, 8, 8)
    assert value(overall.in_need) == 5 / 8
    assert value(overall.recall) == 4 / 5
    assert value(overall.false_alarms) == 1 / 3
    assert value(overall.sent_fit) == 3 / 8  # what is withheld is nothing fit
    glad = look(found, HAND, "glad")
    assert (glad.turns, value(glad.recall), value(glad.false_alarms)) == (4, 1, 1 / 2)
    assert look(found, HAND, "hurt").by == "kind"


def test_what_a_round_did() -> None:
    (judge, *_) = figures(*TURNS).judges
    reworked, every = judge.changes
    assert (reworked.of, reworked.turns) == ("written anew", 4)
    assert [value(one) for one in (reworked.better, reworked.same, reworked.worse)] == [
        *(2 / 4, 1 / 4, 1 / 4)
    ]
    # All but the withheld one, which has no reply to compare.
    assert (every.turns, value(every.same)) == (7, 4 / 7)


def test_what_is_sent_and_what_it_takes() -> None:
    found = figures(*TURNS, turn(8, False, None, None, outcome="helped"))
    assert found.outcomes == {
        "the draft as it was": 3,
        "another text": 4,
        "withheld": 1,
        "help in danger": 1,
        "no turn": 0,
    }
    through, anew, every = found.costs
    assert (through.turns, through.calls, through.seconds) == (4, 3, 1)
    assert (anew.turns, anew.calls, anew.seconds, anew.tokens) == (4, 6, 2, 100)
    assert (every.turns, every.cost) == (8, None)


def test_a_judge_is_held_against_the_hand_labels() -> None:
    values = {"draft 0": 20.0, "reply 0": 80.0, "draft 2": 70.0, "reply 2": 72.0, "draft 3": 30.0}
    found = figures(*TURNS, values=values)
    (judge,) = [one for one in found.judges if one.judge == TEN_ANSWERS]
    # Fit by hand 80 and 70; not fit 20, 72 and 30.
    assert value(judge.area_by_hand) == 5 / 6
    assert judge.changes[0].turns == 2
    assert value(judge.changes[0].better) == 1 / 2  # 70 to 72 is within its noise
    assert "Against hand labels: area 0.83" in talk_text(found)


def test_without_hand_labels_the_table_says_so() -> None:
    bare = [one.model_copy(update={"draft_label": None, "reply_label": None}) for one in TURNS]
    found = figures(*bare, values={"draft 0": 20.0, "reply 0": 80.0})
    assert [one.judge for one in found.judges] == [TEN_ANSWERS]
    text = talk_text(found)
    assert "No hand labels" in text
    assert "## By ten answers" in text


@pytest.mark.parametrize("told", ["withheld", "written anew", "in need of work", "| glad"])
def test_the_tables_name_what_they_show(told: str) -> None:
    assert told in talk_text(figures(*TURNS))
