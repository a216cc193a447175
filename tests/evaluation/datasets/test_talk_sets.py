"""The sets of everyday talk: what a row holds, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from bot.domain import HARMS, findings
from bot.errors import SettingError
from bot.evaluation.datasets import talk_sets
from bot.evaluation.datasets.talk_sets import (
    TalkRoom,
    TextLabel,
    load_labelled_drafts,
    load_talk_rooms,
)
from tests.evaluation.labelled import ROW, write_set

ROOM = {"id": "one", "messages": [{"speaker": "Ana", "text": "hi"}], "language": "en"}


def said(*lines: tuple[str, str]) -> TalkRoom:
    return TalkRoom.model_validate(
        {**ROOM, "messages": [{"speaker": who, "text": text} for who, text in lines]}
    )


def test_a_draft_is_labelled_by_what_the_therapist_works_on() -> None:
    assert (*findings.FINDINGS, "wrong_language") == talk_sets.FINDINGS
    assert {*HARMS, "harmful_help"} == talk_sets.HURTFUL


def test_a_labelled_draft_holds_label_and_conversation(tmp_path: Path) -> None:
    wrong = {**ROW, "id": "two", "send": False, "findings": ["unheard"], "gaslighting": 1}
    first, second = load_labelled_drafts(write_set(tmp_path / "set.jsonl", ROW, wrong))
    assert first.talk.asked[0].text == "i passed!"
    assert first.label == TextLabel(send=True, need=3)
    assert second.label.findings == ("unheard", "gaslighting")
    assert (second.situation, second.way, second.seed) == ("talk-glad-01", "plain", 7)


def test_only_the_wanted_part_is_read(tmp_path: Path) -> None:
    path = write_set(tmp_path / "set.jsonl", ROW, {**ROW, "id": "two", "split": "train"})
    assert [row.id for row in load_labelled_drafts(path, "train")] == ["two"]


@pytest.mark.parametrize(
    ("change", "said_of_it"),
    [
        ({"need": 5}, "need: "),
        ({"send": "perhaps"}, "send: "),
        ({"findings": ["dull"]}, "findings.0: "),
        ({"way": "sideways"}, "way: "),
        ({"draft": ""}, "draft: "),
        ({"conversation": []}, "conversation: "),
        ({"mood": "good"}, "mood: "),
    ],
)
def test_a_wrong_draft_is_named_by_its_line(
    tmp_path: Path, change: dict[str, object], said_of_it: str
) -> None:
    path = write_set(tmp_path / "set.jsonl", ROW, {**ROW, "id": "two", **change})
    with pytest.raises(SettingError) as caught:
        load_labelled_drafts(path)
    assert f"set.jsonl:2: {said_of_it}" in caught.value.detail


def test_what_a_label_is_worth() -> None:
    assert TextLabel(send=True, need=4).worth == 4
    assert TextLabel(send=False, need=3, findings=("untrue",)).worth == 2
    assert TextLabel(send=False, need=2, findings=("gaslighting", "harmful_help")).worth == 0
    assert TextLabel(send=False, need=4, findings=("wrong_language", "untrue")).worth == 1
    assert TextLabel(send=False, need=1, findings=("unheard", "overstepping")).worth == 1


def test_what_is_written_for_the_chatbot_is_past() -> None:
    room = said(("Ana", "one"), ("Ben", "two"), ("Chatbot", "three"), ("Ana", "four"), ("Ben", "5"))
    assert [line.text for line in room.past] == ["one", "two", "three"]
    assert [line.text for line in room.said] == ["four", "5"]
    assert said(("Ana", "one"), ("Ben", "two")).past == ()


@pytest.mark.parametrize(
    ("row", "said_of_it"),
    [
        ({**ROOM, "id": "two", "messages": []}, "messages: "),
        (
            {**ROOM, "id": "two", "messages": [{"speaker": "Chatbot", "text": "hi"}]},
            "the row: Value error, the last line has to be a person's",
        ),
        (ROOM, "the id 'one' is there twice"),
        ("{", "not JSON"),
    ],
)
def test_a_wrong_room_is_named_by_its_line(tmp_path: Path, row: object, said_of_it: str) -> None:
    path = write_set(tmp_path / "rooms.jsonl", ROOM, row)
    with pytest.raises(SettingError) as caught:
        load_talk_rooms(path)
    assert f"rooms.jsonl:2: {said_of_it}" in caught.value.detail
