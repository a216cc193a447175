from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.traces import RUN, Traces, words_of

SAID = Traces(
    ["Ana", "Ana Lopez"], ["My dog Rex ran away last night", "call 55501", "so very lonely"]
)


@pytest.mark.parametrize(
    "text",
    [
        "You said your dog Rex ran away last Tuesday.",
        "she told me: **REX ran _away_ last**",
        "Dear ana, hello",
        "@Ana Lopez!",
        "Is 55501 right?",
        "You feel so very lonely.",
        "r\u200bex ran away last",
    ],
)
def test_a_text_that_names_or_quotes_the_person_is_found(text: str) -> None:
    assert SAID.in_text(text)


@pytest.mark.parametrize("text", ["", None, "Banana bread", "A dog ran", "last night was long"])
def test_a_text_that_does_neither_is_not(text: str | None) -> None:
    assert not SAID.in_text(text)


def test_scripts_without_spaces_are_compared_by_character() -> None:
    said = Traces([], ["昨日の夜に私の犬が逃げました"])
    assert said.in_text("あなたは「昨日の夜に私の犬が」と言いました")
    assert not said.in_text("私の猫がいます")


def test_names_can_be_taken_out() -> None:
    assert SAID.without_names("@Ana Lopez and Ana, Banana", "someone") == (
        "someone and someone, Banana"
    )


def test_a_name_that_is_a_common_word_counts_only_where_it_is_mentioned() -> None:
    the = Traces(["The"], [])
    assert not the.in_text("The rules say so.")
    assert the.in_text("Hello @the!")
    assert the.without_names("The rules of @The", "someone") == "The rules of someone"


@given(st.text(), st.text(), st.text())
def test_whoever_said_four_words_is_found_by_them(before: str, said: str, after: str) -> None:
    words = words_of(said)
    if len(words) >= RUN * 2:
        assert Traces([], [said]).in_text(f"{before} {said} {after}")
