from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.rooms.chat.crisis import indexes
from bot.rooms.chat.crisis.rule_file import RuleFile
from bot.rooms.chat.crisis.rulebook import Rulebook, digest_of, load_rulebook
from bot.text.language import LANGUAGES

CRISIS_FOLDER = Path(indexes.__file__).parent


@pytest.mark.parametrize("folder", ["rules", "outgoing"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_loads(language: str, folder: str) -> None:
    book = load_rulebook(language, folder)

    ids = [rule.id for rule in book.file.rule]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("folder", ["rules", "outgoing"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_index_is_of_its_rules(language: str, folder: str) -> None:
    rules = CRISIS_FOLDER / folder / f"{language}.toml"
    index = CRISIS_FOLDER / folder / "index" / f"{language}.json"
    made = json.loads(index.read_text("utf-8"))["of"]
    assert made == digest_of(rules.read_bytes()), "python -m bot.rooms.chat.crisis.indexes"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_rule(language: str) -> None:
    rules = load_rulebook(language).file.rule

    assert len({rule.kind for rule in rules}) == 6
    assert any(rule.about_other for rule in rules)


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "x", "kind": "abuse", "patterns": ["a"], "needs": ["nowhere"]},
        {"id": "x", "kind": "abuse", "patterns": ["(?=a)"]},
        {"id": "x", "kind": "abuse", "patterns": ["{nowhere}"]},
    ],
)
def test_a_wrong_rule_is_named(rule: dict[str, object]) -> None:
    file = RuleFile.model_validate({"idioms": ["zz"], "rule": [rule]})

    with pytest.raises(ValueError, match=r"nowhere|x"):
        Rulebook("en", file)
