"""The rows of a tuning: read, refused by line, and known again by their hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingError
from bot.evaluation.datasets.datasets import load_rows
from bot.learning.tuning.rows import (
    ReplyRow,
    VerdictRow,
    manifest_hash,
    require_pairs,
)
from tests.learning.tuning.rows import ROW, VERDICT, file_of


def test_a_row_is_a_conversation_with_a_reply(tmp_path: Path) -> None:
    talk = [["Mara", "hi"], ["Chatbot", "Hello."], ["Teo", "and me?"]]
    (row,) = load_rows(file_of(tmp_path / "rows.jsonl", {**ROW, "talk": talk}), ReplyRow)
    assert [line.by_chatbot for line in row.conversation.lines] == [False, True]
    assert row.conversation.asked[0].text == "and me?"
    assert row.rejected is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ({**ROW, "id": ""}, "id"),
        ({**ROW, "talk": []}, "talk"),
        ({**ROW, "talk": [["Mara"]]}, "talk.0"),
        ({**ROW, "talk": [["Mara", "hi"], ["Chatbot", "Hello."]]}, "a person's"),
        ({**ROW, "reply": ""}, "reply"),
        ({**ROW, "reply": "x" * 5000}, "reply"),
        ({**ROW, "rejected": ROW["reply"]}, "the same"),
        ({**ROW, "replies": "?"}, "replies"),
    ],
)
def test_a_wrong_row_is_told_by_its_line(tmp_path: Path, line: Any, told: str) -> None:
    path = file_of(tmp_path / "rows.jsonl", {**ROW, "id": "before"}, "", line)
    with pytest.raises(SettingError) as caught:
        load_rows(path, ReplyRow)
    assert f"{path}:3: " in caught.value.detail
    assert told in caught.value.detail


def test_an_id_stands_for_one_row(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        load_rows(file_of(tmp_path / "rows.jsonl", ROW, ROW), ReplyRow)
    assert "talk-1/a" in caught.value.detail


def test_a_file_without_rows_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        load_rows(file_of(tmp_path / "rows.jsonl", ""), ReplyRow)
    assert "no rows" in caught.value.detail
    with pytest.raises(SettingError) as caught:
        load_rows(tmp_path / "none.jsonl", ReplyRow)
    assert "FileNotFoundError" in caught.value.detail


def test_a_verdict_tells_of_a_draft(tmp_path: Path) -> None:
    (row,) = load_rows(file_of(tmp_path / "rows.jsonl", VERDICT), VerdictRow)
    assert (row.fit, row.feelings) == (False, "")
    with pytest.raises(SettingError):
        load_rows(file_of(tmp_path / "rows.jsonl", ROW), VerdictRow)


def test_preferring_takes_a_reply_to_reject_in_every_row(tmp_path: Path) -> None:
    path = file_of(tmp_path / "rows.jsonl", {**ROW, "rejected": "No."}, {**ROW, "id": "lacking"})
    rows = load_rows(path, ReplyRow)
    require_pairs(rows[:1], path)
    with pytest.raises(SettingError) as caught:
        require_pairs(rows, path)
    assert "lacking" in caught.value.detail


def test_the_hash_is_of_the_rows_and_not_of_their_order() -> None:
    a, b = ReplyRow.model_validate(ROW), ReplyRow.model_validate({**ROW, "id": "b"})
    assert manifest_hash([a, b]) == manifest_hash([b, a])
    assert manifest_hash([a, b]) != manifest_hash([a])
    changed = ReplyRow.model_validate({**ROW, "reply": "Oh."})
    assert manifest_hash([a, b]) != manifest_hash([changed, b])
