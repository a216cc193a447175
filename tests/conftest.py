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
from sqlalchemy import Engine

from bot.logs import OURS, set_up_logging
from bot.prompting.templates import FOLDER, Prompts
from bot.storage.database import sqlite_driver
from bot.storage.database.connections import PRAGMAS
from tests.storage.postgres import (
    bare_postgres_url,
    postgres_server,
    postgres_url,
    worlds_on_postgres,
)

__all__ = ["bare_postgres_url", "postgres_server", "postgres_url", "worlds_on_postgres"]

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

# Each database compiles its statements anew: with a dialect and a cache in common, once a process.
make_thread_engine = sqlite_driver.thread_engine
first_of_kind = cache(make_thread_engine)


def thread_engine_in_common(*, begin: str | None = None) -> Engine:
    """Make an engine for transactions in threads that knows what others have compiled."""
    first, engine = first_of_kind(begin=begin), make_thread_engine(begin=begin)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


sqlite_driver.thread_engine = thread_engine_in_common

load_prompts = Prompts.load
shipped_prompts = cache(load_prompts)


def load_shipped_once(folder: Path = FOLDER) -> Prompts:
    """Load prompts; those that the project ships are compiled once, as nothing changes them."""
    return shipped_prompts() if folder == FOLDER else load_prompts(folder)


Prompts.load = load_shipped_once  # type: ignore[method-assign]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make test-postgres`: on PostgreSQL whatever can be, and nothing else."""
    parser.addoption("--postgres", action="store_true", help="run what can be on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on the databases that it is for: with a mark on both, else on SQLite."""
    if "database_kind" not in metafunc.fixturenames:
        return
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    if "sqlite" in marks or "file" in metafunc.fixturenames:
        return
    if metafunc.config.getoption("--postgres"):
        metafunc.parametrize("database_kind", ["postgres"])
    elif "postgres" in marks:
        metafunc.parametrize("database_kind", ["sqlite", "postgres"])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what is not on PostgreSQL out of a run that is."""
    if not config.getoption("--postgres"):
        return
    left_out = [item for item in items if not _on_postgres(item)]
    items[:] = [item for item in items if _on_postgres(item)]
    config.hook.pytest_deselected(items=left_out)


def _on_postgres(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    if callspec is not None and callspec.params.get("database_kind") == "postgres":
        return True
    return not set(__all__).isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture
def database_kind() -> str:
    """Which database a test runs on: `sqlite`, or `postgres`."""
    return "sqlite"


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
