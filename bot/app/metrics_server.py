"""Figures of a running bot for Prometheus, where an operator asked for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.engine.engine import Engine

if TYPE_CHECKING:
    from bot.app.app import House


@asynccontextmanager
async def metrics_served(house: House, engine: Engine) -> AsyncIterator[None]:
    """Serves the figures while the block runs, if METRICS_PORT is set."""
    port = house.settings.metrics_port
    if house.metrics is None or port is None:
        yield
        return
    from bot.metrics import serve_metrics  # noqa: PLC0415 - not loaded where nobody reads them

    engine.subscribe(house.metrics.observe)
    async with serve_metrics(house.metrics, port):
        yield
