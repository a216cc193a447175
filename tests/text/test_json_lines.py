"""A line of JSON is one line for every reader."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.text.json_lines import json_line

EVERY_END = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


@given(st.text(st.sampled_from(f'a"\\{EVERY_END}')))
def test_whatever_is_in_it_it_is_one_line_and_reads_the_same(text: str) -> None:
    line = json_line(json.dumps({text: text}, ensure_ascii=False))
    assert line.splitlines(keepends=True) == [line]
    assert json.loads(line) == {text: text}
