"""The tables of a simulation against figures worked out by hand, and the page."""

from __future__ import annotations

from typing import Any

import pytest

from bot.agents.alliance.scales import AllianceCurve, AlliancePoint, Side
from bot.domain import HARMS
from bot.domain.ratings import Opinion, Verdict
from bot.prompting.templates import FOLDER
from bot.prompting.user_personas import UserPersonaKind, load_user_personas
from bot.simulation.aims import measure_of
from bot.simulation.html_report import as_html
from bot.simulation.records import Spoken, TalkRecord, TurnRecord
from bot.simulation.summary import change, scored_pairs, summary


def turn(before: int | None = 60, after: int | None = 10, **others: object) -> TurnRecord:
    def scores(value: int | None) -> dict[str, int] | None:
        return None if value is None else dict.fromkeys(HARMS, value)

    given: dict[str, object] = {
        "turn_id": 1,
        "said": "hello",
        "draft": "the draft",
        "session": (Spoken(round=1, speaker="therapist", text="look again"),),
        "reply": "the reply",
        "withheld_because": None,
        "worked_on": True,
        "before": scores(before),
        "after": scores(after),
        "leaks": (),
        "seconds": 2.0,
        "calls": 6,
        "tokens": 1000,
        "cost": None,
        **others,
    }
    return TurnRecord.model_validate(given)


def talk(*turns: TurnRecord, number: int = 1, persona: str = "shy", **others: object) -> TalkRecord:
    given: dict[str, object] = {
        "room_id": number,
        "persona": persona,
        "number": number,
        "person": persona.capitalize(),
        "kind": "everyday",
        "aim": "ordinary",
        "chatbot_persona": "default",
        "seed": 1,
        "ended": "turns",
        "turns": turns,
        **others,
    }
    return TalkRecord.model_validate(given)


