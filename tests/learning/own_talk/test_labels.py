"""Sheets for blind reading, the rows that come of them, and how far two readers agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.evaluation.datasets.datasets import load_rows
from bot.evaluation.datasets.talk_sets import (
    LabelledDraft,
    TalkRoom,
    TextLabel,
    load_labelled_drafts,
    load_talk_rooms,
)
from bot.learning.own_talk.__main__ import main
from bot.learning.own_talk.agreement import describe_agreement
from bot.learning.own_talk.draw import Draw
from bot.learning.own_talk.labels import SheetLabel, label_drafts, labelled, make_sheets
from bot.prompting.templates import FOLDER
from bot.stats.agreement import cohen_kappa

ROOMS = [
    TalkRoom.model_validate(
        {"id": name, "language": "en", "messages": [{"speaker": "Ana", "text": "passed!!"}]}
    )
    for name in ("r1", "r2")
]
DRAWS = [
    Draw(situation=room.id, way=way, seed=seed, draft=f"{way} {seed} of {room.id}")
    for room in ROOMS
    for way, seed in (("plain", 1), ("plain", 2), ("warmer", 3), ("round", 4))
]


def label(situation: str, letter: str, *, need: int = 1) -> SheetLabel:
    return SheetLabel(situation=situation, letter=letter, send=need > 2, need=need)


def test_a_sheet_shows_answers_and_not_how_they_were_made() -> None:
    sheets = make_sheets(ROOMS, DRAWS, 1)
    assert [sheet.id for sheet in sheets] == ["r1", "r2"]
    for sheet in sheets:
        assert sorted(sheet.answers) == ["A", "B", "C", "D"]
        assert "seed" not in sheet.model_dump()
    orders = {tuple(make_sheets(ROOMS, DRAWS, seed)[0].answers.values()) for seed in range(20)}
    assert len(orders) > 5, "letters say nothing of the way"


def test_labels_find_their_drafts_whatever_order_the_drafts_are_in() -> None:
    sheets = {sheet.id: sheet for sheet in make_sheets(ROOMS, DRAWS, 7)}
    labels = [label("r1", "C", need=3), label("r2", "A", need=0)]
    rows = label_drafts(ROOMS, DRAWS[::-1], labels, 7)
    assert [row.draft for row in rows] == [sheets["r1"].answers["C"], sheets["r2"].answers["A"]]
    assert [row.send for row in rows] == [True, False]
    assert rows[0].situation == "r1"


def test_a_label_of_no_answer_is_named() -> None:
    with pytest.raises(SettingError) as error:
        label_drafts(ROOMS, DRAWS, [label("r1", "E")], 7)
    assert error.value.detail == "There is a label of r1/E, and no such answer."


def rows(needs: list[int]) -> list[LabelledDraft]:
    return [
        labelled(ROOMS[at // 4], draw, TextLabel(send=need > 2, need=need))
        for at, (draw, need) in enumerate(zip(DRAWS, needs, strict=True))
    ]


def test_agreement_is_told_by_kappa_and_by_order() -> None:
    text = describe_agreement(rows([4, 0, 1, 0, 3, 0, 0, 2]), rows([4, 0, 0, 1, 3, 0, 0, 3]))
    assert "8 drafts read by both." in text
    assert "fit to send" in text
    assert "88%" in text, "one of eight is fit to the second reader alone"
    assert "Of 8 pairs of one situation, both put 7 in the same order." in text


def test_two_readers_of_other_drafts_are_refused() -> None:
    with pytest.raises(SettingError):
        describe_agreement(rows([0] * 8)[:4], rows([0] * 8)[4:])


@pytest.mark.parametrize(
    ("marks", "kappa"),
    [
        ([(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15,
         0.4),
        ([(True, True), (False, False)], 1.0),
        ([(True, False), (False, True)], -1.0),
        ([(True, True), (True, True)], None),
        ([], None),
    ],
)  # fmt: skip
def test_kappa(marks: list[tuple[bool, bool]], kappa: float | None) -> None:
    assert cohen_kappa(marks) == (None if kappa is None else pytest.approx(kappa))


def test_the_commands_go_from_drafts_to_rows(tmp_path: Path) -> None:
    rooms, drafts, sheets, labels, out = (tmp_path / name for name in "rdslo")
    rooms.write_text("".join(room.model_dump_json() + "\n" for room in ROOMS))
    drafts.write_text("".join(draw.model_dump_json() + "\n" for draw in DRAWS))
    main(["sheets", str(rooms), str(drafts), str(sheets), "--seed", "5"])
    assert len(sheets.read_text().splitlines()) == 2
    said = [label(room.id, letter) for room in ROOMS for letter in "ABCD"]
    labels.write_text("".join(one.model_dump_json() + "\n" for one in said))
    assert load_rows(labels, SheetLabel)[0].letter == "A"
    main(["join", str(rooms), str(drafts), str(labels), str(out), "--seed", "5"])
    assert {row.draft for row in load_labelled_drafts(out)} == {draw.draft for draw in DRAWS}


def test_no_situation_that_ships_is_in_two_splits() -> None:
    situations = load_talk_rooms(FOLDER / "golden" / "talk_messages.jsonl")
    assert len(situations) >= 400
    texts = [tuple(line.text for line in one.messages) for one in situations]
    assert len(set(texts)) == len(texts)
    assert {one.split for one in situations} == {"train", "validation", "test"}


def test_the_labelled_set_that_ships_is_of_the_situations_that_ship() -> None:
    golden = FOLDER / "golden"
    situations = {one.id: one for one in load_talk_rooms(golden / "talk_messages.jsonl")}
    first = {row.id: row for row in load_labelled_drafts(golden / "talk.jsonl")}
    second = load_labelled_drafts(golden / "talk_second_reader.jsonl")
    for row in (*first.values(), *second):
        assert row.conversation == situations[row.situation].messages
        assert row.split == situations[row.situation].split
        assert not row.send or row.need >= 2
    assert len(second) >= 150
    assert all(first[row.id].draft == row.draft and row.split == "test" for row in second)
