"""An adapter speaks in its own agent's calls and in no other: said, and in llama.cpp itself."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import BaseModel

from bot.domain import Agent, Deadline
from bot.errors import LLMOverBudget, LLMUnavailable, SettingError
from bot.llm.embedded.adapter_routing import SlotPool, count_slots, route_agents
from bot.llm.embedded.adapters import Adapter, read_adapter
from bot.llm.embedded.server import SLOTS, EmbeddedServer
from bot.llm.openai_api.client import Client
from bot.llm.protocol import ChatMessage, Prompt
from tests.llm.conftest import PROMPT, Line, Records, within
from tests.llm.embedded.conftest import ClientOf, TinyModel
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import say

HEAD = "<|im_start|>system\nYou are one of several who read this, "
"""Begins what is embedded as the prompts of the chats begin, so that they could share it."""
WORDS = ("yes", "no", "maybe")


class Legs(BaseModel):
    legs: int


def adapters_of(tiny: TinyModel) -> dict[Agent, Adapter]:
    chatbot, therapist = tiny.adapters
    return {
        Agent.CHATBOT: read_adapter("CHATBOT_ADAPTER", chatbot, 0.75),
        Agent.THERAPIST: read_adapter("THERAPIST_ADAPTER", therapist, 1.0),
    }


def scales(body: Mapping[str, Any]) -> list[float]:
    assert [entry["id"] for entry in body["lora"]] == list(range(len(body["lora"])))
    return [entry["scale"] for entry in body["lora"]]


# ── what is said ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("agent", "expected", "slot"),
    [
        (Agent.CHATBOT, [0.75, 0.0], SLOTS),
        (Agent.THERAPIST, [0.0, 1.0], SLOTS + 1),
        (Agent.CRITIC, [0.0, 0.0], 0),
        (Agent.USER, [0.0, 0.0], 0),
    ],
)
async def test_every_completion_says_the_scale_of_every_adapter(
    line: Line, tiny: TinyModel, agent: Agent, expected: list[float], slot: int
) -> None:
    fields = route_agents(Agent, adapters_of(tiny), SLOTS)[agent]
    client = Client(
        replace(line.endpoint, agent=agent), "stand-in", line.connection, line.records,
        PROMPT, fields=fields,
    )  # fmt: skip
    line.server.will_answer("Hello", "no JSON", {"legs": 8}, say("Yes", top=[{"Yes": -0.1}]))
    await client.say(PROMPT, within())
    await client.ask(PROMPT, Legs, within())  # the second time, it is repaired
    await client.probabilities(PROMPT, ["Yes"], within())
    assert len(line.server.asked) == 4
    for request in line.server.asked:
        assert scales(request.body) == expected
        assert request.body["id_slot"] == slot
    spoken = {record.adapter for record in line.records.made}
    assert spoken == {fields.adapter}


async def test_the_check_for_probabilities_says_it_too(line: Line, tiny: TinyModel) -> None:
    fields = route_agents(Agent, adapters_of(tiny), SLOTS)[Agent.CRITIC]
    client = Client(
        line.endpoint, "unchecked", line.connection, line.records, PROMPT, fields=fields
    )
    line.server.will_answer("Hello")
    await client.probe()
    assert scales(line.server.asked[0].body) == [0.0, 0.0]


async def test_without_adapters_nothing_is_said(line: Line) -> None:
    assert route_agents(Agent, {}, SLOTS) == {}
    line.server.will_answer("Hello")
    await line.client().say(PROMPT, within())
    assert not {"lora", "id_slot"} & set(line.server.asked[0].body)
    assert line.records.made[0].adapter is None


def test_the_record_names_file_hash_and_scale(tiny: TinyModel) -> None:
    adapter = adapters_of(tiny)[Agent.CHATBOT]
    assert adapter.name == f"one ({adapter.sha256[:8]}) at 0.75"


# ── slots ───────────────────────────────────────────────────────────────────────────────────


def test_each_adapter_and_the_embeddings_have_a_slot_of_their_own() -> None:
    assert [count_slots(2, adapters) for adapters in (0, 1, 2)] == [3, 4, 5]


async def test_a_prompt_goes_where_its_kind_was_read_last() -> None:
    pool, deadline = SlotPool([0, 1]), Deadline.after(5)
    taken = []
    for prompt in ("a", "b", "a", "b", "b", "c", "b"):
        async with pool.held(prompt, deadline) as slot:
            taken.append(slot)
    assert taken == [0, 1, 0, 1, 1, 0, 1]


async def test_a_slot_is_held_by_one_call_at_a_time() -> None:
    pool = SlotPool([4])
    async with pool.held("a", Deadline.after(5)):
        with pytest.raises(LLMOverBudget):
            async with pool.held("a", Deadline.after(0.01)):
                pass
        waiting = asyncio.create_task(_slot(pool))
    assert await asyncio.wait_for(waiting, PATIENCE) == 4


async def _slot(pool: SlotPool) -> int:
    async with pool.held("a", Deadline.after(5)) as slot:
        return slot


# ── llama.cpp ───────────────────────────────────────────────────────────────────────────────


def prompt(name: str, text: str = "Hello, who are you?") -> Prompt:
    messages = (ChatMessage("system", "You are one of several who read this."),)
    return Prompt(name, "0" * 12, (*messages, ChatMessage("user", text)))


async def heard(client: Client, asked: Prompt) -> dict[str, float]:
    """How likely the model would say what next."""
    top = await client._first_tokens(asked, within(PATIENCE))
    return {token.token: token.logprob for token in top}


def apart(one: dict[str, float], other: dict[str, float]) -> float:
    """How far two answers lie apart, at the likeliest words of the first, in nats."""
    words = sorted(one, key=one.__getitem__)[-5:]
    return max(abs(one[word] - other.get(word, -100.0)) for word in words)


SPEAKING = (Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC)
_C, _T, _J = SPEAKING
EACH_AFTER_EACH: tuple[Agent | None, ...] = (
    _C,
    _T,
    _C,
    _J,
    _C,
    None,
    _T,
    _J,
    _T,
    None,
    _J,
    None,
    _C,
)
"""None stands for an embedding."""
SAME = 0.02
"""A prompt that is read at once, and one that is gone on with, lie so far apart at most."""


async def embedded(client: Client) -> list[list[float]]:
    asked = [Prompt("e", "0" * 12, (ChatMessage("user", HEAD + word),)) for word in WORDS]
    # One by one, as probes ask: llama.cpp's last digits hang on what it computes at one time.
    return [(await client.embed([one], within(PATIENCE)))[0] for one in asked]


class AnySlot:
    """What says the scale, and leaves the slot to the server."""

    adapter = None

    def __init__(self, scale: float) -> None:
        self.scale = scale

    @asynccontextmanager
    async def held(self, _: str, __: Deadline) -> AsyncIterator[dict[str, Any]]:
        yield {"lora": [{"id": 0, "scale": self.scale}]}


async def test_no_call_hears_of_an_adapter_that_is_not_its_own(
    tiny: TinyModel, client_of: ClientOf
) -> None:
    """The same words by all agents: the worst there can be."""
    adapters = adapters_of(tiny)
    alone: dict[Agent, dict[str, float]] = {}
    async with EmbeddedServer(tiny.path, context=256) as server:
        plain = client_of(server, Agent.CRITIC)
        alone[Agent.CRITIC] = await heard(plain, prompt("p"))
        vectors = await embedded(plain)
    paths = [adapter.path for adapter in adapters.values()]
    slots = count_slots(SLOTS, len(adapters))
    async with EmbeddedServer(tiny.path, context=256, slots=slots, adapters=paths) as server:
        routes = route_agents(Agent, adapters, SLOTS)
        clients = {agent: client_of(server, agent, routes[agent]) for agent in SPEAKING}
        for agent in (Agent.CHATBOT, Agent.THERAPIST):
            alone[agent] = await heard(clients[agent], prompt("p"))
        for one, other in itertools.combinations(alone.values(), 2):
            assert apart(one, other) > 10 * SAME, "each adapter says something else"
        assert await embedded(clients[Agent.CHATBOT]) == vectors
        for speaker in EACH_AFTER_EACH:
            if speaker is None:
                assert await embedded(clients[Agent.CRITIC]) == vectors
            else:
                said = await heard(clients[speaker], prompt("p"))
                assert apart(alone[speaker], said) < SAME


async def test_other_prompts_in_between_bring_nothing_back(
    tiny: TinyModel, client_of: ClientOf
) -> None:
    """What slots no longer hold is read anew: kept by its words, it could be an adapter's."""
    paths = tiny.adapters[:1]
    async with EmbeddedServer(tiny.path, context=256, slots=1, adapters=paths) as server:
        tuned = client_of(server, Agent.CHATBOT, AnySlot(1.0))
        plain = client_of(server, Agent.CRITIC, AnySlot(0.0))
        alone = await heard(plain, prompt("p"))
        assert apart(alone, await heard(tuned, prompt("p"))) > 10 * SAME
        for word in ("Zebra", "Quagga"):
            other = Prompt("o", "0" * 12, (ChatMessage("user", word * 20),))
            await heard(plain, other)
        assert apart(alone, await heard(plain, prompt("p"))) < SAME


