"""The counter of turns, model calls, scores and faults, with the page for Prometheus.

Counted are events of the engine, records of model calls and uses of the database, as they
happen; what a turn's end says of it is read from the record a moment later, off the reply's
path; what waits, and how the process is doing, is looked at when Prometheus asks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.domain import EvaluationState, PostTo, Subject, Turn, TurnState
from bot.domain.events import Event, ReplySent, Scored, TurnEvent, TurnHelped, TurnWithheld
from bot.llm.health import ReadHealth, no_endpoints
from bot.llm.protocol import CallRecord, RecordCall
from bot.metrics.families import MetricFamilies
from bot.metrics.turn_clock import TurnClock
from bot.rooms.evaluation.evaluation_room import of_subject
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.stores import Stores
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
"""The form of `Metrics.page`."""
_DISCORD_EPOCH: Final = 1_420_070_400.0
"""Unix seconds at which Discord's ids begin."""
_OUTCOMES: Final = {TurnState.SENT: "sent", TurnState.HELPED: "helped"}


class ProcessState(Protocol):
    """How the process is doing, as it is asked when Prometheus asks."""

    def loop_lag(self) -> float:
        """Return the most seconds by which the event loop was late within the last minute."""

    def gateway_ready(self) -> bool:
        """Return whether Discord delivers events."""

    def gateway_latency(self) -> float | None:
        """Return the seconds of a heartbeat's way of the slowest shard; None if not known."""

    def shards(self) -> Sequence[int]:
        """Return the shards that the process serves."""


class Metrics:
    """The counter of the engine's events and the models' calls, with the page for Prometheus."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.figures = MetricFamilies(self._registry)
        self.health: ReadHealth = no_endpoints
        """How the endpoints are; set once they are open."""
        self.process: ProcessState | None = None
        """Once the bot is connected, or about to be."""
        self._clock = TurnClock()
        self._reading = KeyedTasks[TurnEvent]("metrics", self._read)

    def observe(self, event: Event) -> None:
        """Count an event: a listener for `Engine.subscribe`."""
        if isinstance(event, ReplySent | TurnWithheld | TurnHelped | Scored):
            self._reading.wake(event)
        for room, seconds in self._clock.hear(event):
            self.figures.room_seconds.labels(room).observe(seconds)

    def recording(self, record: RecordCall) -> RecordCall:
        """Return ``record``, with each call counted too."""

        async def record_and_count(call: CallRecord) -> None:
            self.count(call)
            await record(call)

        return record_and_count

    def count(self, call: CallRecord) -> None:
        """Count one request to a model."""
        figures, served = self.figures, (call.agent.value, call.model)
        figures.calls.labels(*served, call.outcome).inc()
        figures.call_seconds.labels(*served).observe(call.seconds)
        figures.tokens.labels(*served, "prompt").inc(call.prompt_tokens)
        figures.tokens.labels(*served, "cached").inc(call.cached_tokens)
        figures.tokens.labels(*served, "completion").inc(call.completion_tokens)
        if call.cost is not None:
            figures.dollars.labels(*served).inc(call.cost)

    def count_error(self, kind: str, level: str) -> None:
        """Count a warning or an error of the log."""
        self.figures.errors.labels(kind, level).inc()

    def count_use(self, writes: bool, seconds: float) -> None:
        """Count one use of the database: a listener for `Database.observe`."""
        operation = "write" if writes else "read"
        self.figures.database_seconds.labels(operation).observe(seconds)

    async def settled(self) -> None:
        """Return once everything that happened has been counted."""
        await self._reading.settled()

    async def close(self) -> None:
        """Count no more."""
        await self._reading.close()

    async def page(self) -> bytes:
        """Return all figures as Prometheus reads them, those of what waits counted now."""
        self._look_at_endpoints()
        self._look_at_process()
        figures = self.figures
        try:
            await self._count_what_waits()
        except DatabaseUnavailable as error:
            # The other figures are wanted then more than ever; these are not known.
            log.warning("not counted", detail=error.detail)
            for gauge in (figures.rooms, figures.queue, figures.backlog, figures.outbox_age):
                gauge.clear()
        return generate_latest(self._registry)

    def _look_at_endpoints(self) -> None:
        for health in self.health():
            kind = "fallback" if health.is_fallback else "first"
            for agent in health.agents:
                away = health.away_since is not None
                self.figures.away.labels(agent.value, kind).set(away)

    def _look_at_process(self) -> None:
        if self.process is None:
            return
        self.figures.loop_lag.set(self.process.loop_lag())
        self.figures.shards.clear()
        for shard in self.process.shards():
            self.figures.shards.labels(str(shard)).set(1)
        self.figures.gateway_ready.set(self.process.gateway_ready())
        latency = self.process.gateway_latency()
        self.figures.gateway_latency.set(math.nan if latency is None else latency)

    async def _count_what_waits(self) -> None:
        rooms = await self._stores.rooms.all()
        paused = sum(room.paused for room in rooms)
        self.figures.rooms.labels("paused").set(paused)
        self.figures.rooms.labels("open").set(len(rooms) - paused)
        turns, evaluations = (
            self._stores.turns.rooms_with_work,
            self._stores.turns.rooms_to_evaluate,
        )
        self.figures.queue.labels("turns").set(len(await turns()))
        self.figures.queue.labels("evaluations").set(len(await evaluations()))
        await self._count_posts()

    async def _count_posts(self) -> None:
        now, waiting = datetime.now(UTC), await self._stores.outbox.oldest()
        for to in PostTo:
            ages = [(now - since).total_seconds() for _, at, since in waiting if at is to]
            self.figures.backlog.labels(to.value).set(len(ages))
            self.figures.outbox_age.labels(to.value).set(max(ages, default=0.0))

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
        self.figures.turns.labels(_OUTCOMES.get(turn.state, "withheld")).inc()
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
