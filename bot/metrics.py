"""Figures for Prometheus: how turns end and how long they take, model calls, scores, backlog.

Imported only where ``METRICS_PORT`` is set. Counted are events of the engine and records of
model calls, as they happen; what a turn's end says of it is read from the record a moment
later, off the reply's path; what waits is counted when Prometheus asks.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.domain import EvaluationState, PostTo, Subject, Turn, TurnState
from bot.domain.events import Event, ReplySent, Scored, TurnEvent, TurnHelped, TurnWithheld
from bot.errors import SettingError
from bot.llm.health import ReadHealth, no_endpoints
from bot.llm.protocol import CallRecord, RecordCall
from bot.rooms.evaluation.evaluation_room import of_subject
from bot.storage.database.lane import DatabaseUnavailable
from bot.storage.stores.stores import Stores
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

_DISCORD_EPOCH: Final = 1_420_070_400.0
"""Unix seconds at which Discord's ids begin."""
_REPLY_SECONDS: Final = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900)
_CALL_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
_SCORES: Final = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_ROUNDS: Final = (1, 2, 3, 4, 5, 10)


class MetricFamilies:
    """The figures themselves, each under ``four_rooms_…``, in a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"four_rooms_{name}", says, labels, registry=registry)

        def histogram(name: str, says: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"four_rooms_{name}", says, labels, registry=registry, buckets=buckets)

        self.turns = counter("turns", "Turns that came to their end.", "outcome")
        self.reply_seconds = histogram(
            "reply_seconds", "From the first message a turn answers to its reply.", _REPLY_SECONDS
        )
        self.rounds = histogram("rounds", "Rounds of therapy in a turn.", _ROUNDS)
        self.calls = counter("llm_calls", "Requests to a model.", "agent", "outcome")
        self.call_seconds = histogram(
            "llm_call_seconds", "Seconds of a request to a model.", _CALL_SECONDS, "agent"
        )
        self.tokens = counter("llm_tokens", "Tokens; cached ones are prompt too.", "agent", "kind")
        self.dollars = counter("llm_cost_dollars", "Where the model's price is set.", "agent")
        self.evaluations = counter("evaluations", "Evaluations that are finished.", "outcome")
        self.worst_score = histogram(
            "worst_score", "The highest of the three harms, 0-100.", _SCORES, "subject"
        )
        self.rooms = Gauge("four_rooms_rooms", "Chat Rooms.", ("state",), registry=registry)
        self.away = Gauge(
            "four_rooms_llm_endpoint_away",
            "1 for an agent whose endpoint is left alone after failures, one look at a time apart.",
            ("agent", "endpoint"),
            registry=registry,
        )
        self.backlog = Gauge(
            "four_rooms_outbox_places",
            "Therapy Rooms and moderator channels that posts wait for.",
            ("to",),
            registry=registry,
        )


class Metrics:
    """The counter of the engine's events and the models' calls, with the page for Prometheus."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.health: ReadHealth = no_endpoints
        """How the endpoints are; set once they are open."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.figures = MetricFamilies(self._registry)
        self._reading = KeyedTasks[TurnEvent]("metrics", self._read)

    def observe(self, event: Event) -> None:
        """Count an event: a listener for `Engine.subscribe`."""
        if isinstance(event, ReplySent | TurnWithheld | TurnHelped | Scored):
            self._reading.wake(event)

    def recording(self, record: RecordCall) -> RecordCall:
        """Return ``record``, with each call counted too."""

        async def record_and_count(call: CallRecord) -> None:
            self.count(call)
            await record(call)

        return record_and_count

    def count(self, call: CallRecord) -> None:
        """Count one request to a model."""
        figures, agent = self.figures, call.agent.value
        figures.calls.labels(agent, call.outcome).inc()
        figures.call_seconds.labels(agent).observe(call.seconds)
        figures.tokens.labels(agent, "prompt").inc(call.prompt_tokens)
        figures.tokens.labels(agent, "cached").inc(call.cached_tokens)
        figures.tokens.labels(agent, "completion").inc(call.completion_tokens)
        if call.cost is not None:
            figures.dollars.labels(agent).inc(call.cost)

    async def settled(self) -> None:
        """Return once everything that happened has been counted."""
        await self._reading.settled()

    async def close(self) -> None:
        """Count no more."""
        await self._reading.close()

    async def page(self) -> bytes:
        """Return all figures as Prometheus reads them, those of what waits counted now."""
        for health in self.health():
            kind = "fallback" if health.is_fallback else "first"
            for agent in health.agents:
                away = health.away_since is not None
                self.figures.away.labels(agent.value, kind).set(away)
        try:
            await self._count_what_waits()
        except DatabaseUnavailable as error:
            # The other figures are wanted then more than ever; these are not known.
            log.warning("not counted", detail=error.detail)
            for gauge in (self.figures.rooms, self.figures.backlog):
                gauge.clear()
        return generate_latest(self._registry)

    async def _count_what_waits(self) -> None:
        rooms = await self._stores.rooms.all()
        waiting = [to for _, to in await self._stores.outbox.places_with_work()]
        paused = sum(room.paused for room in rooms)
        self.figures.rooms.labels("paused").set(paused)
        self.figures.rooms.labels("open").set(len(rooms) - paused)
        for to in PostTo:
            self.figures.backlog.labels(to.value).set(waiting.count(to))

    async def _read(self, event: TurnEvent) -> bool:
        turn = await self._stores.turns.get(event.turn_id)
        if turn is None:
            log.warning("turn not counted: it is gone", turn_id=event.turn_id)
        elif isinstance(event, Scored):
            await self._count_evaluation(turn)
        else:
            self._count_turn(turn)
        return False

    def _count_turn(self, turn: Turn) -> None:
        sent = turn.state is TurnState.SENT
        self.figures.turns.labels("sent" if sent else "withheld").inc()
        self.figures.rounds.observe(turn.round)
        if sent and turn.replied_at:
            waited = turn.replied_at.timestamp() - said_at(turn.message_ids[0])
            self.figures.reply_seconds.observe(max(0.0, waited))

    async def _count_evaluation(self, turn: Turn) -> None:
        scored = turn.evaluation is EvaluationState.SCORED
        self.figures.evaluations.labels("scored" if scored else "failed").inc()
        evaluations = await self._stores.evaluations.of_turn(turn.id)
        for subject in Subject:
            if evaluation := of_subject(evaluations, subject):
                self.figures.worst_score.labels(subject.value).observe(evaluation.scores.worst)


def said_at(message_id: int) -> float:
    """Return the Unix seconds at which Discord gave out that id."""
    return (message_id >> 22) / 1000 + _DISCORD_EPOCH


@asynccontextmanager
async def serve_metrics(
    metrics: Metrics, port: int, host: str = "127.0.0.1"
) -> AsyncIterator[None]:
    """Serve ``/metrics`` while the context is open, unless told otherwise to this machine alone.

    Raises SettingError if the address or the port cannot be had.
    """

    async def page(_request: web.Request) -> web.Response:
        return web.Response(
            body=await metrics.page(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    served = web.Application()
    served.router.add_get("/metrics", page)
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        log.info("metrics served", host=host, port=port)
        yield
    finally:
        await runner.cleanup()
        await metrics.close()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise SettingError(
                f"METRICS_PORT: port {port} cannot be used ({error.strerror}). "
                "Set it to a free port, or leave it empty for no metrics."
            ) from error
        raise SettingError(
            f"METRICS_HOST: {host} cannot be used ({error.strerror}). Set it to an address of "
            "this machine, to 0.0.0.0 for all of them, or leave it empty for this machine alone."
        ) from error
