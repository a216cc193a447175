"""Moderators' texts: each in a catalogue, each catalogue whole, each reader's own language."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
from babel.messages.catalog import Message
from babel.numbers import format_decimal
from discord import app_commands

from bot.client.command_sync import CommandTranslator
from bot.text.language import LANGUAGES as CODES
from bot.text.moderator_texts import (
    LANGUAGES,
    Later,
    read_by,
    read_number,
    reader_language,
    reading,
    say,
    say_count,
    say_dollars,
    say_exactly,
    say_number,
    say_signed,
)
from bot.text.numbers import write_number
from tests.text import catalogues
from tests.text.catalogues import ROOT, TITLES, TRANSLATED, forms, is_whole, read, sources
from tests.text.shown_values import SETTINGS
from tests.text.unsaid import NOT_READ, public_unsaid_in, unsaid_in

KEPT = re.compile(r"\{\w+\}|`[^`]+`|<t:|:[a-zA-Z]>|<#|(?<!\w)/[a-z]+|[A-Z]+_[A-Z_]+")
"""What stands in every translation as in the source: names, commands, times, settings."""
DESCRIPTION, LABEL = 100, 45
"""Characters that Discord takes of a description or hint, and of a field's label."""


def entries(language: str, domain: str) -> Iterator[Message]:
    return (message for message in read(language, domain) if message.id)


@pytest.fixture(scope="module")
def known() -> dict[str, set[catalogues.Source]]:
    return {domain: set(sources(domain)) for domain in TITLES}


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("domain", TITLES)
def test_a_catalogue_has_no_hole_and_nothing_else(
    language: str, domain: str, known: dict[str, set[catalogues.Source]]
) -> None:
    found = [*entries(language, domain)]
    assert {message.id for message in found} == known[domain], "`make texts` brings them up to date"
    assert [message.id for message in found if not is_whole(message)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_names_commands_and_times_are_kept(language: str) -> None:
    for domain in TITLES:
        for message in entries(language, domain):
            one, many = forms(message.id)[0], forms(message.id)[-1]
            for number, said in enumerate(forms(message.string)):
                source = many if number else one
                assert sorted(KEPT.findall(said)) == sorted(KEPT.findall(source)), source
                assert said.startswith(" ") == source.startswith(" "), source


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_fit_into_what_discord_takes(language: str) -> None:
    if language == "en":
        assert [text for text in catalogues.of_commands() if len(text) > DESCRIPTION] == []
        return
    texts = [str(message.string) for message in entries(language, "commands")]
    assert [text for text in texts if len(text) > DESCRIPTION] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_of_settings_fits_into_what_discord_takes(language: str) -> None:
    fields = [field for settings in SETTINGS for field in settings.model_fields.values()]
    with reading(language):
        titles = [say(field.title or "") for field in fields]
        hints = [say(field.description or "") for field in fields]
    assert [title for title in titles if len(title) > LABEL] == []
    assert [hint for hint in hints if len(hint) > DESCRIPTION] == []


def test_no_text_stands_outside_the_catalogues() -> None:
    described = {*catalogues.of_commands()}
    files = {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "cogs").rglob("*.py"))}
    found = [
        f"{name}:{line}: {text}"
        for name, path in files.items()
        if name not in NOT_READ
        for line, text in unsaid_in(ast.parse(path.read_text()))
        if text not in described
    ]
    assert found == [], "say() it, or name why nobody reads it in tests/text/unsaid.py"


def test_what_an_error_says_in_public_is_said() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in catalogues.python_files()
        for line, text in public_unsaid_in(ast.parse(path.read_text()))
    ]
    assert found == [], "say() it"
    code = ast.parse('raise NotNow(public=f"{who} is here."); raise NotNow(public=say("No."))')
    assert [text for _, text in public_unsaid_in(code)] == ["{} is here."]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('def f(): return f"{who} left."', ["{} left."]),
        ('def f(): send("Nothing was said.")', ["Nothing was said."]),
        ('LABEL = "Approve"', ["Approve"]),
        ('def f(): return say("{who} left.", who=name or "nobody else")', ["nobody else"]),
        ('def f(): return say("{who} left.", who=name)', []),
        ('LABEL = Later("Approve")', []),
        ('def f(): log.info("turn sent"); raise LookupError("no such turn")', []),
        ('class A(B, template=rf"rate:(?P<what>x)"):\n    """What it is."""', []),
    ],
)
def test_what_counts_as_a_text(code: str, found: list[str]) -> None:
    assert [text for _, text in unsaid_in(ast.parse(code))] == found


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("de", "3 Antworten"),
        ("es-ES", "3 respuestas"),
        ("es-419", "3 respuestas"),
        ("pt-BR", "3 respostas"),
        ("fr", "3 réponses"),
        ("ja", "3 replies"),
        (None, "3 replies"),
    ],
)
def test_a_reader_has_their_language_or_english(locale: str | None, said: str) -> None:
    with reading(locale):
        assert say_count("{count} reply", "{count} replies", 3) == said


def test_one_and_many_and_large_numbers() -> None:
    with reading("de"):
        assert say_count("{count} reply", "{count} replies", 1) == "1 Antwort"
        assert say_count("{count} reply", "{count} replies", 1943) == "1.943 Antworten"
        assert say_number(2.5, 1) == "2,5"
    assert say_number(1943) == "1,943"


