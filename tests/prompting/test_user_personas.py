"""The cast that ships, and what is said of a file that is no person."""

from pathlib import Path

import pytest

from bot.domain import HARMS
from bot.errors import SettingError
from bot.prompting.templates import FOLDER
from bot.prompting.user_personas import UserPersonaKind, load_user_personas, read_user_persona

GOOD = """---
name: calm
person: Ada
kind: everyday
aim: ordinary
situation: A quiet evening.
goal: Say hello.
---
You are Ada.

## Opens with

- good evening
"""


def write(folder: Path, text: str, name: str = "calm") -> Path:
    path = folder / f"{name}.md"
    path.write_text(text, "utf-8")
    return path


def test_the_cast_that_ships() -> None:
    user_personas = load_user_personas(FOLDER / "user")
    assert len(user_personas) >= 20
    kinds = [person.kind for person in user_personas.values()]
    assert min(kinds.count(kind) for kind in UserPersonaKind) >= 8
    assert set(HARMS) <= {person.aim for person in user_personas.values()}
    assert len({person.person for person in user_personas.values()}) == len(user_personas)
    assert all(person.opens for person in user_personas.values())


def test_reads_a_person(tmp_path: Path) -> None:
    ada = read_user_persona(write(tmp_path, GOOD))
    assert (ada.name, ada.person, ada.kind) == ("calm", "Ada", UserPersonaKind.EVERYDAY)
    assert ada.description == "You are Ada."
    assert ada.opens == ("good evening",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no front", "calm.md:1: a persona begins"),
        (GOOD.replace("You are Ada.", ""), "calm.md:9: the persona has no words"),
        (GOOD.replace("kind: everyday", "kind: villain"), "kind: Input should be"),
        (GOOD.replace("goal: Say hello.\n", ""), "goal: Field required"),
        (GOOD.replace("aim: ordinary", "aim: ordinary\nmood: blue"), "mood: Extra inputs"),
        (GOOD.replace("aim: ordinary", "aim"), "calm.md:5: expected 'key: value'"),
        (GOOD.replace("name: calm", "name: other"), "has to be 'calm'"),
        (GOOD.replace("- good", "good"), "each line begins with '- '"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_user_persona(write(tmp_path, text))
    assert says in caught.value.detail


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        load_user_personas(tmp_path)
    assert str(tmp_path) in caught.value.detail
