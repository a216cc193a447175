"""A tuning from rows to figures: it learns, goes on after a kill, and repeats itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.learning.tuning import run as tuning_run
from bot.learning.tuning import training
from bot.learning.tuning.card import Card
from bot.learning.tuning.checkpoints import Checkpoints
from bot.learning.tuning.memory import require_memory
from bot.learning.tuning.task import TuningTask
from tests.tuning.runs import loaded, options, run, write_rows, write_verdicts


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl")


def test_imitation_makes_unseen_replies_likelier(tiny: Path, data: Path, tmp_path: Path) -> None:
    card = run(options(data, tmp_path / "out", tiny))
    assert card.after.unlikely.value < card.before.unlikely.value - 0.1
    assert (card.data.train, card.data.held, card.run.steps) == (15, 5, 5)
    assert card.before.accuracy is None


def test_preference_is_learned_and_told_with_intervals(
    tiny: Path, data: Path, tmp_path: Path
) -> None:
    card = run(options(data, tmp_path / "out", tiny, method="dpo"))
    assert card.before.accuracy is None  # every margin is 0 before
    assert card.before.loss == pytest.approx(0.693 + 0.2 * card.before.unlikely.value, abs=1e-3)
    assert card.after.accuracy is not None
    assert card.after.margin is not None
    assert card.after.accuracy.value == 1
    assert card.after.accuracy.low == pytest.approx(0.566, abs=1e-3)  # Wilson's, of 5 in 5
    assert card.after.margin.value > 0.1


def test_the_chosens_likelihood_counts_beside_the_preference(
    tiny: Path, data: Path, tmp_path: Path
) -> None:
    alone = run(options(data, tmp_path / "a", tiny, method="dpo", likelihood=0.0))
    both = run(options(data, tmp_path / "b", tiny, method="dpo", likelihood=5.0))
    assert both.after.unlikely.value < alone.after.unlikely.value - 0.1


def test_verdicts_are_read_as_the_first_tokens_probability(tiny: Path, tmp_path: Path) -> None:
    data = write_verdicts(tmp_path / "verdicts.jsonl")
    card = run(options(data, tmp_path / "out", tiny, agent="therapist", steps=8))
    assert card.prompt == "therapist/verdict"
    assert card.before.margin is not None
    assert card.after.margin is not None
    assert card.after.accuracy is not None
    assert card.before.margin.value < card.after.margin.value <= 1
    assert 0 <= card.after.accuracy.value <= 1


def figures(card: Card) -> str:
    return card.before.model_dump_json() + card.after.model_dump_json()


@pytest.mark.parametrize("method", ["sft", "dpo"])
def test_same_seed_and_rows_give_the_same_figures(
    tiny: Path, data: Path, tmp_path: Path, method: str
) -> None:
    first = run(options(data, tmp_path / "a", tiny, method=method))
    again = run(options(data, tmp_path / "b", tiny, method=method))
    other = run(options(data, tmp_path / "c", tiny, method=method, seed=2))
    assert figures(first) == figures(again)
    assert figures(first) != figures(other)


class KilledError(BaseException):
    """What ends a process from outside."""


@pytest.mark.parametrize("method", ["sft", "dpo"])
def test_a_killed_run_goes_on_to_the_same_end(
    tiny: Path, data: Path, tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(options(data, tmp_path / "whole", tiny, method=method))
    saves = 0
    save = Checkpoints.save

    def die_after_three(*args: object) -> None:
        nonlocal saves
        save(*args)  # type: ignore[arg-type]
        saves += 1
        if saves == 3:
            raise KilledError

    monkeypatch.setattr(Checkpoints, "save", die_after_three)
    broken = options(data, tmp_path / "broken", tiny, method=method)
    with pytest.raises(KilledError):
        run(broken)
    resumed = run(broken)
    assert figures(resumed) == figures(whole)
    assert saves == 5  # three before, and only the two that were left


def test_other_settings_do_not_go_on_in_the_same_folder(
    tiny: Path, data: Path, tmp_path: Path
) -> None:
    run(options(data, tmp_path / "out", tiny))
    with pytest.raises(SettingError) as caught:
        run(options(data, tmp_path / "out", tiny, rate=1e-3))
    assert "--fresh" in caught.value.detail
    run(options(data, tmp_path / "out", tiny, rate=1e-3, fresh=True))


def test_the_time_bounds_a_run_and_its_schedule(tiny: Path, data: Path, tmp_path: Path) -> None:
    card = run(options(data, tmp_path / "out", tiny, steps=100_000, minutes=0.05))
    assert card.run.cut
    assert card.run.steps < 100_000
    state = json.loads((tmp_path / "out/checkpoint/state.json").read_text("utf-8"))
    assert state["steps"] == card.run.steps


def test_too_little_memory_is_said_before_the_model_is_loaded(
    tiny: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning_run, "free_bytes", lambda: 1_000_000)
    monkeypatch.setattr(tuning_run, "open_model", pytest.fail)
    with pytest.raises(SettingError) as caught:
        run(options(data, tmp_path / "out", tiny))
    assert "GB of memory" in caught.value.detail
    require_memory(10, None)  # where the system does not say, it is tried


def test_where_checks_take_long_there_are_fewer_of_them_and_not_of_the_steps(
    tiny: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, checked = 0.0, 0

    def clock() -> float:
        nonlocal now
        now += 0.5  # asked at the begin and the end of a step
        return now

    def check_for_a_minute(*_: object) -> float:
        nonlocal now, checked
        now, checked = now + 60, checked + 1
        return 1.0

    chosen = options(data, tmp_path / "out", tiny, steps=40)
    prepared, model = loaded(chosen)
    places = Checkpoints(tmp_path / "out", "a run")
    task = TuningTask(model, prepared.material, chosen.settings, places, lambda *_: None)
    aim = task.objective()
    before = task.before(aim)
    monkeypatch.setattr(TuningTask, "before", lambda *_: check_for_a_minute() and before)
    monkeypatch.setattr(training, "held_out_loss", check_for_a_minute)
    trained = training.Trainer(task, clock).run(minutes=6)
    assert trained.state.step == 40
    assert checked == 2, "once before and once after, of the five that there would be time for"
