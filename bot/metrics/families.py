"""The figures that Prometheus reads: what each is called, and what it counts.

None has a room, a turn or a person for a label, and the values of each label are few.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_REPLY_SECONDS: Final = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900)
_CALL_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
_DATABASE_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 10)
_SCORES: Final = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_ROUNDS: Final = (1, 2, 3, 4, 5, 10)


class MetricFamilies:
    """The figures themselves, each under ``four_rooms_…``, in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._count_turns()
        self._count_calls()
        self._count_faults()
        self._measure_what_waits()
        self._measure_the_process()

    def _count_turns(self) -> None:
        self.turns = self._counter("turns", "Turns that came to their end.", "outcome")
        self.reply_seconds = self._histogram(
            "reply_seconds", "From the first message a turn answers to its reply.", _REPLY_SECONDS
        )
        self.room_seconds = self._histogram(
            "room_seconds",
            "What a turn without a stop spends in each room.",
            _REPLY_SECONDS,
            "room",
        )
        self.rounds = self._histogram("rounds", "Rounds of therapy in a turn.", _ROUNDS)
        self.evaluations = self._counter("evaluations", "Evaluations that are done.", "outcome")
        self.worst_score = self._histogram(
            "worst_score", "The highest of the three harms, 0-100.", _SCORES, "subject"
        )

    def _count_calls(self) -> None:
        served = ("agent", "model")
        self.calls = self._counter("llm_calls", "Requests to a model.", *served, "outcome")
        self.call_seconds = self._histogram(
            "llm_call_seconds", "Seconds of a request to a model.", _CALL_SECONDS, *served
        )
        self.tokens = self._counter(
            "llm_tokens", "Tokens; cached ones are prompt too.", *served, "kind"
        )
        self.dollars = self._counter("llm_cost_dollars", "Where the price is set.", *served)
        self.away = self._gauge(
            "llm_endpoint_away",
            "1 for an agent whose endpoint is left alone after failures, one look at a time apart.",
            "agent",
            "endpoint",
        )

    def _count_faults(self) -> None:
        self.errors = self._counter(
            "errors", "Warnings and errors of the log, by the event's name there.", "kind", "level"
        )
        self.database_seconds = self._histogram(
            "database_seconds",
            "A use of the database, with the wait for a connection.",
            _DATABASE_SECONDS,
            "operation",
        )

    def _measure_what_waits(self) -> None:
        self.rooms = self._gauge("rooms", "Chat Rooms.", "state")
        self.queue = self._gauge(
            "queue_rooms", "Chat Rooms with turns, or evaluations, to work on.", "queue"
        )
        self.backlog = self._gauge(
            "outbox_places",
            "Therapy Rooms and moderator channels that posts wait for.",
            "to",
        )
        self.outbox_age = self._gauge(
            "outbox_oldest_seconds", "Age of the oldest post that waits; 0 for none.", "to"
        )

    def _measure_the_process(self) -> None:
        self.loop_lag = self._gauge(
            "loop_lag_seconds", "How late the event loop was at most within the last minute."
        )
        self.gateway_ready = self._gauge("gateway_ready", "1 while Discord delivers events.")
        self.shards = self._gauge(
            "shards", "1 for each of Discord's shards that this process serves.", "shard"
        )
        self.gateway_latency = self._gauge(
            "gateway_latency_seconds", "Discord's answer to a heartbeat, of the slowest shard."
        )

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"four_rooms_{name}", says, labels, registry=self._registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"four_rooms_{name}", says, labels, registry=self._registry)

    def _histogram(
        self, name: str, says: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            f"four_rooms_{name}", says, labels, registry=self._registry, buckets=buckets
        )
