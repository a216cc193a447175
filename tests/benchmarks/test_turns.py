"""What the benchmarks count must hold on every machine; what they time is only told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.figures import Figure, of_times
from tests.benchmarks.stage import open_stage
from tests.benchmarks.turns import measure_rate, measure_turns


async def test_a_turn_asks_the_model_twice_or_thrice_and_discord_nothing(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        room_id = await stage.set_up_room("lobby")
        stage.model.finds_something = False
        calm = await measure_turns(stage, room_id, 2)
        stage.model.finds_something = True
        worked_on = await measure_turns(stage, room_id, 2)
        assert await measure_rate(stage, [room_id], 2) > 0
    assert [turn.model_calls for turn in calm] == [2, 2]
    assert [turn.model_calls for turn in worked_on] == [3, 3]
    asked_discord = [turn.discord_calls for turn in calm + worked_on if turn.discord_calls]
    assert len(asked_discord) <= 1, asked_discord  # the bot's clock may tick during one of them
    assert stage.process.returncode == 0
    assert stage.errors.read_text() == ""


def test_a_figure_knows_whether_it_fits() -> None:
    assert Figure("memory", 119.9, "MB", 120).fits
    assert not Figure("memory", 120.1, "MB", 120).fits
    assert Figure("memory", 500, "MB").fits


def test_a_figure_is_shown_with_its_unit() -> None:
    assert Figure("memory", 119.94, "MB", 120).shown == "119.9 MB"
    assert Figure("memory", 119.94, "MB", 120).bound == "120 MB"
    assert Figure("calls", 2, "", 2).shown == "2"
    assert Figure("help", 0.234, "s").shown == "0.23 s"


def test_times_become_a_median_with_the_slow_ones_beside() -> None:
    figure = of_times("reply", [0.010] * 19 + [0.050], most_ms=25).times(5, "a bare bot")
    assert figure.value == pytest.approx(10)
    assert figure.fits
    assert figure.beside == "p95 48.0 ms; 2.0 \N{MULTIPLICATION SIGN} a bare bot"
