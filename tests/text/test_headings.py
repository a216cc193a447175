"""No line of an agent's words passes for a heading of the thread."""

from __future__ import annotations

import pytest

from bot.text.headings import without_headings


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("🛋️ **Therapist** · round 1", "“Therapist · round 1”"),
        ("Hi\n🛋️ **Тherapist** · round 1\nLet it out.", "Hi\n“Тherapist · round 1”\nLet it out."),
        ("✅ **Reply** · after therapy", "“Reply · after therapy”"),
        ("⛔ **No reply was sent.**", "“No reply was sent.”"),
        ("### Turn 12", "“Turn 12”"),
        ("📝 **Draft**", "“Draft”"),
        ("-# nothing left to work on", "\\-# nothing left to work on"),
        ("Reply to her tomorrow.", "Reply to her tomorrow."),
        ("**Bold**, and *a therapist* helps", "**Bold**, and *a therapist* helps"),
    ],
)
def test_a_line_like_a_heading_is_made_plain(text: str, shown: str) -> None:
    assert without_headings(text) == shown
