"""Pictures and long files come from processes that end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from bot.domain.day_shares import DayShare
from bot.reports import report_maker
from bot.reports.charts import draw_days
from bot.reports.report_maker import AT_ONCE, ReportFailed, ReportMaker

PROJECT = Path(__file__).parent.parent.parent
PARENT = """
import sys
from bot.client.bot import COGS
import importlib
for cog in COGS:
    importlib.import_module(cog)
print(sorted({"matplotlib", "numpy"} & set(sys.modules)))
"""


async def test_a_picture_is_drawn_elsewhere() -> None:
    days = (DayShare(date(2026, 11, 21), 4, 2, 1),)
    process, picture = await asyncio.gather(
        ReportMaker().make(os.getpid), ReportMaker().make(draw_days, days, "#lobby")
    )
    assert process != os.getpid()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_one_that_goes_wrong_is_told_without_what_was_in_it() -> None:
    with pytest.raises(ReportFailed) as caught:
        await ReportMaker().make(int, "what somebody said")
    assert caught.value.detail == "exit status 1: ValueError"
    assert "try again" in str(caught.value)


async def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_maker, "WITHIN", 0.5)
    maker, began = ReportMaker(), time.monotonic()
    waiting = [maker.make(time.sleep, 600.0) for _ in range(AT_ONCE + 1)]
    failed = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in failed} == {ReportFailed}
    assert time.monotonic() - began < 100


def test_the_bot_itself_loads_nothing_that_draws() -> None:
    loaded = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PARENT], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
