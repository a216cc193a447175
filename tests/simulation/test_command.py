"""The command: from options to tables and files, on models of rules."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import app
from bot.app.llm_factory import AgentModels
from bot.domain import Agent
from bot.errors import FourRoomsError, LLMRefused, SettingError
from bot.llm.call_budget import UNLIMITED, CallBudget
from bot.llm.protocol import BeginCall, RecordCall
from bot.settings import Settings
from bot.simulation.command import SimulateOptions, run_simulation
from bot.simulation.example_run import run_example
from bot.simulation.records import TalkRecord
from tests.simulation.model import Models, models


def open_rules(monkeypatch: pytest.MonkeyPatch, made: list[Models], **faults: object) -> None:
    @asynccontextmanager
    async def open_models(
        settings: Settings,
        record: RecordCall,
        *,
        agents: Iterable[Agent],
        budget: CallBudget,
        with_fallbacks: bool,
        begin: BeginCall,
    ) -> AsyncIterator[AgentModels]:
        assert budget is UNLIMITED
        made.append(models(record, **faults))
        yield AgentModels({agent: made[-1][agent] for agent in agents}, "rules serve every agent.")

    monkeypatch.setattr(app, "open_llms", open_models)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Models]:
    """The models that the command opens."""
    made: list[Models] = []
    open_rules(monkeypatch, made)
    return made


def options(folder: Path, **others: object) -> SimulateOptions:
    given: dict[str, object] = {
        "personas": ("shy", "boaster"),
        "turns": 2,
        "database": folder / "world" / "simulation.db",
        **others,
    }
    return SimulateOptions(**given)  # type: ignore[arg-type]


async def test_tables_and_files(tmp_path: Path, opened: list[Models]) -> None:
    lines, page = tmp_path / "out" / "talks.jsonl", tmp_path / "out" / "talks.html"
    text = await run_simulation(Settings(), options(tmp_path, jsonl=lines, html=page))
    assert text.startswith("rules serve every agent. Chatbot persona default, 2 personas")
    for told in ("| shy ", "| boaster ", "| all ", "alliance: observer", "alliance: embeddings"):
        assert told in text
    talks = [TalkRecord.model_validate_json(line) for line in lines.read_text().splitlines()]
    assert {talk.persona for talk in talks} == {"shy", "boaster"}
    assert all(json.loads(line)["turns"][1]["reply"] for line in lines.read_text().splitlines())
    assert talks[0].turns[0].said in page.read_text().replace("&#39;", "'")
    database = tmp_path / "world" / "simulation.db"
    for made in (lines, page, database):
        assert (made.stat().st_mode & 0o777, made.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not (tmp_path / "data").exists()


async def test_show_prints_every_room(
    tmp_path: Path, opened: list[Models], capsys: pytest.CaptureFixture[str]
) -> None:
    await run_simulation(
        Settings(), options(tmp_path, personas=("shy",), turns=1, show=True, alliance=False)
    )
    shown = capsys.readouterr().err
    for told in ("Linnea", "draft", "Therapist, round 1", "Chatbot, round 1", "Critic"):
        assert told in shown


async def test_fresh_forgets_earlier_talks(tmp_path: Path, opened: list[Models]) -> None:
    def rooms() -> set[int]:
        talks = (tmp_path / "talks.jsonl").read_text().splitlines()
        return {TalkRecord.model_validate_json(line).room_id for line in talks}

    chosen = {"turns": 1, "alliance": False, "jsonl": tmp_path / "talks.jsonl"}
    await run_simulation(Settings(), options(tmp_path, **chosen))
    assert rooms() == {1, 2}
    await run_simulation(Settings(), options(tmp_path, **chosen))
    assert rooms() == {3, 4}
    await run_simulation(Settings(), options(tmp_path, **chosen, fresh=True))
    assert rooms() == {1, 2}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"personas": ("sky",)}, "'sky'"), ({"chatbot_persona": "pirate"}, "'pirate'")],
)
async def test_an_unknown_persona_is_named(
    tmp_path: Path, opened: list[Models], wrong: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingError) as caught:
        await run_simulation(Settings(), options(tmp_path, **wrong))
    assert named in caught.value.detail


async def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, opened: list[Models]
) -> None:
    (tmp_path / "world").write_text("a file")
    with pytest.raises(SettingError) as caught:
        await run_simulation(Settings(), options(tmp_path))
    assert "--database" in caught.value.detail
    assert not opened


async def test_when_no_turn_comes_of_it_it_says_why(
    tmp_path: Path, opened: list[Models], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_words(*_: object) -> None:
        raise LLMRefused("no words at all")

    monkeypatch.setattr("bot.agents.user.User.next", no_words)
    with pytest.raises(FourRoomsError) as caught:
        await run_simulation(Settings(), options(tmp_path))
    assert "no words at all" in caught.value.detail


def example(folder: Path, **others: object) -> SimulateOptions:
    return options(folder, **{"personas": (), "turns": None, "seed": 2, **others})


async def test_the_example_as_a_command(tmp_path: Path, opened: list[Models]) -> None:
    told: list[str] = []
    text = await run_example(Settings(), example(tmp_path), told.append)
    assert text.startswith("The paper's working example. rules serve every agent.")
    assert "\n\n".join(told) + "\n" == text
    assert "| without therapy, the paper" in text
    assert (
        "(written beforehand: a small model is no narcissist)\nChatbot: Well, about time." in text
    )


async def test_another_person_in_the_example_gets_a_draft_of_the_models_own(
    tmp_path: Path, opened: list[Models]
) -> None:
    text = await run_example(Settings(), example(tmp_path, personas=("sad",)))
    assert "written beforehand" not in text
    assert "Well, about time." not in text


async def test_the_example_heeds_its_options(
    tmp_path: Path, opened: list[Models], capsys: pytest.CaptureFixture[str]
) -> None:
    lines, page = tmp_path / "out" / "talk.jsonl", tmp_path / "out" / "talk.html"
    chosen = example(tmp_path, jsonl=lines, html=page, alliance=False, show=True)
    text = await run_example(Settings(), chosen)
    assert "Working alliance" not in text
    assert "Working alliance" in await run_example(
        Settings(), example(tmp_path, alliance=True, personas=("sad",))
    )
    (talk,) = [TalkRecord.model_validate_json(line) for line in lines.read_text().splitlines()]
    assert talk.chatbot_persona == "narcissistic"
    assert talk.turns[0].draft is not None
    assert talk.turns[0].draft.startswith("Well, about time.")
    assert "Well, about time." in page.read_text().replace("&#39;", "'")
    assert "| with therapy, here (the reply)" in page.read_text()
    assert "Critic" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"turns": 2}, "--turns"),
        ({"conversations": 2}, "--conversations"),
        ({"chatbot_persona": "default"}, "--chatbot-persona"),
        ({"at_once": 2}, "--at-once"),
        ({"personas": ("everyday",)}, "--persona"),
        ({"personas": ("sad", "glad")}, "--persona"),
    ],
)
async def test_the_example_refuses_what_it_cannot_heed(
    tmp_path: Path, opened: list[Models], given: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingError) as caught:
        await run_example(Settings(), example(tmp_path, **given))
    assert caught.value.detail.startswith(f"{named}: --example ")
    assert not opened


@pytest.mark.parametrize(
    ("small", "setting", "option", "measured"),
    [
        (True, None, None, True),
        (False, None, None, False),
        (False, None, True, True),
        (False, True, None, True),
        (True, True, False, False),
    ],
)
async def test_the_alliance_is_measured_where_it_costs_nothing_or_is_asked_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small: bool,
    setting: bool | None,
    option: bool | None,
    measured: bool,
) -> None:
    made: list[Models] = []
    open_rules(monkeypatch, made, small=small)
    own = Settings(measure_alliance=setting)
    text = await run_simulation(own, options(tmp_path, personas=("shy",), alliance=option))
    rated = [prompt for prompt in made[0][Agent.CRITIC].asked if prompt.name.startswith("alliance")]
    assert bool(rated) is measured
    assert ("alliance: observer" in text) is measured
