"""The sets that ship, and what is said of a row that is wrong."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.domain import HARMS
from bot.errors import SettingError
from bot.evaluation.crisis.crisis_report import COMPLAINT
from bot.evaluation.datasets.datasets import (
    GoldenRow,
    Scenario,
    load_crises,
    load_golden,
    load_scenarios,
)
from bot.prompting.templates import FOLDER, Prompts
from bot.stats.classification import auroc
from bot.text.language import LANGUAGES

GOLDEN = FOLDER / "golden" / "critic.jsonl"
SCENARIOS = FOLDER / "scenarios" / "community.jsonl"
SCENE = {"id": "one", "turns": ["hi"]}
ROW = {
    "id": "one",
    "conversation": [{"speaker": "Kai", "text": "hi"}],
    "reply": "hello",
    "manipulative": 0,
    "gaslighting": 0,
    "narcissistic": 0,
}


def write(folder: Path, *rows: object) -> Path:
    path = folder / "set.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def golden() -> tuple[GoldenRow, ...]:
    return load_golden(GOLDEN)


@pytest.fixture(scope="module")
def scenarios() -> tuple[Scenario, ...]:
    return load_scenarios(SCENARIOS)


@pytest.mark.parametrize("split", ["tune", "test"])
def test_the_golden_set_is_large_and_balanced_in_either_half(split: str) -> None:
    rows = load_golden(GOLDEN, split)
    kinds = Counter(row.kind for row in rows)
    for harm in HARMS:
        assert sum(harm in row.harms for row in rows) >= 20
        assert min(kinds[f"{harm}-obvious"], kinds[f"{harm}-subtle"]) >= 8
        assert all(row.harms == {harm} for row in rows if row.kind.startswith(harm))
    assert sum(row.kind.startswith("look-alike-") for row in rows) >= 40
    assert all(not row.harms for row in rows if row.kind.startswith(("look-alike", "plain")))
    assert all(len(row.harms) >= 2 for row in rows if row.kind == "mixed")


def test_the_golden_halves_share_neither_theme_nor_name_nor_kind_mix(
    golden: tuple[GoldenRow, ...],
) -> None:
    tune, test = ([row for row in golden if row.split == half] for half in ("tune", "test"))
    assert not {row.theme for row in tune} & {row.theme for row in test}
    assert people(tune) & people(test) == {"Chatbot"}
    assert {row.kind for row in tune} == {row.kind for row in test}


def people(rows: list[GoldenRow]) -> set[str]:
    return {said.speaker for row in rows for said in row.conversation}


def test_length_and_marks_do_not_give_the_golden_labels_away(
    golden: tuple[GoldenRow, ...],
) -> None:
    for cue in (lambda text: len(text.split()), lambda text: text.count("?"), crying):
        harmful = [float(cue(row.reply)) for row in golden if row.harms]
        harmless = [float(cue(row.reply)) for row in golden if not row.harms]
        area = auroc(harmful, harmless)
        assert area is not None
        assert abs(area - 0.5) < 0.06


def crying(text: str) -> int:
    return text.count("!")


def test_no_reply_is_there_twice(golden: tuple[GoldenRow, ...]) -> None:
    plain = [re.sub(r"\W+", " ", row.reply.casefold()) for row in golden]
    assert len(set(plain)) == len(plain)


def test_the_complaints_are_harmless_of_every_language_and_there_once() -> None:
    rows = [row for row in load_crises(FOLDER / "golden" / "crisis.jsonl") if row.kind == COMPLAINT]
    assert Counter(row.split for row in rows) == {"tune": 110, "test": 60}
    assert {row.language for row in rows if row.split == "test"} == set(LANGUAGES)
    assert not any(row.crisis or row.form for row in rows)
    assert max(Counter(row.messages for row in rows).values()) == 1
    assert all(row.talk == (row.id if len(row.messages) > 1 else "") for row in rows)


def test_the_scenarios_that_ship(scenarios: tuple[Scenario, ...]) -> None:
    personas = Prompts.load(FOLDER).personas
    assert len(scenarios) >= 72
    for half in ("tune", "test"):
        mine = [scene for scene in scenarios if scene.split == half]
        drafted = [scene for scene in mine if scene.draft]
        assert len(drafted) >= 20
        assert len(mine) - len(drafted) >= 15
        single = Counter(scene.harm[0] for scene in drafted if len(scene.harm) == 1)
        assert single == dict.fromkeys(HARMS, 6)
    assert all(bool(scene.draft) == bool(scene.harm) for scene in scenarios)
    assert sum(bool(scene.facts) for scene in scenarios) >= 30
    assert {scene.persona for scene in scenarios if scene.persona} <= set(personas)


def test_a_scenario_as_the_chatbot_sees_it() -> None:
    scene = Scenario.model_validate(
        {
            "id": "one",
            "turns": ["am i late?", "hello?"],
            "speaker": "Kai",
            "context": [{"speaker": "Chatbot", "text": "It starts at six."}],
        }
    )
    talk = scene.conversation
    assert [(line.text, line.by_chatbot) for line in talk.lines] == [("It starts at six.", True)]
    assert [(line.speaker, line.text) for line in talk.asked] == [
        ("Kai", "am i late?"),
        ("Kai", "hello?"),
    ]


def test_a_persons_name_is_the_chatbots_only_if_it_is_exactly_that() -> None:
    row = GoldenRow.model_validate({**ROW, "conversation": [{"speaker": "chatbot", "text": "x"}]})
    assert not row.talk.asked[0].by_chatbot


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", ":2: not JSON"),
        ([1], ":2: the row: "),
        ({"id": "x"}, ":2: turns: Field required"),
        ({**SCENE, "id": "x", "turns": []}, ":2: turns: "),
        ({**SCENE, "id": "x", "turn": "hi"}, ":2: turn: Extra inputs"),
        ({**SCENE, "id": "x", "harm": ["rude"]}, ":2: harm.0: "),
        (SCENE, ":2: the id 'one' is there twice"),
    ],
)
def test_a_bad_scenario_is_named_by_its_line(tmp_path: Path, row: object, says: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_scenarios(write(tmp_path, SCENE, row))
    assert f"set.jsonl{says}" in caught.value.detail


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"manipulative": 2}, "manipulative: "),
        ({"conversation": []}, "conversation: "),
        ({"conversation": [{"speaker": "Kai"}]}, "conversation.0.text: Field required"),
        ({"reply": ""}, "reply: "),
    ],
)
def test_a_bad_golden_row_is_named_by_its_line(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    with pytest.raises(SettingError) as caught:
        load_golden(write(tmp_path, ROW, "", {**ROW, "id": "two", **change}))
    assert f"set.jsonl:3: {says}" in caught.value.detail


def test_an_empty_or_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="not set up"):
        load_golden(tmp_path / "none.jsonl")
    with pytest.raises(SettingError) as caught:
        load_golden(write(tmp_path, ROW), split="test")
    assert "no row with split 'test'" in caught.value.detail


def test_a_row_may_hold_any_kind_of_line_end(tmp_path: Path) -> None:
    rows = load_golden(write(tmp_path, {**ROW, "reply": "one\u2028two"}))
    assert rows[0].reply == "one\u2028two"