async def test_drafts_find_their_prompt_again_whatever_others_ask(
    tiny: TinyModel, client_of: ClientOf
) -> None:
    adapters = adapters_of(tiny)
    slots = count_slots(SLOTS, len(adapters))
    paths = [adapter.path for adapter in adapters.values()]
    async with EmbeddedServer(tiny.path, context=256, slots=slots, adapters=paths) as server:
        routes = route_agents(Agent, adapters, SLOTS)
        chatbot = client_of(server, Agent.CHATBOT, routes[Agent.CHATBOT])
        critic = client_of(server, Agent.CRITIC, routes[Agent.CRITIC])
        for _ in range(3):
            await heard(chatbot, prompt("draft"))
            for number in range(4):
                await heard(critic, prompt(f"other-{number}", f"{number} and more"))
            await critic.embed([prompt("e")], within(PATIENCE))
        records = chatbot._caller._record
        assert isinstance(records, Records)
        read = [made.prompt_tokens - made.cached_tokens for made in records.made]
        assert read[1:] == [1, 1], "of a prompt that is known, its last token is read anew"


async def test_adapters_are_loaded_at_scale_0_with_the_ids_that_are_named(
    tiny: TinyModel,
) -> None:
    async with EmbeddedServer(tiny.path, context=256, adapters=tiny.adapters) as server:
        address = server.base_url.removesuffix("/v1")
        await server._check_adapters(address)  # it raises where they are not
        server._order.adapters = server._order.adapters[::-1]
        with pytest.raises(SettingError):
            await server._check_adapters(address)


