"""What every test has: logs in its report as plain lines, no stop-watch, no disk to wait for."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from bot.logs import OURS, set_up_logging
from bot.prompting.templates import FOLDER, Prompts
from bot.storage.database.connections import PRAGMAS
from tests.storage.postgres import bare_postgres_url, postgres_server, postgres_url

__all__ = ["bare_postgres_url", "postgres_server", "postgres_url"]

configure = structlog.configure


def configure_uncached(**chosen: Any) -> None:
    """Set logging up without keeping a logger as it is at its first use.

    What `structlog.testing.capture_logs` sees would hang on which test used a logger first.
    """
    configure(**{**chosen, "cache_logger_on_first_use": False})


structlog.configure = configure_uncached  # type: ignore[assignment]
set_up_logging("INFO", "console")

# A busy machine is slow, and slow is not wrong: speed is measured by `make bench`.
settings.register_profile("four-rooms", deadline=None)
settings.load_profile("four-rooms")

# No test cuts the power, and a disk takes longer to sync than most tests take.
IN_OPERATION = dict(PRAGMAS)
PRAGMAS["synchronous"] = "OFF"

load_prompts = Prompts.load
shipped_prompts = cache(load_prompts)


def load_shipped_once(folder: Path = FOLDER) -> Prompts:
    """Load prompts; those that the project ships are compiled once, as nothing changes them."""
    return shipped_prompts() if folder == FOLDER else load_prompts(folder)


Prompts.load = load_shipped_once  # type: ignore[method-assign]


@pytest.fixture
def disk_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases that are opened from here on sync as they do in operation."""
    monkeypatch.setitem(PRAGMAS, "synchronous", IN_OPERATION["synchronous"])


@pytest.fixture
def process_as_before() -> Iterator[None]:
    """What a command changes in its process is put back: logs, hooks, and the rights of files."""
    loggers = [logging.getLogger(name) for name in ("", *OURS)]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    hooks, printing = (sys.excepthook, threading.excepthook), logging.raiseExceptions
    umask = os.umask(0o022)
    os.umask(umask)
    yield
    os.umask(umask)
    sys.excepthook, threading.excepthook = hooks
    logging.raiseExceptions = printing
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
