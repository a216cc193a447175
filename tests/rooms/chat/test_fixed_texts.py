"""The fixed texts that members read: every catalogue whole, and each person's own language."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from babel.messages.pofile import read_po

from bot.domain import Room, RoomSettings
from bot.rooms.chat import fixed_texts
from bot.rooms.chat.fixed_texts import (
    APOLOGY,
    DOMAIN,
    FEEDBACK_HINT,
    FEEDBACK_LABEL,
    FEEDBACK_TITLE,
    GREETING,
    SOURCES,
    fixed_text,
    language_of_locale,
)
from bot.rooms.chat.member_texts import MemberTexts
from bot.text.language import LANGUAGES
from bot.text.translations import CATALOGUES
from tests.world import World, llm_down

PLACEHOLDER = re.compile(r"\{\w+\}|`[^`]+`|\*This [^*]+\*")
FIELD, HINT, MESSAGE = 45, 100, 2000
"""Characters that Discord takes of a form's title or label, of a hint, and of a message."""


def catalogue(language: str) -> dict[str, str]:
    path = CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as written:
        return {str(entry.id): str(entry.string) for entry in read_po(written) if entry.id}


def test_every_text_there_is_stands_in_the_list() -> None:
    texts = {
        value
        for name, value in vars(fixed_texts).items()
        if name.isupper() and isinstance(value, str) and name not in ("DOMAIN", "FALLBACK")
    }
    assert texts == {*SOURCES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_no_hole_and_nothing_else(language: str) -> None:
    texts = catalogue(language)
    assert set(texts) == set(SOURCES)
    assert all(texts.values())
    if language != "en":
        assert [source for source, text in texts.items() if text == source] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_commands_and_entries_are_kept(language: str) -> None:
    for source, text in catalogue(language).items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), source


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_fit_into_what_discord_takes(language: str) -> None:
    for source in SOURCES:
        assert len(fixed_text(source, language)) <= MESSAGE - 200
    assert len(fixed_text(FEEDBACK_TITLE, language)) <= FIELD
    assert len(fixed_text(FEEDBACK_LABEL, language)) <= FIELD
    assert len(fixed_text(FEEDBACK_HINT, language)) <= HINT


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
