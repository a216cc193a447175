"""TRL's trainers take the same rows and the same schedule; on a CPU here, as no GPU is at hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.learning.tuning.base_model import open_tokenizer
from bot.learning.tuning.checkpoints import Checkpoints
from bot.learning.tuning.settings import Schedule
from bot.learning.tuning.task import TuningTask
from bot.learning.tuning.trl_training import ON_CPU, TimedSchedule, make_trainer, train_with_trl
from tests.tuning.runs import loaded, options, write_rows

IGNORED = -100
"""The label of a token that counts for nothing."""


def silent(stage: str, done: int, whole: int, loss: float | None = None) -> None:
    """Show nothing."""


def task_of(tiny: Path, tmp_path: Path, method: str) -> tuple[TuningTask, Any]:
    chosen = options(write_rows(tmp_path / "rows.jsonl", 12), tmp_path / "out", tiny, method=method)
    prepared, packed = loaded(chosen)
    checkpoints = Checkpoints(chosen.out, "fingerprint")
    task = TuningTask(packed, prepared.material, chosen.settings, checkpoints, silent)
    return task, open_tokenizer(prepared.weights)


@pytest.mark.parametrize("method", ["sft", "dpo"])
@pytest.mark.filterwarnings("ignore")  # of the libraries, about one another
def test_the_same_task_is_trained(tiny: Path, tmp_path: Path, method: str) -> None:
    task, tokenizer = task_of(tiny, tmp_path, method)
    trained = train_with_trl(task, tokenizer, tmp_path / "out", ON_CPU)
    assert trained.state.step == 5
    assert trained.after.unlikely.value < trained.before.unlikely.value
    assert (task.checkpoints.best / "adapter_model.safetensors").exists()


@pytest.mark.filterwarnings("ignore")
def test_only_the_answers_tokens_count(tiny: Path, tmp_path: Path) -> None:
    task, tokenizer = task_of(tiny, tmp_path, "sft")
    timed = TimedSchedule(Schedule(5), None, silent)
    trainer = make_trainer(task, tokenizer, tmp_path / "trl", ON_CPU, timed)
    one = task.material.train[0]
    row = trainer.train_dataset[0]
    whole = [*task.model.prefix, *one.chosen.ids]
    assert list(row["input_ids"])[: len(whole)] == whole
    counted = sum(label != IGNORED for label in row["labels"])
    assert counted - len(one.chosen.answer) in (0, 1)  # a line's end follows in the template


def test_the_time_cuts_the_plan() -> None:
    state = SimpleNamespace(global_step=0, log_history=[])
    control = SimpleNamespace(should_training_stop=False)
    timed = TimedSchedule(Schedule(1000), end=0.0, show=silent)  # long over
    timed.on_step_begin(None, state, control)
    for state.global_step in range(1, 4):
        timed.on_step_end(None, state, control)
    assert control.should_training_stop
    assert timed.factor(3) == 0
