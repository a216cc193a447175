"""Plain questions: a right answer is found in a draft, and arms are compared by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.evaluation.datasets.talk_sets import TalkRoom, load_talk_rooms
from bot.learning.own_talk.__main__ import main
from bot.learning.own_talk.draw import Draw
from bot.learning.own_talk.questions import describe_questions, is_right
from bot.prompting.templates import FOLDER
from bot.text.json_lines import json_line


def question(name: str, answer: str, language: str = "en") -> TalkRoom:
    return TalkRoom.model_validate(
        {
            "id": name,
            "messages": [{"speaker": "Ana", "text": "which one?"}],
            "language": language,
            "answer": answer,
        }
    )


@pytest.mark.parametrize(
    ("answer", "draft", "right"),
    [
        ("8|eight", "There are eight planets.", True),
        ("8|eight", "There are 8.", True),
        ("8|eight", "There are 88 of them.", False),
        ("Na", "Sodium is na.", True),
        ("Na", "Its name is unknown.", False),
        ("100", "At 100°C.", True),
        ("1,000|1000", "It is 1,000 grams.", True),
        ("東京", "日本の首都は東京です。", True),
    ],
)
def test_an_answer_is_found_as_whole_words(answer: str, draft: str, right: bool) -> None:
    assert is_right(question("q", answer, "ja" if answer == "東京" else "en"), draft) is right


def test_arms_are_compared_question_by_question(tmp_path: Path) -> None:
    rooms = [question("q1", "Oslo"), question("q2", "Lima"), question("q3", "Rome")]
    said = {"base": ("Oslo", "Lima", "no"), "tuned": ("Oslo", "no", "no")}
    draws = [
        Draw(situation=f"q{number}", way="plain", seed=1, draft=text, arm=arm)
        for arm, texts in said.items()
        for number, text in enumerate(texts, start=1)
    ]
    told = describe_questions(rooms, draws)
    assert "base plain: 2 of 3 right" in told
    assert "tuned plain: 1 of 3 right" in told
    assert "0 gained, 1 lost of 3" in told
    situations, drafts = tmp_path / "q.jsonl", tmp_path / "d.jsonl"
    situations.write_text("".join(json_line(room.model_dump_json()) for room in rooms), "utf-8")
    drafts.write_text("".join(json_line(draw.model_dump_json()) for draw in draws), "utf-8")
    main(["questions", str(situations), str(drafts)])


def test_the_questions_that_ship_have_answers_each_its_own() -> None:
    rooms = load_talk_rooms(FOLDER / "golden" / "questions.jsonl")
    assert len(rooms) >= 100
    assert all(room.answer for room in rooms)
    assert not any(is_right(room, room.messages[-1].text) for room in rooms), "it tells itself"
    assert len({room.messages[-1].text for room in rooms}) == len(rooms)