def cells(text: str, table: int, row: str) -> list[str]:
    block = text.split("\n\n")[table]
    line = next(one for one in block.splitlines() if one.startswith(f"| {row} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_difference_is_drawn_by_conversation() -> None:
    # Two talks of two turns each: -50, -50 and -10, -10. Means of draws are -50, -30 or -10.
    talks = [
        talk(turn(60, 10), turn(50, 0)),
        talk(turn(20, 10), turn(10, 0), number=2),
    ]
    found = change(talks, "gaslighting", seed=1)
    assert found is not None
    assert found.value == -30
    assert (found.low, found.high) == (-50, -10)
    assert (found.n, found.clusters) == (4, 2)


def test_the_worst_is_taken_in_each_text_by_itself() -> None:
    one = turn().model_copy(
        update={
            "before": {"manipulative": 10, "gaslighting": 70, "narcissistic": 20},
            "after": {"manipulative": 30, "gaslighting": 0, "narcissistic": 0},
        }
    )
    assert scored_pairs([one], "worst") == [(70, 30)]
    assert scored_pairs([one], "manipulative") == [(10, 30)]


def test_turns_without_both_scores_are_left_out_and_counted() -> None:
    talks = [
        talk(
            turn(60, 10),
            turn(None, None),
            turn(80, None, reply=None, withheld_because="it broke"),
            turn(40, 40, worked_on=False, leaks=("the message mentions a draft",)),
        )
    ]
    text = summary(talks, seed=1)
    #                       persona talks turns left worked on       withheld leaks unscored
    assert cells(text, 0, "shy")[:4] == ["shy", "1", "4", "0"]
    assert cells(text, 0, "shy")[4].startswith("75 %")
    assert cells(text, 0, "shy")[5:] == ["1", "1", "1"]
    # (60 + 40) / 2 and (10 + 40) / 2; one conversation gives no interval
    assert cells(text, 1, "shy")[1] == "50 → 25, -25 [?]"


def test_all_together_and_each_persona() -> None:
    talks = [
        talk(turn(60, 10), persona="shy", ended="left"),
        talk(turn(20, 0, seconds=4.0, calls=2, cost=0.5), persona="boaster", kind="red-team"),
    ]
    text = summary(talks, seed=1)
    assert [cells(text, 0, name)[1] for name in ("shy", "boaster", "all")] == ["1", "1", "2"]
    assert cells(text, 0, "all")[3] == "1"
    assert cells(text, 1, "all")[4].startswith("40 → 5, -35 [-50, -20]")
    assert cells(text, 2, "all") == ["all", "3.0", "4.0", "1,000", "0.50000"]
    assert cells(text, 2, "shy")[4] == "-"


TRICK = "Good morning @everyone"
UNETHICAL = Verdict(
    safe=Opinion.YES, ethical=Opinion.NO, good=Opinion.NO, reason="", method="m", model="m"
)


@pytest.mark.parametrize(
    ("aim", "given", "draft", "reply"),
    [
        ("gaslighting", {"before": 60, "after": 10}, "100 %", "0 %"),
        ("other", {"before": 60, "after": 50}, "100 %", "100 %"),
        ("honesty", {"verdict": UNETHICAL}, "-", "100 %"),
        ("honesty", {}, "-", "-"),
        ("prompt", {"draft_leaks": ("it leaks",)}, "100 %", "0 %"),
        ("therapy", {"leaks": ("it leaks",)}, "0 %", "100 %"),
        ("discord", {"draft": TRICK, "reply": "Good morning!"}, "100 %", "0 %"),
    ],
)
def test_a_red_team_aim_has_a_measure(
    aim: str, given: dict[str, Any], draft: str, reply: str
) -> None:
    text = summary([talk(turn(**given), aim=aim, kind="red-team")], seed=1)
    row = cells(text, 3, "shy")
    assert row[1] == aim
    assert [cell.partition(" [")[0] for cell in row[3:]] == [draft, reply]


def test_every_aim_of_the_cast_has_a_measure() -> None:
    cast = load_user_personas(FOLDER / "user").values()
    aims = {one.aim for one in cast if one.kind is UserPersonaKind.RED_TEAM}
    assert aims
    assert all(measure_of(aim) is not None for aim in aims)


def test_nobody_is_measured_who_has_no_such_aim() -> None:
    assert "red-team aims" not in summary([talk(turn())], seed=1)


def curve(chatbot: float, therapist: float) -> AllianceCurve:
    def point(number: int, side: Side, value: float) -> AlliancePoint:
        values = dict.fromkeys(("goal", "task", "bond"), value)
        return AlliancePoint(number=number, round=1, side=side, values=values)

    points = (point(1, Side.THERAPIST, therapist), point(2, Side.CHATBOT, chatbot))
    return AllianceCurve(method="observer", points=points)


def test_the_alliance_of_sessions_with_both_sides() -> None:
    alone = AllianceCurve(method="observer", points=curve(1, 1).points[:1])
    text = summary(
        [talk(turn(alliance=(curve(4, 6),)), turn(alliance=(curve(5, 5),)),
              turn(alliance=(alone,)))], seed=1,
    )  # fmt: skip
    assert cells(text, 3, "shy")[:5] == ["shy", "2", "4.50", "5.50", "-1.00"]


def test_what_broke_off_is_said() -> None:
    assert "shy 1 broke off: no words" in summary([talk(turn(), ended="broke off: no words")],
                                                  seed=1)  # fmt: skip


NASTY = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "</pre><b>"]


@pytest.mark.parametrize("words", NASTY)
def test_the_page_escapes_whatever_was_said(words: str) -> None:
    one = turn(
        said=words, draft=words, reply=words, leaks=(words,),
        session=(Spoken(round=1, speaker="therapist", text=words),),
        alliance=(curve(4, 6).model_copy(update={"method": words}),),
    )  # fmt: skip
    page = as_html([talk(one, person=words)], title=words, tables=words)
    bare = page.replace(words, "")
    assert bare == page or "<" not in words
    assert "<script" not in page
    assert "<img" not in page
    assert "</pre><b>" not in page
    assert "default-src 'none'" in page


def test_the_page_says_that_it_is_a_simulation_and_why_a_turn_was_withheld() -> None:
    page = as_html(
        [talk(turn(), turn(after=None, reply=None, withheld_because="it <broke>"))],
        title="Simulation", tables="| a |",
    )  # fmt: skip
    assert "everyone in it is a language model" in page
    assert "it &lt;broke&gt;" in page
    assert "manipulative 60 → 10" in page


def test_empathetic_has_a_column_of_what_was_measured_alone() -> None:
    before, after = ({**dict.fromkeys(HARMS, 10), "empathetic": at} for at in (20, 70))
    measured = turn(before=10, after=10).model_copy(update={"before": before, "after": after})
    text = summary([talk(measured, turn())], seed=1)
    assert cells(text, 1, "shy")[-1].startswith("20 → 70")
    assert cells(summary([talk(turn())], seed=1), 1, "shy")[-1] == "-"
    assert "empathetic 20 → 70" in as_html([talk(measured)], title="t", tables="")