@pytest.mark.parametrize("language", CODES)
def test_numbers_are_written_as_cldr_has_them(language: str) -> None:
    values = (0, 7, -1, 999.5, 1000, -1234, 9999.995, 0.005, 2.675, 12345.678, 1234567, 1e16)
    for decimals, shape in enumerate(("#,##0", "#,##0.0", "#,##0.00")):
        for value in values:
            cldr = format_decimal(value, shape, language)
            assert write_number(value, language, decimals) == cldr
            with reading(language):
                assert language not in LANGUAGES or say_number(value, decimals) == cldr


def test_numbers_with_a_sign_a_dollar_or_just_the_decimals_that_they_have() -> None:
    assert [say_signed(value, 1) for value in (0.5, -0.5, 0, 0.04)] == [
        "+0.5",
        "-0.5",
        "0.0",
        "0.0",
    ]
    assert (say_dollars(1234.5), say_dollars(0.0021, 4)) == ("$1,234.50", "$0.0021")
    exact = (2.5, 3.0, 1200, 0.05, 10)
    assert [*map(say_exactly, exact)] == ["2.5", "3", "1,200", "0.05", "10"]
    with reading("de"):
        assert [*map(say_exactly, exact)] == ["2,5", "3", "1.200", "0,05", "10"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_is_read_as_the_reader_is_shown_it(language: str) -> None:
    with reading(language):
        for value in (0.0, 2.5, 60.0, 0.05, -1.5, *([] if language == "en" else [1234.5, 12000.0])):
            assert float(read_number(say_exactly(value))) == value
        assert read_number(" 2.5") == "2.5", "many type a point in any language"
        assert read_number("soon") == "soon"


def _own_way(node: ast.AST) -> str:
    """The way in which some code writes a number with decimals or groups, past the reader's."""
    if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
        spec = "".join(str(getattr(part, "value", "{}")) for part in node.format_spec.values)
        return spec if re.search(r",|\.(?!0f)|[eg%]$", spec) else ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(re.findall(r"%[+,]?\.[1-9]\d*[efg]", node.value))
    return ""


def _own_ways(code: str) -> list[str]:
    return list(filter(None, map(_own_way, ast.walk(ast.parse(code)))))


def test_every_number_is_written_as_the_reader_does() -> None:
    reports = ROOT / "bot/reports"
    shown = [*(ROOT / "cogs").rglob("*.py"), *(reports.glob("*.py"))]
    found = {path.name: ways for path in shown if (ways := _own_ways(path.read_text()))}
    assert found == {}, "say_number() it"
    pages = [page.read_text() for page in reports.glob("*.html")]
    assert [way for page in pages for way in re.findall(r"\| *format|%\.", page)] == []
    assert _own_ways('f"{a:.2f} {b:,} {c:g} {d:>3} {e:.0f} {f:.1%}"') == [".2f", ",", "g", ".1%"]


def test_what_is_filled_in_is_not_looked_through_again() -> None:
    assert say("{who} left.", who="{who} {name}") == "{who} {name} left."
    assert say("") == ""


def test_a_label_is_said_when_it_is_shown() -> None:
    label = Later("Approve")
    with reading("fr"):
        assert (str(label), say(label)) == ("Approuver", "Approuver")
    assert f"{label}" == "Approve"


async def test_readers_do_not_hear_each_other() -> None:
    """Two people and a post at the same time, each step of one between two of another."""
    turns = {locale: asyncio.Event() for locale in ("de", "fr")}

    async def answer(own: str, other: str) -> list[str]:
        read_by(own)
        before = say("Approve")
        turns[own].set()
        await turns[other].wait()
        with reading("es"):  # a card in the channel, for all
            await asyncio.sleep(0)
            card = say("Approve")
        return [before, card, say("Approve")]

    german, french = await asyncio.gather(answer("de", "fr"), answer("fr", "de"))
    assert german == ["Freigeben", "Aprobar", "Freigeben"]
    assert french == ["Approuver", "Aprobar", "Approuver"]
    assert reader_language() == "en"


async def test_names_of_commands_stay_and_descriptions_do_not() -> None:
    @app_commands.command(name="forget", description="What you can do here.")
    async def forget(_: discord.Interaction) -> None: ...

    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    told = await forget.get_translated_payload(tree, CommandTranslator())
    assert told["name_localizations"] == {}
    assert told["description_localizations"] == {
        "de": "Was du hier tun kannst.",
        "es-ES": "Lo que puedes hacer aquí.",
        "es-419": "Lo que puedes hacer aquí.",
        "fr": "Ce que tu peux faire ici.",
        "pt-BR": "O que você pode fazer aqui.",
    }


def test_a_refresh_changes_nothing_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalogues.path_of("de", "commands").read_text()
    monkeypatch.setattr(catalogues, "CATALOGUES", tmp_path)
    path = catalogues.path_of("de", "commands")
    path.parent.mkdir(parents=True)
    gone = before + '\nmsgid "no longer said"\nmsgstr "nicht mehr gesagt"\n'
    path.write_text(gone)
    assert catalogues.refresh("de", "commands") == 0
    assert path.read_text() == before
