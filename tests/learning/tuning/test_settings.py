"""The plan of a tuning's steps, and what memory it asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.learning.tuning import memory
from bot.learning.tuning.examples import Example
from bot.learning.tuning.memory import ModelSize, free_bytes, needed_bytes, require_memory
from bot.learning.tuning.settings import WARM_UP, Method, Schedule, TuneSettings
from bot.learning.tuning.token_rows import TokenExample, TokenRow, TokenSet


def test_the_rate_rises_and_falls_to_nothing() -> None:
    factors = [Schedule(40).factor(step) for step in range(41)]
    assert factors[:WARM_UP] == [(step + 1) / WARM_UP for step in range(WARM_UP)]
    assert factors[WARM_UP] == 1
    assert factors[WARM_UP:] == sorted(factors[WARM_UP:], reverse=True)
    assert factors[40] == 0


def test_a_plan_that_is_cut_early_changes_nothing_that_was_done() -> None:
    for step in range(WARM_UP):
        assert Schedule(20).factor(step) == Schedule(1000).factor(step)


def test_a_plan_is_cut_to_the_time() -> None:
    plan = Schedule(100)
    assert plan.fitted(3, step_seconds=2.0, left_seconds=20.0).steps == 13
    assert plan.fitted(3, step_seconds=0.1, left_seconds=20.0).steps == 100
    assert plan.fitted(3, step_seconds=2.0, left_seconds=-5.0).steps == 3


@pytest.mark.parametrize(
    ("method", "passes", "steps", "expected"),
    [("sft", 1.0, None, 13), ("dpo", 1.0, None, 25), ("dpo", 2.0, None, 50), ("sft", 1.0, 7, 7)],
)
def test_passes_become_steps(method: str, passes: float, steps: int | None, expected: int) -> None:
    settings = TuneSettings(method=Method(method), passes=passes, steps=steps, batch=8)
    assert settings.most_steps(100) == expected


def test_the_upper_layers_are_tuned_unless_told() -> None:
    assert TuneSettings(method=Method.SFT).lowest_layer(28) == 18
    assert TuneSettings(method=Method.SFT).lowest_layer(2) == 1
    assert TuneSettings(method=Method.SFT, first_layer=3).lowest_layer(28) == 3


# ── memory ──────────────────────────────────────────────────────────────────────────────────

SIZE = ModelSize(
    weights=1_500_000_000, layers=28, hidden=1536, inner=8960, vocabulary=151_936, weight_bytes=2
)


def tokens(length: int) -> TokenSet:
    example = Example("a", "a", "en", "", (), "yes")
    row = TokenRow(tuple(range(length)), length // 2)
    return TokenSet(tuple(range(140)), (TokenExample(example, row),) * 8)


def test_memory_grows_with_weights_rows_and_layers() -> None:
    settings = TuneSettings(method=Method.SFT)
    needed = needed_bytes(SIZE, tokens(50), settings)
    assert 3e9 < needed < 8e9
    assert needed_bytes(SIZE, tokens(500), settings) > needed
    lower = settings.model_copy(update={"first_layer": 0})
    assert needed_bytes(SIZE, tokens(50), lower) > needed
    exact = SIZE.model_copy(update={"weight_bytes": 4})
    assert needed_bytes(exact, tokens(50), settings) > needed + 2.9e9


def test_too_little_memory_is_refused_with_figures() -> None:
    require_memory(5_000_000_000, 6_000_000_000)
    require_memory(5_000_000_000, None)
    with pytest.raises(SettingError) as caught:
        require_memory(5_000_000_000, 4_000_000_000)
    assert "5.0 GB" in caught.value.detail
    assert "4.0 GB" in caught.value.detail


def test_the_smaller_of_machine_and_container_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meminfo, bound, used = tmp_path / "meminfo", tmp_path / "max", tmp_path / "current"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:    2000 kB\n")
    bound.write_text("max\n")
    used.write_text("1\n")
    monkeypatch.setattr(memory, "_MEMINFO", meminfo)
    monkeypatch.setattr(memory, "_LIMITS", ((bound, used),))
    assert free_bytes() == 2_048_000
    bound.write_text("1001\n")
    assert free_bytes() == 1000
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "none")
    monkeypatch.setattr(memory, "_LIMITS", ())
    assert free_bytes() is None
