"""Figures of a running bot for Prometheus, and its health, where an operator asked for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.app.health import Gateway, Health, while_running
from bot.app.loop_lag import LoopLag
from bot.engine.engine import Engine

if TYPE_CHECKING:
    from bot.app.app import App


@asynccontextmanager
async def serve_app_metrics(
    app: App, engines: Callable[[], Iterable[Engine]], gateway: Gateway
) -> AsyncIterator[None]:
    """Serve the figures while the block runs, if METRICS_PORT is set.

    ``engines`` gives those that run at the moment.
    """
    port, metrics = app.settings.metrics_port, app.metrics
    if metrics is None or port is None:
        yield
        return
    # Only where they are read: 2 MB.
    from bot.app.metrics_server import serve_metrics  # noqa: PLC0415
    from bot.metrics.error_counter import count_errors  # noqa: PLC0415

    async def overdue() -> float:
        seconds = [await one.outbox_relay.overdue_seconds(one.is_own) for one in engines()]
        return max(seconds, default=0.0)

    lag = LoopLag()
    health = metrics.process = Health(gateway, lag, app.database.ping, while_running(overdue))
    with lag.watch(), count_errors(metrics.count_error):
        async with serve_metrics(metrics, health, port, app.settings.metrics_host):
            yield
