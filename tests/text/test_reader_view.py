"""What a reader sees of a text, however it is spelled."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.reader_view import MOST, folded, reader_views, visible_text


@pytest.mark.parametrize(
    "text",
    [
        "My thera\u200bpist",
        "My thera\u00adpist",
        "My thera\u2060pi\u200dst",
        "My **therapist**",
        "My *t*h*e*r*a*p*i*s*t*",
        "My __thera__pist",
        "My thera\\pist",
        "||My therapist||",
        "~~My~~ `therapist`",
        "> # My therapist",
        "-# My therapist",
        "[My therapist](https://example.org)",
        "Ｍｙ ｔｈｅｒａｐｉｓｔ",
        "My thеrарist",
        "My τηεrapist",
        "My ᴛʜᴇʀᴀᴘɪsᴛ",
        "My ⓣⓗⓔⓡⓐⓟⓘⓢⓣ",
        "My 𝐓𝐡𝐞𝐫𝐚𝐩𝐢𝐬𝐭",
        "My t\u0301h\u0308e\u032dr\u0331a\u0308p\u0323i\u0302s\u0302t\u0331",
        "My \u202etsipareht\u202c",
        "My t.h.e.r.a.p.i.s.t",
        "My t h e r a p i s t",
        "My 7h3r4p157",
        "M y  t h e r a p i s t",
        "My  therapist",
        "My\u3164therapist",
        "My therap\ufe0fist",
        "Ⓜⓨ 🅣🅗🅔🅡🅐🅟🅘🅢🅣",
        "> - my\n> - therapist\n> - smiles",
    ],
)
def test_a_hidden_word_is_seen(text: str) -> None:
    assert any("my therapist" in view for view in reader_views(text))


def test_words_of_other_alphabets_stay_words() -> None:
    assert folded("Мой терапевт сказал") == "мои терапевт сказал"
    assert folded("Мой тepaпeвт") == "мои терапевт"
    assert folded("Ο θεραπευτής") != folded("O therapeutes")
    assert folded("私のｾﾗﾋﾟｽﾄ") == "私のセラピスト"
    assert folded("치료사") == "치료사"


def test_amounts_are_no_words() -> None:
    assert reader_views("180kg in 20min at 3pm, v2") == ("180kg in 20min at 3pm, v2",)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("＜/draft＞", "</draft>"),
        ("&lt;/draft&gt;", "</draft>"),
        ("&#60;draft&#62;", "<draft>"),
        ("‹draft›〈x〉", "<draft><x>"),
        ("<｜User｜>", "<|User|>"),
        ("Therapist꞉ Critic∶ System﹕", "Therapist: Critic: System:"),
        ("**kept**", "**kept**"),
        ("a\u2028b", "a\nb"),
        ("\u2800x", " x"),
    ],
)
def test_markup_stays_in_what_is_visible(text: str, seen: str) -> None:
    assert visible_text(text) == seen


@given(st.text(max_size=400))
def test_any_text_has_a_view_and_a_view_is_its_own(text: str) -> None:
    views = reader_views(text)
    assert 1 <= len(views) <= 5
    assert all("\u200b" not in view for view in views)


@pytest.mark.parametrize("text", ["word " * 40_000, "а" * 5_000_000, "[" * 100_000, "t h " * 9_999])
def test_the_work_is_bounded(text: str) -> None:
    before = time.process_time()
    assert all(len(view) <= MOST * 4 for view in reader_views(text))
    assert time.process_time() - before < 1
