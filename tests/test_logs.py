"""The log: our events at the level asked for, of others warnings, and nobody's words at any."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from bot.errors import DeliveryError
from bot.logs import describe_error, log_uncaught_errors, set_up_logging

pytestmark = pytest.mark.usefixtures("process_as_before")

SAID = "SAIDMARK"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMS = ("console", "json")
OTHERS = (
    "aiohttp.server", "aiosqlite", "asyncio", "discord.client", "discord.gateway", "discord.http",
    "discord.webhook.async_", "httpx", "httpx2", "openai", "openai._base_client",
    "sqlalchemy.engine.Engine", "alembic.runtime", "some.library", "botany", "root",
)  # fmt: skip
Read = Callable[[], str]
Begin = Callable[[], Read]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def begin(form: str, capfd: pytest.CaptureFixture[str]) -> Begin:
    """Begins a log at DEBUG; what comes back reads on in it.

    In the test itself: pytest puts the handlers back that there were before a fixture.
    """

    def begin_log() -> Read:
        set_up_logging("DEBUG", form)
        return lambda: capfd.readouterr().err

    return begin_log


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_elses_values_are_logged_at_any_level(begin: Begin, name: str) -> None:
    read = begin()
    logger = logging.getLogger(name)
    for level in LEVELS:
        logger.log(logging.getLevelName(level), "executing %s with (%r)", SAID, {"text": SAID})
    logger.error("it went wrong", extra={"said": SAID}, exc_info=ValueError(SAID))
    assert SAID not in read()


def test_a_librarys_warning_says_what_and_where_without_values(begin: Begin) -> None:
    read = begin()
    logging.getLogger("discord.http").info("sending %s", SAID)
    logging.getLogger("discord.http").warning("%s is slow, waiting %.2f s", SAID, 2)
    told = read()
    assert "%s is slow, waiting %.2f s" in told
    assert "test_logs.py:" in told
    assert "sending" not in told


def test_a_library_that_is_made_talkative_is_not_heard(begin: Begin) -> None:
    read = begin()
    logger = logging.getLogger("aiosqlite")
    logger.setLevel(logging.DEBUG)
    logger.debug("executing %s", SAID)
    logger.error("cannot execute %s", SAID)
    logger.setLevel(logging.NOTSET)
    assert read() == ""


async def test_what_a_loop_complains_of_is_named_without_its_arguments(begin: Begin) -> None:
    read = begin()

    def fails(words: str) -> None:
        raise ValueError(words)

    asyncio.get_running_loop().call_soon(fails, SAID)
    await asyncio.sleep(0.01)
    told = read()
    assert SAID not in told
    assert "Exception in callback" in told
    assert "ValueError" in told


@pytest.mark.parametrize("name", ["bot.rooms", "cogs.chat_room"])
def test_our_own_events_come_with_their_values(begin: Begin, name: str, form: str) -> None:
    read = begin()
    structlog.get_logger(name).debug("turn begins", turn_id=7)
    logging.getLogger(name).info("%d errors", 3)
    first, second = read().splitlines()
    assert "turn begins" in first
    assert "3 errors" in second
    if form == "json":
        told = json.loads(first)
        assert (told["turn_id"], told["level"], told["logger"]) == (7, "debug", name)


def test_below_the_level_our_own_are_silent(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging("WARNING", "json")
    structlog.get_logger("bot.engine").info("turn begins")
    structlog.get_logger("bot.engine").warning("agent failed")
    assert [json.loads(line)["event"] for line in capfd.readouterr().err.splitlines()] == [
        "agent failed"
    ]


def test_what_is_not_logged_is_not_made_ready(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn has some twenty lines; a value's text may take long to make."""

    def describe(_: object) -> str:
        pytest.fail("nobody reads it")

    begin()
    logging.getLogger("bot").setLevel(logging.WARNING)
    monkeypatch.setattr("bot.logs.describe_error", describe)
    structlog.get_logger("bot.rooms").info("turn begins", error=ValueError(SAID))


def test_an_error_is_told_by_kind_and_place_and_so_are_those_behind_it(begin: Begin) -> None:
    read = begin()
    group = ExceptionGroup(SAID, [KeyError(SAID), RuntimeError(SAID)])
    group.add_note(SAID)
    error = IntegrityError(SAID, {"text": SAID}, Exception(SAID))
    error.__cause__ = group

    def fails() -> None:
        raise error

    try:
        fails()
    except IntegrityError:
        structlog.get_logger("bot.storage").exception("rows not written", rows=2)
    told = read()
    assert SAID not in told
    for kind in ("IntegrityError", "ExceptionGroup", "KeyError", "RuntimeError", "which led to"):
        assert kind in told
    assert "test_logs.py" in told


def test_an_error_among_the_values_is_told_by_its_kind(begin: Begin) -> None:
    read = begin()
    structlog.get_logger("bot.engine").warning("history not read", error=ValueError(SAID))
    told = read()
    assert "ValueError" in told
    assert SAID not in told


def test_what_is_known_to_be_harmless_is_told_of_an_error() -> None:
    refused = OSError(13, SAID)
    assert describe_error(refused) == "PermissionError (errno 13)"
    assert describe_error(DeliveryError("Discord said 403")) == "DeliveryError: Discord said 403"
    assert describe_error(ValueError(SAID)) == "ValueError"


def test_what_cannot_be_written_is_not_printed_in_its_stead(begin: Begin) -> None:
    read = begin()
    logging.getLogger("bot.sandbox").warning("%d errors", SAID)
    assert SAID not in read()


def test_an_error_that_nobody_catches_is_logged_like_any_other(begin: Begin) -> None:
    read = begin()
    log_uncaught_errors()

    def fails() -> None:
        raise ValueError(SAID)

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    told = read()
    assert SAID not in told
    assert "ValueError" in told
    assert "uncaught error" in told
