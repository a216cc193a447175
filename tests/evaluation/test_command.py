"""The command: from files and options to tables, on a model of rules."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app.llm_factory import AgentModels
from bot.domain import Agent
from bot.errors import SettingError
from bot.evaluation import command
from bot.evaluation.command import Options, run_evaluation
from bot.evaluation.runs import Files
from bot.llm.protocol import RecordCall
from bot.settings import Settings
from tests.evaluation.model import RuleModel, golden, scenes


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[RuleModel]:
    """Every model that the command opens, in a folder of its own: it keeps trust in the bot's."""
    monkeypatch.chdir(tmp_path)
    models: list[RuleModel] = []

    @asynccontextmanager
    async def open_rules(
        settings: Settings, record: RecordCall, *, agents: Iterable[Agent]
    ) -> AsyncIterator[AgentModels]:
        made = {agent: RuleModel(agent, record) for agent in agents}
        models.extend(made.values())
        yield AgentModels(made, "rules")

    monkeypatch.setattr(command, "open_llms", open_rules)
    return models


def options(folder: Path, **others: object) -> Options:
    scenario_file, golden_file = folder / "scenes.jsonl", folder / "golden.jsonl"
    scenario_file.write_text("\n".join(one.model_dump_json() for one in scenes(3)), "utf-8")
    golden_file.write_text("\n".join(one.model_dump_json() for one in golden(4)), "utf-8")
    given: dict[str, object] = {
        "scenarios": scenario_file,
        "golden": golden_file,
        "conditions": ("redraw", "therapy, 1 round"),
        "files": Files(log=folder / "run.jsonl", json=folder / "found.json"),
        **others,
    }
    return Options(**given)  # type: ignore[arg-type]


async def test_scenarios_of_ones_own(tmp_path: Path, opened: list[RuleModel]) -> None:
    text = await run_evaluation(Settings(), options(tmp_path))
    assert "therapy, 1 round minus redraw (written drafts)" in text
    assert "## written drafts, 3 scenarios" in text
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["records"]
    assert {model.agent for model in opened} == {Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC}


async def test_a_golden_set_of_ones_own_needs_the_critic_alone(
    tmp_path: Path, opened: list[RuleModel]
) -> None:
    text = await run_evaluation(Settings(), options(tmp_path, critic=True, most=3))
    assert "set 3 rows" in text
    assert [model.agent for model in opened] == [Agent.CRITIC]


async def test_it_goes_on_with_a_run_unless_told_to_begin_anew(
    tmp_path: Path, opened: list[RuleModel]
) -> None:
    first = await run_evaluation(Settings(), options(tmp_path, critic=True))
    made = len(opened[-1].asked)
    assert await run_evaluation(Settings(), options(tmp_path, critic=True)) == first
    assert [prompt.name for prompt in opened[-1].asked] == ["probe"]
    await run_evaluation(Settings(), options(tmp_path, critic=True, fresh=True))
    assert len(opened[-1].asked) == made


async def test_a_wrong_file_is_named_before_a_model_is_opened(
    tmp_path: Path, opened: list[RuleModel]
) -> None:
    with pytest.raises(SettingError) as caught:
        await run_evaluation(Settings(), options(tmp_path, scenarios=tmp_path / "none.jsonl"))
    assert "none.jsonl cannot be read" in caught.value.detail
    assert not opened
