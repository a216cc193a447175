"""An agent's fallback, over real sockets: when it is asked, what is kept of it, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from pydantic import BaseModel

from bot.agents.critic import LLMCritic
from bot.app.connection_pool import ConnectionPool
from bot.app.llm_factory import AgentModels, open_llms
from bot.domain import Agent
from bot.domain.room_settings import CriticMethod
from bot.errors import LLMMisconfigured, LLMOverBudget, LLMRefused, LLMUnavailable, SettingError
from bot.llm.openai_api.breaker import BreakerLimits, CircuitBreaker
from bot.llm.openai_api.connection import EndpointConnection, Timeouts
from bot.llm.protocol import ChatMessage, for_one_answer
from bot.prompting.templates import Prompts
from bot.settings import Settings, variables
from tests.agents.scripted import talk
from tests.llm.conftest import PROMPT, Records, within
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import KEY, Answer, OpenAIServer, Request, dropped, status

Load = Callable[..., Settings]
OTHER_KEY = "other-key"


class Colour(BaseModel):
    name: str


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)

    def load_with(**environment: str) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return Settings.load(None)

    return load_with


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly wait between tries and looks."""
    connection = ConnectionPool._connection

    def make(self: ConnectionPool, *endpoint: object) -> EndpointConnection:
        made = connection(self, *endpoint)  # type: ignore[arg-type]
        made.patience = Timeouts(attempts=4, first_wait=0.01, longest_wait=0.02)
        limits = BreakerLimits(failures=4, first_wait=0.2, longest_wait=0.2)
        made.breaker = CircuitBreaker(made.breaker.address, limits)
        return made

    monkeypatch.setattr(ConnectionPool, "_connection", make)


@dataclass
class Pair:
    """Two endpoints, the agents' models, and what was recorded."""

    first: OpenAIServer
    second: OpenAIServer
    models: AgentModels
    records: Records

    async def say(self, agent: Agent = Agent.CHATBOT) -> str:
        return await self.models.llms[agent].say(PROMPT, within())

    @property
    def answered(self) -> list[tuple[str, bool]]:
        """Model and whether it was the fallback, of each call that was answered, but probes."""
        made = [one for one in self.records.made if one.prompt_name != "probe"]
        return [(one.model, one.fallback) for one in made if one.outcome == "ok"]


def both(first: OpenAIServer, second: OpenAIServer, **more: str) -> Mapping[str, str]:
    return {
        "OPENAI_BASE_URL": first.base_url,
        "OPENAI_API_KEY": KEY,
        "MODEL": "one",
        "PRICE_PER_MILLION_INPUT": "1",
        "PRICE_PER_MILLION_OUTPUT": "10",
        "CHATBOT_FALLBACK_MODEL": "two",
        "CHATBOT_FALLBACK_BASE_URL": second.base_url,
        "CHATBOT_FALLBACK_API_KEY": OTHER_KEY,
        **more,
    }


@asynccontextmanager
async def opened(load: Load, **more: str) -> AsyncIterator[Pair]:
    async with OpenAIServer() as first, OpenAIServer(key=OTHER_KEY) as second:
        records = Records()
        settings = load(**both(first, second, **more))
        async with open_llms(settings, records, with_fallbacks=True) as models:
            yield Pair(first, second, models, records)


@pytest.mark.parametrize(
    "fault",
    [status(503), status(429), dropped(), status(401), status(402), status(404)],
    ids=["503", "429", "dropped", "key refused", "quota used up", "model gone"],
)
async def test_it_answers_where_the_first_cannot(load: Load, fault: Answer) -> None:
    async with opened(load) as pair:
        pair.first.outage = fault
        pair.second.will_answer("From the second.")
        assert await pair.say() == "From the second."
        assert pair.answered == [("two", True)]
        assert pair.models.llms[Agent.CHATBOT].model == "two", "the model that spoke"
        assert pair.records.made[-1].cost is not None, "it is paid for as the first"
        assert pair.second.asked[0].body["model"] == "two"


async def test_it_gives_typed_answers_too(load: Load) -> None:
    async with opened(load) as pair:
        pair.first.outage = status(503)
        pair.second.will_answer({"name": "teal"})
        answer = await pair.models.llms[Agent.CHATBOT].ask(PROMPT, Colour, within())
        assert answer == Colour(name="teal")


async def test_the_first_is_asked_while_it_is_well(load: Load) -> None:
    async with opened(load) as pair:
        pair.first.will_answer("Hello", status(500), "Hello again")
        assert await pair.say() == "Hello"
        assert await pair.say() == "Hello again", "one failure by chance is no reason"
        assert pair.answered == [("one", False), ("one", False)]
        assert pair.second.asked == []


