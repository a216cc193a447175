from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.shared.text import (
    MOST_MARKS,
    display_name,
    literal,
    make_harmless,
    on_one_line,
    quoted,
    readable_text,
    shortened,
    shown_name,
)

HOSTILE = (
    "<@1234567890123456>",
    "<@!1234567890123456>",
    "<@&1234567890123456>",
    "<#1234567890123456>",
    "</pause:1234567890123456>",
    "<id:customize>",
    "@everyone",
    "@HERE",
    "[your bank](https://evil.example)",
    "https://discord.gg/abcdef",
)
LIVE = re.compile(
    r"<@[!&]?\d|<#\d|</[^<>:]+:\d|<id:|@everyone|@here|\]\(\s*<?https?:|discord\.gg/", re.IGNORECASE
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_loses_its_meaning_and_keeps_its_letters(text: str) -> None:
    shown = make_harmless(f"look: {text} !")
    assert not LIVE.search(shown)
    letters = readable_text(f"look: {text} !")
    assert shown.replace("\u200b", "") == letters


@given(st.lists(st.sampled_from([*HOSTILE, "<", "@", "]", "(", "\u200b", "\u202e", "e", "x"])))
def test_no_mix_of_pieces_brings_markup_back_to_life(pieces: list[str]) -> None:
    assert not LIVE.search(make_harmless("".join(pieces)))
    assert not LIVE.search(literal("".join(pieces), 500))


@given(st.text())
def test_readable_shows_no_invisible_character(text: str) -> None:
    shown = readable_text(text)
    hidden = {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")}
    assert hidden <= {"\n", "\t", "\u200c", "\u200d"}


def test_right_to_left_override_and_zero_width_are_taken_out() -> None:
    assert readable_text("evil\u202egnp.exe\u200b\ufeff") == "evilgnp.exe"


def test_zalgo_is_cut_down_and_marks_of_real_scripts_are_kept() -> None:
    assert len(readable_text("a" + "\u0335" * 60)) == 1 + MOST_MARKS
    assert readable_text("Việt Nam, שָׁלוֹם") == unicodedata.normalize("NFC", "Việt Nam, שָׁלוֹם")


def test_custom_emoji_and_command_mentions_read_as_their_names() -> None:
    text = "hi <:wave:123456789012345678> <a:dance:123456789012345678>"
    assert readable_text(f"{text} </pause:123456789012345678>") == "hi :wave: :dance: /pause"


def test_a_quote_cannot_be_left_nor_swallow_what_follows() -> None:
    shown = quoted("one\n```\ntwo\n>>> # three", 500)
    assert all(line.startswith("> ") for line in shown.split("\n"))
    assert "```" not in shown
    assert "\\#" in shown or "\\>" in shown


def test_on_one_line_has_one_line() -> None:
    assert on_one_line("a\n\nb\tc", 100) == "a b c"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Ana", "Ana"),
        ("  Ana \n  Maria ", "Ana Maria"),
        ("\u200b\u2060", "someone"),
        ("\u200d", "someone"),
        ("", "someone"),
        ("x" * 90, "x" * 32),
    ],
)
def test_display_names_are_one_short_line(raw: str, name: str) -> None:
    assert display_name(raw) == name


def test_a_name_cannot_ping_nor_format() -> None:
    assert shown_name("**@everyone**") == "\\*\\*@\u200beveryone\\*\\*"


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_shortened_keeps_its_bound_and_says_that_it_cut(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")
