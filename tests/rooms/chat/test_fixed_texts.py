"""The fixed texts that members read: every catalogue whole, and each person's own language."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest
from babel.messages.pofile import read_po

from bot.domain import Room, RoomSettings
from bot.rooms.chat import fixed_texts
from bot.rooms.chat.fixed_texts import (
    APOLOGY,
    CHOSEN_NO,
    DAYS,
    FEEDBACK_HINT,
    FEEDBACK_LABEL,
    FEEDBACK_TITLE,
    GREETING,
    SOURCES,
    fixed_count,
    fixed_text,
    language_of_locale,
)
from bot.rooms.chat.member_texts import MemberTexts
from bot.text.language import LANGUAGES
from bot.text.translations import CATALOGUES, MEMBERS_DOMAIN
from tests.text.catalogues import forms
from tests.world import World, llm_down

PLACEHOLDER = re.compile(r"\{\w+\}|`[^`]+`|\*This [^*]+\*")
FIELD, HINT, MESSAGE = 45, 100, 2000
"""Characters that Discord takes of a form's title or label, of a hint, and of a message."""


SAME: Final = {("es", CHOSEN_NO), ("it", CHOSEN_NO)}
"""Words that are the same in English."""


def catalogue(language: str) -> dict[object, tuple[str, ...]]:
    """Each text with its forms: one, or one for each number that the language knows."""
    path = CATALOGUES / language / "LC_MESSAGES" / f"{MEMBERS_DOMAIN}.po"
    with path.open("rb") as written:
        return {entry.id: forms(entry.string) for entry in read_po(written) if entry.id}


def forms_of(source: object) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(map(str, DAYS))


def test_every_text_there_is_stands_in_the_list() -> None:
    texts = {
        value
        for name, value in vars(fixed_texts).items()
        if name.isupper() and isinstance(value, str) and name not in ("FALLBACK", "MEMBERS_DOMAIN")
    }
    assert texts | {DAYS} == {*SOURCES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_no_hole_and_nothing_else(language: str) -> None:
    texts = catalogue(language)
    assert set(texts) == set(SOURCES)
    assert all(all(said) for said in texts.values())
    if language != "en":
        same = {(language, source) for source, said in texts.items() if forms_of(source) == said}
        assert same <= SAME


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_commands_and_entries_are_kept(language: str) -> None:
    for source, said in catalogue(language).items():
        wanted = sorted(PLACEHOLDER.findall(forms_of(source)[0]))
        for text in said:
            assert sorted(PLACEHOLDER.findall(text)) == wanted, source


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_fit_into_what_discord_takes(language: str) -> None:
    for said in catalogue(language).values():
        assert all(len(text) <= MESSAGE - 200 for text in said)
    assert len(fixed_text(FEEDBACK_TITLE, language)) <= FIELD
    assert len(fixed_text(FEEDBACK_LABEL, language)) <= FIELD
    assert len(fixed_text(FEEDBACK_HINT, language)) <= HINT


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("en", ["1 day", "2 days", "5 days", "21 days", "1,234 days"]),
        ("de", ["1 Tag", "2 Tage", "5 Tage", "21 Tage", "1.234 Tage"]),
        ("pl", ["1 dzień", "2 dni", "5 dni", "21 dni", "1\N{NO-BREAK SPACE}234 dni"]),
        ("ru", ["1 день", "2 дня", "5 дней", "21 день", "1\N{NO-BREAK SPACE}234 дня"]),
        ("ja", ["1 日", "2 日", "5 日", "21 日", "1,234 日"]),
    ],
)
def test_a_number_has_the_form_that_its_language_wants(language: str, days: list[str]) -> None:
    assert [fixed_count(DAYS, number, language) for number in (1, 2, 5, 21, 1234)] == days


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_of_its_forms(language: str) -> None:
    said = {fixed_count(DAYS, number, language).split("\u00a0")[-1] for number in range(200)}
    source = {f"{number} days" for number in range(200)}
    assert language == "en" or not said & source


def test_a_name_is_filled_in_as_it_is() -> None:
    assert "I am {where}, a Chatbot" in fixed_text(GREETING, "en", name="{where}")


@pytest.mark.parametrize(
    ("locale", "language"),
    [("pt-BR", "pt"), ("zh-TW", "zh"), ("de", "de"), ("sv-SE", "en"), ("", "en"), (None, "en")],
)
def test_the_language_of_a_locale(locale: str | None, language: str) -> None:
    assert language_of_locale(locale) == language


def test_the_setting_knows_the_languages_there_are() -> None:
    for language in LANGUAGES:
        assert RoomSettings(language=language).language == language
    with pytest.raises(ValueError, match="language"):
        RoomSettings(language="sv")


ROOM = Room(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "setting", "locale", "language"),
    [
        ("¿Cuánto tiempo tarda en crecer un aguacate?", "de", "fr", "es"),
        ("ok", "de", "fr", "de"),
        ("ok", "", "fr", "fr"),
        ("ok", "", "", "en"),
    ],
)
def test_it_is_the_messages_else_the_rooms_else_the_servers(
    text: str, setting: str, locale: str, language: str, world: World
) -> None:
    room = replace(ROOM, settings=RoomSettings(language=setting))
    texts = MemberTexts(world.stores, lambda _: locale)
    assert texts.language(room, text) == language


async def test_an_apology_is_in_the_language_of_the_person(world: World) -> None:
    world.script.drafts.extend(llm_down() for _ in range(9))
    await world.say("¿Cuánto tiempo tarda en crecer un aguacate?")
    await world.settle()
    assert world.chat.texts() == [fixed_text(APOLOGY, "es")]
