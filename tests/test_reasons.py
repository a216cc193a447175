"""Reasons of the program: an English sentence wherever it goes, a code where it is stored."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import HARMS, Scores
from bot.domain.base import STORED
from bot.reasons import (
    LanguageName,
    Reason,
    because,
    because_count,
    join_reasons,
    pack_reason,
    unpack_reason,
)
from bot.text.moderator_texts import reading, say_reason

DOWN = because("{address} did not answer in time.", address="http://models/v1")
UNSCORED = because("it could not be scored: {why}", why=DOWN)
WRONG = because(
    "the message is in {written}, the person is to be answered in {wanted}",
    written=LanguageName("de", "German"),
    wanted=LanguageName("fr", "French"),
)
BACK = because_count(
    "✅ **A model answers again**: {title}, after {count} minute.",
    "✅ **A model answers again**: {title}, after {count} minutes.",
    1,
    title="m",
)
SCORES = {"values": dict.fromkeys(HARMS, 1)}
BOTH = join_reasons([because("copy"), because("echo")], "; ")


def test_a_reason_is_its_english_sentence() -> None:
    assert UNSCORED == "it could not be scored: http://models/v1 did not answer in time."
    assert json.dumps({"why": DOWN}) == '{"why": "http://models/v1 did not answer in time."}'
    assert because("{what} costs {cost}", what="{cost}", cost=2.5) == "{cost} costs 2.50"
    assert f"{BACK}" == "✅ **A model answers again**: m, after 1 minute."


def test_it_is_read_in_the_readers_language() -> None:
    with reading("de"):
        assert say_reason(UNSCORED) == (
            "sie konnte nicht bewertet werden: http://models/v1 hat nicht rechtzeitig geantwortet."
        )
        assert say_reason(WRONG) == (
            "die Nachricht ist auf Deutsch, zu antworten ist auf Französisch"
        )
        assert say_reason(BACK) == "✅ **Ein Modell antwortet wieder**: m, nach 1 Minute."
        assert say_reason(BOTH) == "Kopie; Echo"
        assert say_reason(because("more than {count} characters", count=40_000)) == (
            "mehr als 40.000 Zeichen"
        )


def test_a_sentence_of_before_stays_as_it_is() -> None:
    with reading("de"):
        assert say_reason(unpack_reason("the pause has run out")) == "the pause has run out"


@pytest.mark.parametrize("reason", [DOWN, UNSCORED, WRONG, BACK, BOTH])
def test_it_is_stored_as_its_code(reason: str) -> None:
    stored = pack_reason(reason)
    assert stored.startswith("reason:{")
    back = unpack_reason(stored)
    assert isinstance(back, Reason)
    assert back == reason
    with reading("fr"):
        assert say_reason(back) == say_reason(reason) != str(reason)


def test_it_goes_to_another_process_and_is_copied() -> None:
    for other in (pickle.loads(pickle.dumps(UNSCORED)), copy.deepcopy(UNSCORED)):  # noqa: S301
        with reading("de"):
            assert say_reason(other) == say_reason(UNSCORED)


@given(st.text() | st.text().map("reason:{}".format))
def test_nobodys_words_pass_for_a_code(words: str) -> None:
    back = unpack_reason(pack_reason(words))
    assert back == words.replace("\0", "") if words.startswith("reason:") else back == words
    assert not isinstance(back, Reason)


@pytest.mark.parametrize(
    "stored",
    [
        "reason:",
        'reason:{"say": "x"',
        'reason:{"say": 1}',
        "reason:[]",
        'reason:"x"',
        "reason:{}",
        'reason:{"say": "{count} of one", "many": "{count} of many", "with": {}}',
        "reason:" + '{"say": "{x}", "with": {"x": ' * 5_000,
        "reason:" + '{"say": "{x}", "with": {"x": ' * 5_000 + "1" + "}}" * 5_000,
    ],
)
def test_what_cannot_be_read_is_shown_as_it_is(stored: str) -> None:
    assert unpack_reason(stored) == stored


def test_what_a_model_writes_is_no_code_whatever_it_looks_like() -> None:
    written = 'reason:{"say": "the pause has run out", "with": {}}'
    scores = Scores.model_validate({**SCORES, "reason": written})
    assert not isinstance(scores.reason, Reason)
    assert scores.reason == written
    kept = Scores.model_validate_json(scores.model_dump_json(context=STORED), context=STORED)
    assert kept.reason == written
    assert not isinstance(kept.reason, Reason)


def test_a_reason_in_a_value_is_one_again_when_it_is_read_from_the_store() -> None:
    scores = Scores.model_validate({**SCORES, "reason": UNSCORED})
    kept = Scores.model_validate_json(scores.model_dump_json(context=STORED), context=STORED)
    assert isinstance(kept.reason, Reason)
    assert kept == scores


def test_a_languages_name_needs_nothing_else_that_is_known_of_the_readers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*_: object, **__: object) -> None:
        raise AssertionError("all that CLDR knows of a language stays in memory")

    written = because("written in {language}", language=LanguageName("nl", "Dutch"))
    unheard = because("written in {language}", language=LanguageName("qaa", "Ours"))
    with reading("fr"):
        say_reason(because("the pause has run out"))  # its catalogue is there
        monkeypatch.setattr("babel.localedata.load", load)
        assert say_reason(written) == "written in néerlandais"
        assert say_reason(unheard) == "written in Ours"
