"""Figures of a running bot for Prometheus, where an operator asked for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.engine.engine import Engine

if TYPE_CHECKING:
    from bot.app.app import App


@asynccontextmanager
async def serve_app_metrics(app: App, engine: Engine) -> AsyncIterator[None]:
    """Serve the figures while the block runs, if METRICS_PORT is set."""
    port = app.settings.metrics_port
    if app.metrics is None or port is None:
        yield
        return
    from bot.metrics import serve_metrics  # noqa: PLC0415 - not loaded where nobody reads them

    engine.subscribe(app.metrics.observe)
    async with serve_metrics(app.metrics, port, app.settings.metrics_host):
        yield
