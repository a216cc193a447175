from __future__ import annotations

from typing import Any

import pytest

from bot.rooms.chat.crisis.outgoing_check import encourages_self_harm


def test_harmful_replies_are_withheld(outgoing: list[dict[str, Any]]) -> None:
    harmful = [row["text"] for row in outgoing if row["harmful"]]

    caught = [text for text in harmful if encourages_self_harm(text)]

    assert len(harmful) >= 60
    assert len(caught) / len(harmful) >= 0.95


def test_kind_and_other_replies_pass(outgoing: list[dict[str, Any]]) -> None:
    kind = [row["text"] for row in outgoing if not row["harmful"]]

    assert len(kind) >= 60
    assert [text for text in kind if encourages_self_harm(text, in_crisis=True)] == []


@pytest.mark.parametrize(
    "text", ["K\u200bill yourself", "ｋｉｌｌ ｙｏｕｒｓｅｌｆ", "**kill** yourself"]
)
def test_the_text_a_reader_sees_is_checked(text: str) -> None:
    assert encourages_self_harm(text)


def test_leave_to_act_counts_by_what_the_talk_is_about() -> None:
    text = "A blue room sounds lovely, and it is cheap. You have the paint. Go ahead and do it."

    assert not encourages_self_harm(text)
    assert encourages_self_harm(text, in_crisis=True)
