from __future__ import annotations

import time

import pytest

from bot.evaluation.datasets.datasets import load_crises
from bot.prompting.templates import FOLDER
from bot.text.language import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I would like to know the time", "en"),
        ("Ich hätte gerne ein Eis", "de"),
        ("¿Qué hora es, por favor?", "es"),
        ("Quelle heure est-il maintenant ?", "fr"),
        ("Que horas são, por favor? Não sei.", "pt"),
        ("Che ore sono, per favore?", "it"),
        ("Hoe laat is het nu eigenlijk?", "nl"),
        ("Która jest teraz godzina?", "pl"),
        ("Şu an saat kaç acaba?", "tr"),
        ("который сейчас час", "ru"),
        ("今何時ですか", "ja"),
        ("지금 몇 시예요", "ko"),
        ("现在几点了", "zh"),
        ("", None),
        ("lol", None),
        ("😂😂😂", None),
        ("https://example.com/a-long-address-with-words", None),
        ("hello 你好吗 привет мир", None),
        ("كيف حالك اليوم يا صديقي", "ar"),
        ("hej hur mår du idag", "sv"),
        ("привіт як справи", "uk"),
    ],
)
def test_guess(text: str, language: str | None) -> None:
    assert guess_language(text) == language


def test_most_chat_lines_are_guessed_right() -> None:
    tune = load_crises(FOLDER / "golden" / "crisis.jsonl", "tune")
    guesses = [(guess_language(line), row.language) for row in tune for line in row.messages]
    made = [(guess, right) for guess, right in guesses if guess is not None]

    assert len(made) / len(guesses) >= 0.9
    assert sum(guess == right for guess, right in made) / len(made) >= 0.97


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "<@" * 500_000, "`" * 1_000_001, "死" * 1_000_000]
)
def test_long_text_is_bounded(text: str) -> None:
    start = time.process_time()
    guess_language(text)
    assert time.process_time() - start < 0.5
