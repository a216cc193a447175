"""What Prometheus reads: figures of turns, model calls and scores, over the real engine."""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.domain import Agent, NewPost, PostKind, PostTo, UserMessage
from bot.errors import DeliveryError, SettingError
from bot.llm.health import EndpointHealth
from bot.llm.protocol import CallOutcome, CallRecord
from bot.metrics import Metrics, said_at, serve_metrics
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
    figures = await read(metrics)
    assert kept == made
    assert figures[key("llm_calls_total", agent="critic", outcome="ok")] == 2
    assert figures[key("llm_calls_total", agent="critic", outcome="unavailable")] == 1
    assert figures[key("llm_call_seconds_sum", agent="critic")] == 2.25
    assert figures[key("llm_tokens_total", agent="critic", kind="prompt")] == 300
    assert figures[key("llm_tokens_total", agent="critic", kind="cached")] == 180
    assert figures[key("llm_tokens_total", agent="critic", kind="completion")] == 21
    assert figures[key("llm_cost_dollars_total", agent="critic")] == 0.75


async def test_no_figure_names_a_room_a_turn_or_a_person(world: World, metrics: Metrics) -> None:
    await world.say("Hello!", by="Anastasia")
    await world.settle()
    labels = {name for _, pairs in await read(metrics) for name, _ in pairs}
    assert labels <= {"outcome", "agent", "kind", "subject", "state", "to", "le"}


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
    assert key("rooms", state="open") not in figures


def test_a_message_id_tells_when_it_was_said() -> None:
    # The example of Discord's own documentation.
    moment = datetime.fromtimestamp(said_at(175928847299117063), UTC)
    assert moment.isoformat(timespec="milliseconds") == "2016-04-30T11:18:25.796+00:00"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_prometheus_reads_them_over_http(metrics: Metrics) -> None:
    port = free_port()
    async with serve_metrics(metrics, port), aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            figures = parse(await answer.text())
        async with session.get(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 404
    assert figures[key("rooms", state="open")] == 2
    assert figures["process_resident_memory_bytes", frozenset()] > 1_000_000


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


async def test_they_are_served_to_this_machine_alone_unless_told_otherwise(
    metrics: Metrics,
) -> None:
    port = free_port()
    async with serve_metrics(metrics, port):
        assert answers("127.0.0.1", port)
        assert not answers("127.0.0.2", port)  # one more address of this machine, on Linux
    async with serve_metrics(metrics, port, "0.0.0.0"):  # noqa: S104
        assert answers("127.0.0.1", port)
        assert answers("127.0.0.2", port) or sys.platform != "linux"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_that_is_not_this_machines_is_named(metrics: Metrics, host: str) -> None:
    with pytest.raises(SettingError) as refused:
        async with serve_metrics(metrics, free_port(), host):
            raise AssertionError("it was served")
    assert f"METRICS_HOST: {host}" in refused.value.detail
    assert "0.0.0.0" in refused.value.detail  # noqa: S104


async def test_a_port_in_use_is_named_with_what_to_do(metrics: Metrics) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingError) as refused:
            async with serve_metrics(metrics, port):
                raise AssertionError("it was served")
    assert f"METRICS_PORT: port {port}" in refused.value.detail
    assert "free port" in refused.value.detail
