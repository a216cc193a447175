from __future__ import annotations

import pytest

from bot.rooms.chat.crisis.triggers import required_strings


@pytest.mark.parametrize(
    ("pattern", "required"),
    [
        ("kill", {"kill"}),
        ("kill(?:ing)? myself", {"kill myself", "killing myself"}),
        ("(?:a|bb) .{0,3}dying", {"dying"}),
        ("x?", None),
        ("(?:one|.)", None),
        ("[ab]c", {"ac", "bc"}),
        ("one(?: \\.)? two", {"one two", "one . two"}),
        ("(?:ab)+", {"ab"}),
    ],
)
def test_required_strings(pattern: str, required: set[str] | None) -> None:
    assert required_strings(pattern) == (None if required is None else frozenset(required))
