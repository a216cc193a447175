"""The server of a running bot's figures for Prometheus, and of its health."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.app.health import Health, Problems
from bot.errors import SettingError

if TYPE_CHECKING:
    from bot.metrics.metrics import Metrics

log = structlog.get_logger(__name__)


@asynccontextmanager
async def serve_metrics(
    metrics: Metrics, health: Health, port: int, host: str = "127.0.0.1"
) -> AsyncIterator[None]:
    """Serve ``/metrics``, ``/healthz`` and ``/readyz`` while the context is open.

    To this machine alone, unless told otherwise. Raises SettingError if the address or the port
    cannot be had.
    """
    served = web.Application()
    served.router.add_get("/metrics", _page_of(metrics))
    served.router.add_get("/healthz", _answer_with(health.problems))
    served.router.add_get("/readyz", _answer_with(health.unready))
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        log.info("metrics served", host=host, port=port)
        yield
    finally:
        await runner.cleanup()
        await metrics.close()


Handler = Callable[[web.Request], Awaitable[web.Response]]


def _page_of(metrics: Metrics) -> Handler:
    from bot.metrics.metrics import CONTENT_TYPE  # noqa: PLC0415 - loaded where it is served

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=await metrics.page(), headers={"Content-Type": CONTENT_TYPE})

    return page


def _answer_with(look: Callable[[], Awaitable[Problems]]) -> Handler:
    """Return what answers 200, or 503 with what is wrong."""

    async def answer(_: web.Request) -> web.Response:
        problems = await look()
        return web.json_response(
            {"ok": not problems, "problems": problems},
            status=503 if problems else 200,
            headers={"Cache-Control": "no-store"},
        )

    return answer


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
