"""Warnings and errors of the log, counted by the name that finds them there."""

from __future__ import annotations

import logging

import pytest
import structlog

from bot.logs import set_up_logging
from bot.metrics import error_counter
from bot.metrics.error_counter import count_errors

pytestmark = pytest.mark.usefixtures("process_as_before")


def test_ours_are_counted_by_event_and_others_by_library() -> None:
    counted: list[tuple[str, str]] = []
    set_up_logging("INFO", "json")
    log = structlog.get_logger("bot.somewhere")
    with count_errors(lambda kind, level: counted.append((kind, level))):
        log.info("turn begins", turn_id=1)
        log.warning("agent failed", detail="what was said")
        log.error("step failed")
        logging.getLogger("discord.gateway").warning("Shard ID %s has stopped", 7)
        logging.getLogger("some.library").error("not ours")
    log.error("after it")
    assert counted == [
        ("agent failed", "warning"),
        ("step failed", "error"),
        ("discord", "warning"),
    ]


def test_no_number_of_kinds_becomes_a_number_of_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_counter, "MAX_KINDS", 2)
    counted: list[str] = []
    set_up_logging("INFO", "json")
    with count_errors(lambda kind, _: counted.append(kind)):
        for name in ("one", "two", "three", "one", "four"):
            structlog.get_logger("cogs.somewhere").warning(name)
    assert counted == ["one", "two", "other", "one", "other"]
