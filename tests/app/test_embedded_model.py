"""The embedded model as it is set: adapters that are chosen, refused and heard of, hub models."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app.embedded_model import ModelChoice, choose_adapters
from bot.app.llm_factory import open_llms
from bot.domain import Agent
from bot.errors import SettingError
from bot.llm.embedded.adapters import BASE_KEY
from bot.llm.embedded.downloads import Hub
from bot.llm.embedded.hub_models import Pin, path_of
from bot.llm.embedded.model_files import ModelFile, ShippedAdapter
from bot.setting_types import HubName
from bot.settings import Settings, variables
from tests.llm.conftest import PROMPT, Records, within
from tests.llm.embedded.conftest import TinyModel
from tests.llm.embedded.gguf_files import write_adapter
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import KEY, OpenAIServer

Load = Callable[..., Settings]
ALL = tuple(Agent)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)

    def load_with(**environment: object) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        return Settings.load(None)

    return load_with


def chosen(settings: Settings, choice: ModelChoice) -> dict[Agent, tuple[str, float]]:
    adapters = choose_adapters(settings, ALL, choice)
    return {agent: (adapter.path.name, adapter.scale) for agent, adapter in adapters.items()}


def test_each_agent_has_the_adapter_that_is_set_for_it(load: Load, tiny: TinyModel) -> None:
    one, two = tiny.adapters
    settings = load(CHATBOT_ADAPTER=one, THERAPIST_ADAPTER=two, THERAPIST_ADAPTER_SCALE="0.25")
    choice = ModelChoice(tiny.path, None, small=True)
    expected = {Agent.CHATBOT: ("one.gguf", 1.0), Agent.THERAPIST: ("two.gguf", 0.25)}
    assert chosen(settings, choice) == expected
    assert set(choose_adapters(settings, [Agent.CHATBOT], choice)) == {Agent.CHATBOT}


def test_scale_0_rolls_an_adapter_back(load: Load, tiny: TinyModel) -> None:
    settings = load(CHATBOT_ADAPTER=tiny.adapters[0], CHATBOT_ADAPTER_SCALE="0")
    assert chosen(settings, ModelChoice(tiny.path, None, small=True)) == {}


@pytest.mark.parametrize("scale", ["-0.1", "1.1", "much"])
def test_a_scale_is_from_0_to_1(load: Load, scale: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(THERAPIST_ADAPTER_SCALE=scale)
    assert "THERAPIST_ADAPTER_SCALE" in caught.value.detail


def test_an_adapter_of_another_model_is_refused(
    load: Load, tiny: TinyModel, tmp_path: Path
) -> None:
    other = write_adapter(tmp_path / "other.gguf", metadata={BASE_KEY: "f" * 64})
    settings = load(CHATBOT_ADAPTER=other)
    for known in (None, tiny.sha256):
        with pytest.raises(SettingError) as caught:
            chosen(settings, ModelChoice(tiny.path, known, small=True))
        assert "made for another model" in caught.value.detail


@pytest.fixture
def shipped(tiny: TinyModel, monkeypatch: pytest.MonkeyPatch) -> ModelChoice:
    """A model that comes with an adapter for the Chatbot."""
    path = tiny.adapters[0]
    monkeypatch.setattr("bot.app.embedded_model.ADAPTERS_FOLDER", path.parent)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = ModelFile(
        title="Tiny", file="tiny.gguf", bytes=1, sha256=tiny.sha256, licence="CC0-1.0",
        chatbot_adapter=ShippedAdapter(file=path.name, sha256=sha256, scale=0.5),
    )  # fmt: skip
    return ModelChoice(tiny.path, tiny.sha256, small=True, entry=entry)


def test_an_adapter_that_comes_with_the_model_is_the_default(
    load: Load, shipped: ModelChoice, tiny: TinyModel
) -> None:
    assert chosen(load(), shipped) == {Agent.CHATBOT: ("one.gguf", 0.5)}
    assert chosen(load(CHATBOT_ADAPTER_SCALE="0.75"), shipped) == {
        Agent.CHATBOT: ("one.gguf", 0.75)
    }
    assert chosen(load(CHATBOT_ADAPTER_SCALE="0"), shipped) == {}
    own = load(CHATBOT_ADAPTER=tiny.adapters[1], CHATBOT_ADAPTER_SCALE="")
    assert chosen(own, shipped) == {Agent.CHATBOT: ("two.gguf", 1.0)}


def test_one_that_is_not_the_file_that_was_named_is_refused(
    load: Load, shipped: ModelChoice
) -> None:
    assert shipped.entry is not None
    assert shipped.entry.chatbot_adapter is not None
    other = shipped.entry.chatbot_adapter.model_copy(update={"sha256": "0" * 64})
    entry = shipped.entry.model_copy(update={"chatbot_adapter": other})
    with pytest.raises(SettingError) as caught:
        chosen(load(), ModelChoice(shipped.path, shipped.sha256, small=True, entry=entry))
    assert "models.toml" in caught.value.detail


async def test_an_adapter_for_an_agent_with_an_endpoint_is_refused(
    load: Load, tiny: TinyModel
) -> None:
    settings = load(
        CHATBOT_ADAPTER=tiny.adapters[0], OPENAI_BASE_URL="http://127.0.0.1:9", MODEL="m"
    )
    with pytest.raises(SettingError) as caught:
        async with open_llms(settings, Records()):
            pass
    assert "CHATBOT_ADAPTER is set, but the Chatbot is served by an endpoint" in caught.value.detail


async def test_the_adapter_speaks_for_its_agent_and_stands_in_its_records(
    load: Load, tiny: TinyModel
) -> None:
    async with OpenAIServer() as server:
        settings = load(
            EMBEDDED_MODEL=tiny.path, CHATBOT_ADAPTER=tiny.adapters[0], CHATBOT_MAX_TOKENS="3",
            CHATBOT_ADAPTER_SCALE="0.5", CRITIC_BASE_URL=server.base_url, CRITIC_API_KEY=KEY,
            THERAPIST_MAX_TOKENS="3",
        )  # fmt: skip
        records = Records()
        async with open_llms(settings, records) as models:
            assert set(models.without_adapter) == {Agent.CHATBOT}
            name = models.adapters[Agent.CHATBOT]
            assert name.startswith("one (")
            assert name.endswith(") at 0.5")
            assert f"tiny (embedded, on this machine, with adapter {name}): Chatbot; " in (
                models.description
            )
            assert "; tiny (embedded, on this machine): Therapist." in models.description
            letters = "abcdefghijklmnopqrstuvwxyz"  # of which it says any, at random
            for llm in (
                models.llms[Agent.CHATBOT],
                models.without_adapter[Agent.CHATBOT],
                models.llms[Agent.THERAPIST],
            ):
                assert await llm.probabilities(PROMPT, letters, within(PATIENCE))
        spoken = [record.adapter for record in records.made if record.model == "tiny"]
        assert spoken == [name, None, None]


async def test_a_model_of_the_hub_is_asked_as_large_ones_are(
    load: Load, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    settings = load(EMBEDDED_MODEL="an-owner/A.Repo-GGUF/large.gguf")
    assert settings.embedded_model == HubName("an-owner/A.Repo-GGUF", "large.gguf")
    path = path_of(Hub(repository="an-owner/A.Repo-GGUF", file="large.gguf"))
    path.parent.mkdir(parents=True)
    path.write_bytes(tiny.path.read_bytes())
    pin = Pin(bytes=path.stat().st_size, sha256=tiny.sha256)
    path.with_name("large.gguf.pin").write_text(pin.model_dump_json())
    async with open_llms(settings, Records()) as models:
        assert models.description == "large (embedded, on this machine) serves every agent."
        for llm in models.llms.values():
            assert (llm.model, llm.small, llm.gives_probabilities) == ("large", False, True)


@pytest.mark.parametrize(
    "value", ["a/b.gguf", "/a/b/c.gguf", "../a/b.gguf", "a/../c.gguf", "a/b/c.bin", "a//b/c.gguf"]
)
def test_what_is_no_name_at_the_hub_is_a_file_that_is_not_there(load: Load, value: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(EMBEDDED_MODEL=value)
    assert "there is no such file" in caught.value.detail


def test_a_file_that_is_there_is_no_name_at_the_hub(
    load: Load, tiny: TinyModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "own/models/tiny.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(tiny.path.read_bytes())
    assert load(EMBEDDED_MODEL="own/models/tiny.gguf").embedded_model == path