async def test_what_a_model_refuses_is_not_asked_of_another(load: Load) -> None:
    async with opened(load) as pair:
        pair.first.always(status(400, error="content_filter"))
        with pytest.raises(LLMRefused):
            await pair.say()
        assert pair.second.asked == []


async def test_while_the_first_is_away_only_looks_go_there(load: Load) -> None:
    async with opened(load) as pair:
        pair.first.outage = status(503)
        pair.second.always("From the second.")
        for _ in range(3):
            await pair.say()
        health = next(one for one in pair.models.health() if not one.is_fallback)
        assert health.away_since is not None
        before = len(pair.first.requests)
        for _ in range(5):
            await pair.say()
        assert len(pair.first.requests) - before <= 1


async def test_the_first_is_taken_up_again_when_it_is_back(load: Load) -> None:
    async with opened(load) as pair:
        pair.first.outage = status(503)
        pair.second.always("From the second.")
        for _ in range(3):
            await pair.say()
        pair.first.outage = None
        pair.first.always("From the first.")
        async with asyncio.timeout(PATIENCE):
            while await pair.say() != "From the first.":
                continue
        assert pair.models.llms[Agent.CHATBOT].model == "one"


async def test_nobody_waits_for_a_first_that_hangs_twice(load: Load) -> None:
    async with opened(load, LLM_TIMEOUT="0.3") as pair:
        pair.first.outage = Answer(hold=asyncio.Event())
        pair.second.always("From the second.")
        before = len(pair.first.requests)
        for _ in range(6):
            assert await pair.say() == "From the second."
        # Two calls hung, one after the other, and one look in the background.
        assert 2 <= len(pair.first.requests) - before <= 3


async def test_agents_without_one_wait_for_the_first(load: Load) -> None:
    async with opened(load) as pair:
        pair.first.outage = status(503)
        # Which of the two hangs on whether the time is up in a try or between two.
        with pytest.raises((LLMUnavailable, LLMOverBudget)):
            await pair.models.llms[Agent.CRITIC].say(PROMPT, within(0.3))
        assert pair.second.asked == []


async def test_where_both_are_away_the_answer_of_either_is_waited_for(load: Load) -> None:
    async with opened(load) as pair:
        pair.first.outage = pair.second.outage = status(503)
        asked = asyncio.create_task(pair.say())
        await pair.second.wait_for_requests(5)  # its probe at the start, and four tries
        pair.second.outage = None
        pair.second.always("From the second.")
        assert await asked == "From the second."


async def test_another_model_at_the_same_address(load: Load) -> None:
    """Each has a breaker of its own: one model may be gone where the other is not."""
    async with OpenAIServer() as server:
        settings = load(
            OPENAI_BASE_URL=server.base_url,
            OPENAI_API_KEY=KEY,
            MODEL="one",
            CRITIC_FALLBACK_MODEL="two",
        )
        server.always(lambda asked: status(503) if asked.body["model"] == "one" else "Hello")
        async with open_llms(settings, Records(), with_fallbacks=True) as models:
            for _ in range(4):
                assert await models.llms[Agent.CRITIC].say(PROMPT, within()) == "Hello"
        assert sum(asked.body["model"] == "one" for asked in server.asked) <= 5


async def test_what_serves_whom_is_said(load: Load) -> None:
    async with opened(load) as pair:
        assert pair.models.description.endswith(
            f" serves every agent. Fallback of the Chatbot: two (at {pair.second.base_url})."
        )
        first, second = pair.models.health()
        assert first.agents == (Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC)
        assert (first.is_replaced, second.is_fallback) == (False, True)
        assert second.title == f"{pair.second.base_url} (fallback of Chatbot)"


async def test_what_measures_a_model_has_none(load: Load) -> None:
    async with OpenAIServer() as first, OpenAIServer(key=OTHER_KEY) as second:
        async with open_llms(load(**both(first, second)), Records()) as models:
            first.outage = status(401)
            with pytest.raises(LLMMisconfigured):
                await models.llms[Agent.CHATBOT].say(PROMPT, within())
        assert second.requests == []


async def test_a_wrong_key_for_it_is_a_wrong_setting(load: Load) -> None:
    async with OpenAIServer() as first, OpenAIServer(key="another") as second:
        with pytest.raises(SettingError) as caught:
            async with open_llms(load(**both(first, second)), Records(), with_fallbacks=True):
                pass
    assert "CHATBOT_FALLBACK_API_KEY" in caught.value.detail


