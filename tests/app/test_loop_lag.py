"""How late the event loop was."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.app import loop_lag
from bot.app.loop_lag import LoopLag


async def test_a_loop_on_time_is_hardly_late() -> None:
    lag = LoopLag()
    with lag.watch():
        await asyncio.sleep(0)
        assert lag.worst() == 0


async def test_a_block_is_told_at_once_and_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_lag, "_EVERY", 0.01)
    lag = LoopLag()
    with lag.watch():
        time.sleep(0.2)  # noqa: ASYNC251 - a loop that hangs is what is meant
        assert lag.worst() >= 0.15
        await asyncio.sleep(0)  # the late look itself
        assert lag.worst() >= 0.15
    assert lag.worst() >= 0.15


def test_what_is_long_ago_is_forgotten() -> None:
    lag = LoopLag()
    lag._due = 0.0
    lag._note(3.0)
    lag._due = 80.0
    lag._note(80.5)
    lag._due = None
    assert lag.worst() == 0.5
