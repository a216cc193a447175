"""The training on a GPU, by TRL's trainers, on the same rows and by the same schedule."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from datasets import Dataset
from transformers import TrainerCallback
from transformers.trainer_utils import get_last_checkpoint
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from bot.learning.tuning.checkpoints import RunState
from bot.learning.tuning.examples import Example
from bot.learning.tuning.settings import Method, Schedule, TuneSettings
from bot.learning.tuning.task import ShowStep, TuningTask
from bot.learning.tuning.token_rows import LONGEST, TokenExample
from bot.learning.tuning.training import BETAS, CHECKS, GRADIENT_BOUND, SPARE, TIMED, Trained

ON_GPU: Final[Mapping[str, Any]] = {"bf16": True, "gradient_checkpointing": True}
ON_CPU: Final[Mapping[str, Any]] = {
    "bf16": False,
    "use_cpu": True,
    "gradient_checkpointing": False,
    "dataloader_pin_memory": False,
}
"""What TRL takes for granted suits a GPU. On a CPU the packed training is many times faster."""


def train_with_trl(
    task: TuningTask,
    tokenizer: Any,
    folder: Path,
    device: Mapping[str, Any],
    minutes: float | None = None,
) -> Trained:
    """Train the task's adapter in place, and measure; ``device`` is `ON_GPU` or `ON_CPU`.

    A killed run goes on from TRL's last checkpoint in ``folder``.
    """
    began = time.monotonic()
    aim = task.objective()
    before = task.before(aim)
    timed = TimedSchedule(
        Schedule(task.settings.most_steps(len(task.material.train))),
        None if minutes is None else began + 60 * minutes,
        task.show,
    )
    trainer = make_trainer(task, tokenizer, folder / "trl", device, timed)
    trainer.train(resume_from_checkpoint=_last_checkpoint(folder / "trl"))
    task.checkpoints.save_best(task.model.with_adapter)
    steps = trainer.state.global_step
    state = RunState(
        step=steps,
        steps=steps,
        seconds=time.monotonic() - began,
        best_step=trainer.state.best_global_step,
        best_loss=trainer.state.best_metric,
    )
    return Trained(before, task.after(aim), state)


class TimedSchedule(TrainerCallback):  # type: ignore[misc] # TRL takes no other kind
    """The schedule of `Schedule`, cut once it is known how many steps the time allows."""

    def __init__(self, schedule: Schedule, end: float | None, show: ShowStep) -> None:
        """Take the plan, and the end on the monotonic clock."""
        self._schedule = schedule
        self._end = end
        self._show = show
        self._first: tuple[int, float] | None = None

    def factor(self, step: int) -> float:
        """Return what the rate is multiplied by at a step."""
        return self._schedule.factor(step)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Note when the first step begins."""
        self._first = self._first or (state.global_step, time.monotonic())

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Cut the plan to the time, and stop at its end."""
        done, now = state.global_step, time.monotonic()
        first, began = self._first or (done, now)
        if self._end is not None and done >= first + TIMED:
            left = (self._end - now) * (1 - SPARE if done == first + TIMED else 1.0)
            self._schedule = self._schedule.fitted(done, (now - began) / (done - first), left)
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
        self._show("training", done, self._schedule.steps, losses[-1] if losses else None)
        if done >= self._schedule.steps:
            control.should_training_stop = control.should_evaluate = control.should_save = True


def make_trainer(
    task: TuningTask,
    tokenizer: Any,
    folder: Path,
    device: Mapping[str, Any],
    timed: TimedSchedule,
) -> Any:
    """Return TRL's trainer of the task's adapter, set up and not yet started."""
    settings = task.settings
    optimizer = torch.optim.AdamW(
        task.model.parameters, lr=settings.rate, weight_decay=0.0, betas=BETAS
    )
    kind, config = (
        (DPOTrainer, _dpo_config) if settings.method is Method.DPO else (SFTTrainer, _sft_config)
    )
    steps = settings.most_steps(len(task.material.train))
    return kind(
        model=task.model.with_adapter,
        args=config(settings, **_shared(settings, folder, steps), **device),
        train_dataset=_dataset(task.material.train),
        eval_dataset=_dataset(task.material.held),
        processing_class=tokenizer,
        callbacks=[timed],
        optimizers=(optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, timed.factor)),
    )


def _shared(settings: TuneSettings, folder: Path, steps: int) -> dict[str, Any]:
    every = max(1, steps // CHECKS)
    return {
        "output_dir": str(folder),
        "max_steps": steps,
        "per_device_train_batch_size": settings.examples_a_step,
        "per_device_eval_batch_size": settings.examples_a_step,
        "learning_rate": settings.rate,
        "max_grad_norm": GRADIENT_BOUND,
        "max_length": LONGEST,
        "seed": settings.seed,
        "eval_strategy": "steps",
        "eval_steps": every,
        "save_steps": every,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "logging_steps": 1,
        "report_to": [],
        "disable_tqdm": True,
    }


def _sft_config(settings: TuneSettings, **shared: Any) -> Any:  # noqa: ARG001 - of one shape
    return SFTConfig(completion_only_loss=True, **shared)


def _dpo_config(settings: TuneSettings, **shared: Any) -> Any:
    return DPOConfig(
        beta=settings.beta,
        loss_type=["sigmoid", "sft"],
        loss_weights=[1.0, settings.likelihood],
        **shared,
    )


def _dataset(examples: Sequence[TokenExample]) -> Any:
    return Dataset.from_list([_row(one.example) for one in examples])


def _row(example: Example) -> dict[str, Any]:
    """Return an example in the conversational form of TRL."""
    prompt = [{"role": said.role, "content": said.content} for said in example.messages]
    if example.rejected is None:
        return {"prompt": prompt, "completion": _said(example.chosen)}
    return {"prompt": prompt, "chosen": _said(example.chosen), "rejected": _said(example.rejected)}


def _said(answer: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": answer}]


def _last_checkpoint(folder: Path) -> str | None:
    found = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    return None if found is None else str(found)