async def test_one_that_is_down_does_not_stop_the_start(load: Load) -> None:
    async with OpenAIServer() as first, OpenAIServer(key=OTHER_KEY) as second:
        second.outage = status(503)
        settings = load(**both(first, second))
        async with open_llms(settings, Records(), with_fallbacks=True) as models:
            first.will_answer("Hello")
            assert await models.llms[Agent.CHATBOT].say(PROMPT, within()) == "Hello"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CRITIC_FALLBACK_API_KEY": "k", "OPENAI_API_KEY": "k"}, "CRITIC_FALLBACK_API_KEY is set"),
        ({"CRITIC_FALLBACK_MODEL": "m"}, "served by the embedded model"),
        ({"CRITIC_FALLBACK_BASE_URL": "http://x/v1"}, "CRITIC_FALLBACK_BASE_URL is set"),
        (
            {"CRITIC_FALLBACK_MODEL": "m", "MODEL": "m", "OPENAI_API_KEY": "k"},
            "is the model that the Critic has anyway",
        ),
    ],
    ids=["a key alone", "embedded model", "embedded address", "the same"],
)
async def test_what_is_no_fallback_is_refused_at_the_start(
    load: Load, environment: Mapping[str, str], words: str
) -> None:
    with pytest.raises(SettingError) as caught:
        async with open_llms(load(**environment), Records(), with_fallbacks=True):
            pass
    assert words in caught.value.detail


def test_a_key_goes_nowhere_but_to_the_address_it_was_set_with(load: Load) -> None:
    apart = load(
        OPENAI_BASE_URL="http://a/v1",
        OPENAI_API_KEY="secret",
        CRITIC_FALLBACK_BASE_URL="http://b/v1",
    ).fallback(Agent.CRITIC)
    assert apart is not None
    assert (apart.key, apart.model) == ("none", None)
    same = load(
        OPENAI_BASE_URL="http://a/v1", OPENAI_API_KEY="secret", THERAPIST_FALLBACK_MODEL="m"
    ).fallback(Agent.THERAPIST)
    assert same is not None
    assert (same.key, same.base_url) == ("secret", "http://a/v1")


async def test_each_of_two_answers_at_once_says_which_model_gave_it(load: Load) -> None:
    def first(asked: Request) -> Answer | str:
        return status(404) if "the other" in str(asked.body) else "From the first."

    async with opened(load) as pair:
        pair.first.always(first)
        pair.second.always("From the second.")
        llm = pair.models.llms[Agent.CHATBOT]
        prompts = [PROMPT, replace(PROMPT, messages=(ChatMessage("user", "Now the other."),))]
        for asked in (prompts, prompts[::-1]):
            own = [for_one_answer(llm) for _ in asked]
            calls = (one.say(prompt, within()) for one, prompt in zip(own, asked, strict=True))
            said = await asyncio.gather(*calls)
            spoke = {"From the first.": "one", "From the second.": "two"}
            assert [one.model for one in own] == [spoke[text] for text in said]
            assert set(said) == spoke.keys()


async def test_scores_of_two_texts_at_once_are_each_of_the_model_that_gave_them(load: Load) -> None:
    scored = {
        "reason": "It is kind.", "manipulative": 0, "gaslighting": 0, "narcissistic": 0,
        "empathetic": 70, "faults": [], "safe": "yes", "ethical": "yes", "good": "yes",
    }  # fmt: skip

    def first(asked: Request) -> Answer | dict[str, object]:
        return status(404) if "Nobody likes you." in str(asked.body) else scored

    async with OpenAIServer() as one, OpenAIServer(key=OTHER_KEY) as two:
        behind = {"model": "two", "base_url": two.base_url, "api_key": OTHER_KEY}
        named = {f"CRITIC_FALLBACK_{part.upper()}": value for part, value in behind.items()}
        one.always(first)
        two.always(scored)
        settings = load(OPENAI_BASE_URL=one.base_url, OPENAI_API_KEY=KEY, MODEL="one", **named)
        async with open_llms(settings, Records(), with_fallbacks=True) as models:
            critic = LLMCritic(models.llms[Agent.CRITIC], Prompts.load())
            texts = ("That hurts.", "Nobody likes you.")
            own = [critic.as_set(1, CriticMethod.WRITTEN) for _ in texts]
            found = await asyncio.gather(
                *(
                    each.assess(talk(("Ana", "Hello")), text, (), within())
                    for each, text in zip(own, texts, strict=True)
                )
            )
            assert [each.model for each in own] == ["one", "two"]
            assert [each.verdict and each.verdict.model for each in found] == ["one", "two"]
