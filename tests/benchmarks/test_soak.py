"""A short soak: nothing is lost or doubled, however few requests the sandbox keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

import tests.benchmarks.soak
from bot.sandbox.server import request_log
from tests.benchmarks.soak import ROOMS, Soaked, soak


async def test_a_short_soak_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_log, "KEPT", 100)  # less than two stretches
    monkeypatch.setattr(tests.benchmarks.soak, "LINES", 4)
    shown: list[Soaked] = []
    seen = await soak(tmp_path, ROOMS * 4, shown.append)
    assert shown == seen
    assert [one.turns for one in seen] == [ROOMS * number for number in range(1, 5)]
    assert {(one.lost, one.doubled) for one in seen} == {(0, 0)}