@pytest.mark.parametrize("answer", ["[]", '[{"id": 0, "path": "PATH", "scale": 1.0}]'])
async def test_a_server_that_loaded_something_else_is_refused(tiny: TinyModel, answer: str) -> None:
    server = EmbeddedServer(tiny.path, adapters=tiny.adapters[:1])
    said = answer.replace("PATH", str(tiny.adapters[0]))
    async with _listing(web.Response(text=said)) as address:
        with pytest.raises(SettingError) as caught:
            await server._check_adapters(address)
    assert str(tiny.adapters[0]) in caught.value.detail


async def test_a_server_that_lists_nothing_is_unavailable(tiny: TinyModel) -> None:
    server = EmbeddedServer(tiny.path, adapters=tiny.adapters)
    async with _listing(web.Response(status=404, text="{}")) as address:
        with pytest.raises(LLMUnavailable):
            await server._check_adapters(address)


async def test_an_adapter_that_llama_cannot_load_is_named(tiny: TinyModel, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(tiny.adapters[0].read_bytes()[:600])
    with pytest.raises(SettingError) as caught:
        async with EmbeddedServer(tiny.path, context=256, adapters=[broken]):
            pass
    assert str(broken) in caught.value.detail


class _listing:  # noqa: N801 - it reads as a function
    """A server that gives one answer to everything."""

    def __init__(self, answer: web.Response) -> None:
        app = web.Application()

        async def give(_: web.Request) -> web.Response:
            return answer

        app.router.add_get("/{path:.*}", give)
        self._runner = web.AppRunner(app, access_log=None)

    async def __aenter__(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


async def test_readings_beside_a_prompt_do_not_cost_what_was_read_of_it(
    tiny: TinyModel, client_of: ClientOf
) -> None:
    """An embedding waits while words are made, then the next one takes the slot of those words."""
    slots = count_slots(SLOTS, 0)
    async with EmbeddedServer(tiny.path, context=256, slots=slots) as server:
        client, read = client_of(server, Agent.CHATBOT), []
        for number in range(4):
            async with asyncio.TaskGroup() as group:
                said = group.create_task(_say_much(server, "Hello, who are you?"))
                group.create_task(_read_state(client, f"beside {number}"))
            read.append(said.result())
            for word in WORDS:
                await _read_state(client, f"{word} {number}")
        assert read[1:] == [1] * 3, "of a prompt that is known, its last token is read anew"


async def _say_much(server: EmbeddedServer, text: str) -> int:
    """Have many words said; return how many tokens of the prompt were read for it."""
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 64, "seed": 1}
    headers = {"Authorization": f"Bearer {server.api_key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server.base_url}/chat/completions", json=body) as answer,
    ):
        return int((await answer.json())["timings"]["prompt_n"])


async def _read_state(client: Client, text: str) -> None:
    await client.embed([Prompt("e", "0" * 12, (ChatMessage("user", text),))], within(PATIENCE))
