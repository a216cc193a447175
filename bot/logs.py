"""Logging: events with ids, counts and lengths, as readable lines or as JSON.

What people said never goes into a log, and neither does a secret.
"""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog

QUIET: Final = ("discord.http", "discord.gateway", "aiohttp.access", "httpx2", "openai", "alembic")
"""Loggers that hold payloads, or say much at every step, below INFO or WARNING."""


def set_up_logging(level: str, form: str) -> None:
    """Send our own events and those of the libraries to stderr in one form.

    ``form`` is ``console`` or ``json``; ``level`` a name that `logging` knows.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        # discord.http logs whole payloads at DEBUG: what people said would be in the log.
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _renderer(form: str) -> structlog.typing.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
