"""What Prometheus reads: figures of turns, model calls and scores, over the real engine."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.domain import Agent, NewPost, PostKind, PostTo, UserMessage
from bot.errors import DeliveryError
from bot.llm.health import EndpointHealth
from bot.llm.protocol import CallOutcome, CallRecord
from bot.metrics.metrics import Metrics, said_at
from bot.storage.database.tables import outbox
from tests.world import HARM, LOBBY, MAX, World, llm_down

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World(tmp_path, rooms=(LOBBY, 11)).open()
    yield opened
    await opened.close()


@pytest.fixture
async def metrics(world: World) -> AsyncIterator[Metrics]:
    counting = Metrics(world.stores)
    world.engine.subscribe(counting.observe)
    yield counting
    await counting.close()


async def read(metrics: Metrics) -> Figures:
    await metrics.settled()
    return parse((await metrics.page()).decode())


def parse(page: str) -> Figures:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"four_rooms_{name}", frozenset(labels.items())


def call(outcome: str = CallOutcome.OK, *, cost: float | None = None) -> CallRecord:
    return CallRecord(
        agent=Agent.CRITIC,
        model="a-model",
        prompt_name="critic/yes_no",
        prompt_version="0" * 12,
        turn_id=1,
        room_id=LOBBY,
        attempt=1,
        started_at=datetime.now(UTC),
        seconds=0.75,
        prompt_tokens=100,
        cached_tokens=60,
        completion_tokens=7,
        cost=cost,
        outcome=outcome,
    )


async def test_a_reply_is_counted_with_its_rounds_and_scores(
    world: World, metrics: Metrics
) -> None:
    world.script.reviews.append(HARM)
    await world.say("You never listen to me.")
    await world.settle()
    figures = await read(metrics)
    assert figures[key("turns_total", outcome="sent")] == 1
    assert figures[key("rounds_sum")] == 1
    assert figures[key("reply_seconds_count")] == 1
    assert figures[key("evaluations_total", outcome="scored")] == 1
    assert figures[key("worst_score_sum", subject="draft")] == 40
    assert figures[key("worst_score_sum", subject="reply")] == 0


async def test_a_withheld_turn_counts_as_one_and_has_no_time_of_reply(
    world: World, metrics: Metrics
) -> None:
    world.script.drafts.append(llm_down())
    await world.say("Hello?")
    await world.settle()
    figures = await read(metrics)
    assert figures[key("turns_total", outcome="withheld")] == 1
    assert key("turns_total", outcome="sent") not in figures
    assert figures[key("reply_seconds_count")] == 0
    assert figures[key("evaluations_total", outcome="failed")] == 1


async def test_the_wait_is_counted_from_the_first_message(world: World, metrics: Metrics) -> None:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    snowflake = (now_ms - 3_000 - 1_420_070_400_000) << 22
    said = UserMessage(snowflake, LOBBY, 100, "Ana", "Hi", datetime.now(UTC))
    await world.engine.receive(said)
    await world.settle()
    waited = (await read(metrics))[key("reply_seconds_sum")]
    assert 3 <= waited < 10


async def test_rooms_and_what_waits_are_counted_when_asked(world: World, metrics: Metrics) -> None:
    await world.control.pauses.pause(11, MAX)
    await world.settle()
    await world.stores.outbox.add([NewPost(11, PostTo.MODERATORS, PostKind.NOTICE, text="Hi")])
    figures = await read(metrics)
    assert figures[key("rooms", state="open")] == 1
    assert figures[key("rooms", state="paused")] == 1
    assert figures[key("outbox_places", to="moderators")] == 1
    assert figures[key("outbox_places", to="therapy room")] == 0


async def test_endpoints_that_are_away_are_shown(world: World, metrics: Metrics) -> None:
    well = EndpointHealth("http://well/v1", (Agent.CHATBOT,), is_fallback=True)
    away = EndpointHealth("http://gone/v1", (Agent.CHATBOT, Agent.CRITIC), datetime.now(UTC))
    metrics.health = lambda: (away, well)
    figures = await read(metrics)
    assert figures[key("llm_endpoint_away", agent="critic", endpoint="first")] == 1
    assert figures[key("llm_endpoint_away", agent="chatbot", endpoint="first")] == 1
    assert figures[key("llm_endpoint_away", agent="chatbot", endpoint="fallback")] == 0


async def test_a_place_that_is_shut_shows_until_it_is_mended(
    world: World, metrics: Metrics
) -> None:
    world.post_mishaps.append(DeliveryError("503"))
    await world.control.pauses.pause(LOBBY, MAX)
    await world.settle()
    assert (await read(metrics))[key("outbox_places", to="moderators")] == 1
    world.engine.outbox_relay.reset_backoff(LOBBY)
    await world.settle()
    assert (await read(metrics))[key("outbox_places", to="moderators")] == 0


async def test_model_calls_are_counted_and_still_recorded(metrics: Metrics) -> None:
    kept: list[CallRecord] = []

    async def keep(record: CallRecord) -> None:
        kept.append(record)

    record = metrics.recording(keep)
    made = [call(cost=0.25), call(cost=0.5), call(CallOutcome.UNAVAILABLE)]
    for one in made:
        await record(one)
    figures, critic = await read(metrics), {"agent": "critic", "model": "a-model"}
    assert kept == made
    assert figures[key("llm_calls_total", **critic, outcome="ok")] == 2
    assert figures[key("llm_calls_total", **critic, outcome="unavailable")] == 1
    assert figures[key("llm_call_seconds_sum", **critic)] == 2.25
    assert figures[key("llm_tokens_total", **critic, kind="prompt")] == 300
    assert figures[key("llm_tokens_total", **critic, kind="cached")] == 180
    assert figures[key("llm_tokens_total", **critic, kind="completion")] == 21
    assert figures[key("llm_cost_dollars_total", **critic)] == 0.75


async def test_no_figure_names_a_room_a_turn_or_a_person(world: World, metrics: Metrics) -> None:
    await world.say("Hello!", by="Anastasia")
    await world.settle()
    labels = {name for _, pairs in await read(metrics) for name, _ in pairs}
    assert labels <= {
        "outcome", "agent", "model", "kind", "subject", "state", "to", "le", "room", "queue",
        "endpoint",
    }  # fmt: skip


async def test_without_the_database_the_other_figures_are_still_there(
    world: World, metrics: Metrics
) -> None:
    await world.say("Hello!")
    await world.settle()
    assert (await read(metrics))[key("rooms", state="open")] == 2
    await world.engine.close(0)
    await world.database.close()
    figures = await read(metrics)
    assert figures[key("turns_total", outcome="sent")] == 1
    for gauge in ("rooms", "queue_rooms", "outbox_places", "outbox_oldest_seconds"):
        assert not [name for name, _ in figures if name == f"four_rooms_{gauge}"]


class AtWork:
    """A process as its gauges see it."""

    latency: float | None = 0.04
    ready = True

    def loop_lag(self) -> float:
        return 0.25

    def gateway_ready(self) -> bool:
        return self.ready

    def gateway_latency(self) -> float | None:
        return self.latency

    def shards(self) -> list[int]:
        return [0, 2]


async def test_how_the_process_is_doing_is_asked_when_prometheus_asks(metrics: Metrics) -> None:
    metrics.process = process = AtWork()
    figures = await read(metrics)
    assert figures[key("loop_lag_seconds")] == 0.25
    assert figures[key("gateway_ready")] == 1
    assert figures[key("gateway_latency_seconds")] == 0.04
    assert figures[key("shards", shard="0")] == figures[key("shards", shard="2")] == 1
    process.ready, process.latency = False, None
    figures = await read(metrics)
    assert figures[key("gateway_ready")] == 0
    assert math.isnan(figures[key("gateway_latency_seconds")])


async def test_each_room_of_a_turn_is_measured(world: World, metrics: Metrics) -> None:
    world.script.reviews.append(HARM)
    await world.say("You never listen to me.")
    await world.settle()
    figures = await read(metrics)
    for name in ("chat", "therapy", "evaluation"):
        assert figures[key("room_seconds_count", room=name)] == 1


async def test_rooms_with_work_are_counted_by_what_waits(world: World, metrics: Metrics) -> None:
    figures = await read(metrics)
    assert figures[key("queue_rooms", queue="turns")] == 0
    said = UserMessage(1, LOBBY, 100, "Ana", "Hi", datetime.now(UTC))
    await world.stores.messages.add(said)
    assert (await read(metrics))[key("queue_rooms", queue="turns")] == 1


async def test_the_oldest_post_that_waits_tells_its_age(world: World, metrics: Metrics) -> None:
    post = NewPost(11, PostTo.MODERATORS, PostKind.NOTICE, text="Hi")
    await world.stores.outbox.add([post, post])
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    async with world.database.write() as connection:
        first = outbox.update().where(outbox.c.id == 1)
        await connection.execute(first.values(created_at=long_ago))
    figures = await read(metrics)
    assert 1200 <= figures[key("outbox_oldest_seconds", to="moderators")] < 1300
    assert figures[key("outbox_oldest_seconds", to="therapy room")] == 0


async def test_uses_of_the_database_are_counted_by_kind(world: World, metrics: Metrics) -> None:
    world.database.observe(metrics.count_use)
    await world.stores.rooms.all()
    await world.stores.key_value.put("a", "b")
    figures = await read(metrics)
    assert figures[key("database_seconds_count", operation="read")] >= 1
    assert figures[key("database_seconds_count", operation="write")] == 1


async def test_help_in_place_of_a_reply_is_an_outcome_of_its_own(
    world: World, metrics: Metrics
) -> None:
    await world.say("I want to die")
    await world.settle()
    assert (await read(metrics))[key("turns_total", outcome="helped")] == 1


def test_a_message_id_tells_when_it_was_said() -> None:
    # The example of Discord's own documentation.
    moment = datetime.fromtimestamp(said_at(175928847299117063), UTC)
    assert moment.isoformat(timespec="milliseconds") == "2016-04-30T11:18:25.796+00:00"
