"""Waiting for requests, as tests and benchmarks do."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox.server import request_log
from bot.sandbox.server.faults import matches
from bot.sandbox.server.request_log import RequestLog
from tests.patience import PATIENCE

MANY = 50


async def test_whoever_waits_is_given_what_has_ended_and_fits_in_the_order_of_coming_in() -> None:
    log = RequestLog()
    log.end(log.begin("POST", "/channels/1/messages"), 200)
    mark = log.mark
    waiting = asyncio.create_task(
        log.wait_for("POST /channels/*/messages", count=2, since=mark, timeout=PATIENCE)
    )
    await asyncio.sleep(0)  # it is waiting
    first, other = log.begin("POST", "/channels/1/messages"), log.begin("GET", "/users/@me")
    second = log.begin("POST", "/channels/2/messages")
    for request in (other, second):
        log.end(request, 200)
    await asyncio.sleep(0)
    assert not waiting.done()
    log.end(first, None)
    assert await waiting == [first, second]


async def test_what_has_ended_before_is_not_waited_for() -> None:
    log = RequestLog()
    done = log.begin("POST", "/channels/1/messages")
    log.end(done, 200)
    assert await log.wait_for("POST /channels/1/messages", timeout=PATIENCE) == [done]


async def test_nothing_that_fits_ends_in_a_timeout() -> None:
    log = RequestLog()
    log.begin("POST", "/channels/1/messages")  # under way
    with pytest.raises(TimeoutError):
        await log.wait_for("POST /channels/1/messages", timeout=0.01)


async def test_many_who_wait_look_at_each_request_once_however_long_the_log_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0

    def counted(pattern: str, method: str, path: str) -> bool:
        nonlocal looks
        looks += 1
        return matches(pattern, method, path)

    log = RequestLog()
    monkeypatch.setattr(request_log, "matches", counted)
    waiting = [
        asyncio.create_task(log.wait_for(f"POST /rooms/{room}", timeout=PATIENCE))
        for room in range(MANY)
    ]
    await asyncio.sleep(0)  # all are waiting
    for room in range(MANY):
        log.end(log.begin("POST", "/other"), 200)
        log.end(log.begin("POST", f"/rooms/{room}"), 200)
        await asyncio.sleep(0)  # whoever was told may look
    await asyncio.gather(*waiting)
    assert looks <= 2 * MANY * MANY
