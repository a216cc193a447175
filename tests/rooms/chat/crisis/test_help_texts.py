from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from bot.domain.crisis import CrisisKind, CrisisSign
from bot.rooms.chat.crisis.detector import detect
from bot.rooms.chat.crisis.help_lines import countries, country_help
from bot.rooms.chat.crisis.help_texts import (
    SHORT,
    SOURCES,
    WHOLE,
    CrisisTopic,
    crisis_text,
    topic_of,
)
from bot.rooms.chat.crisis.outgoing_check import encourages_self_harm
from bot.text.language import LANGUAGES
from bot.text.translations import CATALOGUES

PLACEHOLDER = re.compile(r"\{\w+\}")
BOT = {"en": "bot", "ja": "ボット", "ko": "봇", "zh": "机器人", "ru": "бот", "tr": "bot"}


def _said(language: str) -> dict[str, str]:
    path = CATALOGUES / language / "LC_MESSAGES" / "crisis.po"
    with path.open("rb") as written:
        return {str(entry.id): str(entry.string) for entry in read_po(written) if entry.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_hold_every_text_and_no_other(language: str) -> None:
    said = _said(language)

    assert set(said) == set(SOURCES)
    assert all(said.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language: str) -> None:
    for source, text in _said(language).items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source))


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_plain_short_and_say_what_they_are(language: str) -> None:
    for topic in CrisisTopic:
        for short in (False, True):
            text = crisis_text(topic, language, short=short)
            assert not set("!！¡") & set(text)
            assert len(text) <= (340 if short else 630)
            assert BOT.get(language, "bot") in text.casefold()
            assert "findahelpline.com" in text
            assert "{" not in text
            assert not encourages_self_harm(text, in_crisis=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_not_one_formula(language: str) -> None:
    assert len({crisis_text(topic, language) for topic in CrisisTopic}) == len(CrisisTopic)
    assert len(set(WHOLE.values())) == len(CrisisTopic)
    assert len(set(SHORT.values())) == len(CrisisTopic) - 1  # thoughts and unclear share one


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("short", [False, True])
def test_the_emergency_number_comes_first_where_something_was_done(
    language: str, short: bool
) -> None:
    text = crisis_text(CrisisTopic.DONE, language, emergency="112", lines="X: 1", short=short)

    assert "112" in text.split("\n", 1)[0]
    assert "X: 1" in text


def test_a_servers_own_text_is_kept_as_it_is() -> None:
    own = "Write to {mods} or call 1 {emergency}"

    assert own.replace("{emergency}", "") in crisis_text(CrisisTopic.HOME, "en", lines=own).replace(
        "{emergency}", ""
    )


def test_an_unknown_language_gets_english() -> None:
    assert crisis_text(CrisisTopic.PANIC, "xx") == crisis_text(CrisisTopic.PANIC, "en")
    assert crisis_text(CrisisTopic.PANIC, "../en") == crisis_text(CrisisTopic.PANIC, "en")


def test_each_sign_has_a_topic() -> None:
    for kind in CrisisKind:
        assert topic_of(CrisisSign(kind, False, "en", "x")) is not CrisisTopic.OTHER
        assert topic_of(CrisisSign(kind, True, "en", "x")) is CrisisTopic.OTHER
    sign = detect(["i just took 40 paracetamol"])
    assert sign is not None
    assert topic_of(sign) is CrisisTopic.DONE


def test_help_lines_are_well_formed() -> None:
    assert len(countries()) >= 25
    assert {"US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "PT", "BR", "TR", "RU", "JP", "KR",
            "CN"} <= set(countries())  # fmt: skip
    for code, found in countries().items():
        assert re.fullmatch("[A-Z]{2}", code)
        assert any(sign.isdigit() for sign in found.emergency)
        assert all(any(sign.isdigit() for sign in line.number) for line in found.lines)


def test_the_fitting_line_is_named_first() -> None:
    germany = country_help("de")
    assert germany is not None
    home, thoughts = germany.lines_for(CrisisTopic.HOME), germany.lines_for(CrisisTopic.THOUGHTS)
    assert home is not None
    assert thoughts is not None
    assert home.startswith("Hilfetelefon")
    assert thoughts.startswith("TelefonSeelsorge")
    assert "Hilfetelefon" not in thoughts
    assert country_help("ZZ") is None
