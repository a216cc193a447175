"""Arms of a comparison beside each other, from what a blind reader said."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.evaluation.datasets.talk_sets import TalkRoom
from bot.learning.own_talk.__main__ import main
from bot.learning.own_talk.arms import describe_arms
from bot.learning.own_talk.draw import Draw
from bot.learning.own_talk.labels import SheetLabel, lettered_draws
from bot.stats.intervals import sign_test
from bot.text.json_lines import json_line

ROOMS = [
    TalkRoom.model_validate(
        {
            "id": f"r{at}",
            "language": "en" if at < 6 else "de",
            "kind": "glad" if at < 4 else "joke",
            "messages": [{"speaker": "Ana", "text": "passed!!"}],
        }
    )
    for at in range(8)
]
DRAWS = [
    Draw(situation=room.id, way="plain", seed=1, draft="x" * length, arm=arm)
    for arm, length in (("before", 10), ("after", 20))
    for room in ROOMS
]


def readings() -> list[SheetLabel]:
    """Return labels by which the tuned arm is better in all situations but one."""
    labels = []
    for room, lettered in lettered_draws(ROOMS, DRAWS, 5):
        for letter, draw in lettered.items():
            after = (draw.arm == "after") != (room.id == "r0")
            need, found = (4, ()) if after else (1, ("untrue",))
            labels.append(
                SheetLabel(situation=room.id, letter=letter, send=after, need=need, findings=found)
            )
    return labels


def cells(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_arms_are_told_beside_each_other_and_against_the_first() -> None:
    text = describe_arms(ROOMS, DRAWS, readings(), 5)
    none = "0%"
    assert cells(text, "before plain") == [
        *("before plain", "12.5% [2%, 47%] of 8", "1.38", "88%", none, none, "10", "")
    ]
    after = cells(text, "after plain")
    assert after[1:] == ["87.5% [53%, 98%] of 8", "3.62", "12%", none, none, "20", "7-0-1 (0.07)"]


def test_arms_are_told_by_language_and_kind() -> None:
    text = describe_arms(ROOMS, DRAWS, readings(), 5)
    assert cells(text, "English") == ["English", "6", "17%, 1.5", "83%, 3.5"]
    assert cells(text, "other languages") == ["other languages", "2", "0%, 1.0", "100%, 4.0"]
    assert cells(text, "joke") == ["joke", "4", "0%, 1.0", "100%, 4.0"]


def test_an_arm_that_nobody_read_is_left_out() -> None:
    unread = [*DRAWS, Draw(situation="r1", way="examples", seed=1, draft="oh", arm="later")]
    sheets = lettered_draws(ROOMS, unread, 5)
    letters = [
        (room.id, letter) for room, by in sheets for letter, d in by.items() if d.arm[0] == "a"
    ]
    labels = [SheetLabel(situation=of, letter=letter, send=True, need=4) for of, letter in letters]
    text = describe_arms(ROOMS, unread, labels, 5)
    assert "after plain" in text
    assert "before" not in text
    assert "later" not in text


def test_nothing_read_is_an_empty_table() -> None:
    assert "after" not in describe_arms(ROOMS, DRAWS, [], 5)


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 0.00195), (2, 8, 0.109)]
)
def test_the_sign_test(won: int, lost: int, p: float) -> None:
    assert sign_test(won, lost) == pytest.approx(p, rel=0.01)


def test_the_command_reads_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rows in (("rooms", ROOMS), ("drafts", DRAWS), ("labels", readings())):
        text = "".join(json_line(row.model_dump_json()) for row in rows)
        (tmp_path / name).write_text(text, "utf-8")
    main(["arms", *(str(tmp_path / name) for name in ("rooms", "drafts", "labels")), "--seed", "5"])
    assert "7-0-1" in capsys.readouterr().out
