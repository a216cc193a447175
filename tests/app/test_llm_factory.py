"""The agents' models opened together, over real sockets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app.llm_factory import open_llms
from bot.domain import Agent
from bot.errors import SettingError
from bot.llm.embedded.model_files import PLUMBING, catalogue, obtain
from bot.settings import Settings, variables
from tests.llm.conftest import PROMPT, Records, within
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer, say, status

Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)

    def load_with(**environment: str) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return Settings.load(None)

    return load_with


async def test_one_endpoint_serves_every_agent(load: Load) -> None:
    async with OpenAIServer(probabilities=True) as server:
        settings = load(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY, CRITIC_TEMPERATURE="0")
        records = Records()
        async with open_llms(settings, records) as models:
            assert set(models.llms) == {Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC}
            assert models.description == f"{MODEL} (at {server.base_url}) serves every agent."
            critic = models.llms[Agent.CRITIC]
            assert (critic.model, critic.small, critic.gives_probabilities) == (MODEL, False, True)
            server.will_answer("Hello")
            await critic.say(PROMPT, within())
            assert server.asked[0].body["temperature"] == 0
        # Models asked for once an agent, and one probe for all of them.
        paths = [request.path for request in server.requests]
        assert paths.count("/chat/completions") == 2
        assert [record.prompt_name for record in records.made] == ["probe", "greeting"]


async def test_agents_may_be_served_by_different_endpoints(load: Load) -> None:
    async with OpenAIServer() as one, OpenAIServer(key="other", models=["judge"]) as other:
        settings = load(
            OPENAI_BASE_URL=one.base_url,
            OPENAI_API_KEY=KEY,
            MODEL="m",
            CRITIC_BASE_URL=other.base_url,
            CRITIC_API_KEY="other",
        )
        async with open_llms(settings, Records()) as models:
            assert models.llms[Agent.CRITIC].model == "judge"
            assert models.description == (
                f"m (at {one.base_url}): Chatbot, Therapist; judge (at {other.base_url}): Critic."
            )
        keys = {request.headers["Authorization"] for request in other.requests}
        assert keys == {"Bearer other"}


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (["b", "a"], ["MODEL is not set", "'a', 'b'"]),
        ([f"m{number:02}" for number in range(50)], ["'m19' and 30 more"]),
        ([], ["names no model"]),
    ],
)
async def test_without_a_model_the_endpoint_has_to_have_just_one(
    load: Load, models: list[str], words: list[str]
) -> None:
    async with OpenAIServer(models=models) as server:
        settings = load(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY)
        with pytest.raises(SettingError) as caught:
            async with open_llms(settings, Records()):
                pass
    assert [word for word in words if word not in caught.value.detail] == []


async def test_a_wrong_key_is_a_wrong_setting(load: Load) -> None:
    async with OpenAIServer() as server:
        settings = load(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY="sk-mistyped", MODEL="m")
        with pytest.raises(SettingError) as caught:
            async with open_llms(settings, Records()):
                pass
    assert "OPENAI_API_KEY" in caught.value.detail
    assert "sk-mistyped" not in caught.value.detail


async def test_an_unknown_model_is_a_wrong_setting(load: Load) -> None:
    async with OpenAIServer() as server:
        server.outage = status(404, error="model_not_found")
        settings = load(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY, MODEL="unheard-of")
        with pytest.raises(SettingError) as caught:
            async with open_llms(settings, Records()):
                pass
    assert "Check MODEL" in caught.value.detail


async def test_an_endpoint_that_is_down_does_not_stop_the_start(load: Load) -> None:
    async with OpenAIServer() as server:
        server.outage = status(503)
        settings = load(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY, MODEL="m")
        async with open_llms(settings, Records()) as models:
            assert not models.llms[Agent.CRITIC].gives_probabilities


async def test_an_endpoint_that_is_down_cannot_be_asked_for_its_model(load: Load) -> None:
    async with OpenAIServer() as server:
        settings = load(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY)
    with pytest.raises(SettingError) as caught:
        async with open_llms(settings, Records()):
            pass
    assert "Set MODEL" in caught.value.detail


async def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with OpenAIServer() as server:
        settings = load(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY)
        async with open_llms(settings, Records()) as models:
            server.will_answer(say("Hello"))
            assert await models.llms[Agent.CHATBOT].say(PROMPT, within()) == "Hello"


async def test_agents_without_an_endpoint_are_served_by_the_embedded_model(load: Load) -> None:
    path: Path = await obtain(catalogue()[PLUMBING])
    async with OpenAIServer() as server:
        settings = load(
            EMBEDDED_MODEL=str(path), CRITIC_BASE_URL=server.base_url, CRITIC_API_KEY=KEY
        )
        async with open_llms(settings, Records(), agents=Agent) as models:
            chatbot = models.llms[Agent.CHATBOT]
            assert (chatbot.model, chatbot.small) == (path.stem, True)
            assert models.llms[Agent.USER].small
            assert not models.llms[Agent.CRITIC].small
            assert chatbot.gives_probabilities
            assert f"{path.stem} (embedded, on this machine): Chatbot" in models.description
            assert await chatbot.probabilities(PROMPT, ["Hello", "Hi", "I"], within(120.0))
