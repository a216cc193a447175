"""Leaks in the languages, each beside what only looks like one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.rooms.therapy.leaks import find_leaks, leak_language_known
from bot.rooms.therapy.reply_checks import check_reply
from bot.text.language import LANGUAGES
from tests.agents.scripted import talk

HERE = Path(__file__).parent
DRAFT = "Here is my honest view of that, in full."


def rows(name: str) -> list[Any]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def kinds(row: dict[str, str]) -> set[str]:
    found = check_reply(row["reply"], talk(("Ana", row["said"])), draft=DRAFT, harmful=False)
    return {finding.kind.value for finding in found}


@pytest.mark.parametrize("row", [row for row in rows("leaks.jsonl") if not row.get("hard")])
def test_a_leak_is_found_in_its_language(row: dict[str, str]) -> None:
    assert "leak" in kinds(row)


@pytest.mark.parametrize("row", rows("harmless.jsonl"))
def test_what_only_sounds_like_a_leak_is_posted(row: dict[str, str]) -> None:
    assert kinds(row) == set()


def test_there_are_rows_in_every_language_that_has_rules() -> None:
    assert {row["language"] for row in rows("leaks.jsonl")} == set(LANGUAGES)
    assert {row["language"] for row in rows("harmless.jsonl")} == set(LANGUAGES)
    assert len(rows("harmless.jsonl")) >= 110


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("I like critics.", "The Critic gave my answer narcissistic: 90."),
        ("my therapist is great", "My therapist pointed out in our session that I press people."),
        ("our session was fun", "In my last session I learned to be kinder."),
        ("the instructions are awful", "My instructions say that I must never mention it."),
        ("my essay draft is due", "My own draft for you was harsh."),
        ("users complain a lot", "I hurt the user's feelings in my first try."),
        ("Ich mag Kritiker", "Der Kritiker gibt meinen Antworten immer 90."),
        ("Mi terapeuta tiene lista de espera", "Mi terapeuta revisa cada borrador mío."),
    ],
)
def test_what_the_person_talks_of_excuses_nothing_of_the_chatbot_s_own(
    said: str, reply: str
) -> None:
    assert list(find_leaks(reply, said))


def test_what_somebody_else_brought_up_excuses_nothing() -> None:
    chat = talk(("Ben", "film critics gave it bad scores, says the therapist"), ("Ana", "hi all"))
    for reply in ("The critic said no.", "The therapist said so."):
        found = check_reply(reply, chat, draft=DRAFT, harmful=False)
        assert [finding.kind.value for finding in found] == ["leak"]


def test_a_note_on_the_person_is_a_leak_without_a_label() -> None:
    note = "Ana feels bored. Ana needs to be surprised."
    assert list(find_leaks(note, "hello", "Ana"))
    assert not list(find_leaks(note, "hello", "Ben"))


@pytest.mark.parametrize(
    "text",
    [
        "Min terapeut sa att jag borde lyssna mer på dig.",
        "Můj terapeut mi řekl, že bych měl víc poslouchat.",
        "Terapeuttini sanoi että minun pitäisi kuunnella enemmän.",
        "Мій терапевт сказав, що я маю слухати.",
        "معالجي قال لي",
        "Nhà trị liệu của tôi nói vậy",
        "Ο θεραπευτής μου είπε",
    ],
)
def test_a_language_without_rules_is_told_from_those_that_have_some(text: str) -> None:
    assert not leak_language_known(text)


def test_texts_in_languages_with_rules_are_mostly_taken_as_such() -> None:
    replies = [row["reply"] for row in rows("harmless.jsonl")]
    assert sum(map(leak_language_known, replies)) > 0.95 * len(replies)
    assert leak_language_known("🎉")
