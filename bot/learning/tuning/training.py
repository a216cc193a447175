"""The training of a packed model on a CPU: bounded in time, kept, and resumed where it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

import torch

from bot.learning.tuning.checkpoints import RunState
from bot.learning.tuning.figures import HeldOut
from bot.learning.tuning.held_out import held_out_loss
from bot.learning.tuning.objective import Objective, read_examples
from bot.learning.tuning.settings import Schedule
from bot.learning.tuning.split import batches_of
from bot.learning.tuning.task import TuningTask

CHECKS: Final = 5
"""Most held-out checks of a run, at the end of which the best is kept."""
CHECK_SHARE: Final = 0.3
"""Most of the time that checks may take; where that is short, there are fewer, the last always."""
BETAS: Final = (0.9, 0.99)
"""AdamW's; a run of some hundred steps cannot wait for an average over a thousand."""
GRADIENT_BOUND: Final = 1.0
TIMED: Final = 3
"""Steps after which the time that a step takes is known well enough for a plan."""
SPARE: Final = 0.1
"""Share of the time that the plan leaves, so that it is not changed for every slow step."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training: figures before and after, and the state at its end."""

    before: HeldOut
    after: HeldOut
    state: RunState


class Trainer:
    """One training, from wherever the checkpoints say that it is."""

    def __init__(self, task: TuningTask, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the task; ``clock`` counts seconds."""
        self._task = task
        self._clock = clock
        self._began = clock()
        self._earlier = 0.0
        self._checks = CHECKS
        self._weights = task.model.parameters
        self._optimizer = torch.optim.AdamW(
            self._weights, lr=task.settings.rate, weight_decay=0.0, betas=BETAS
        )

    def run(self, minutes: float | None = None) -> Trained:
        """Train and measure; ``minutes`` bounds all of it, from when this was made.

        Reading what was there before takes its part of the time. At least one step is done.
        """
        task = self._task
        aim = task.objective()
        started = self._clock()
        before = task.before(aim)
        state = task.checkpoints.load(self._weights, self._optimizer) or RunState(
            steps=task.settings.most_steps(len(task.material.train)),
            check_seconds=self._clock() - started,
        )
        self._earlier = state.seconds
        end = None if minutes is None else self._began - self._earlier + 60 * minutes
        if end is not None and state.check_seconds > 0:
            fitting = CHECK_SHARE * (end - self._clock()) / state.check_seconds
            self._checks = max(1, min(CHECKS, int(fitting)))
        state = self._steps(aim, state, end)
        task.checkpoints.load_best(task.model.with_adapter)
        return Trained(before, task.after(aim), state)

    def _steps(self, aim: Objective, state: RunState, end: float | None) -> RunState:
        first, stepping = state.step, 0.0
        while state.step < state.steps:
            began = self._clock()
            loss = self._step(aim, state.step, Schedule(state.steps))
            stepping += self._clock() - began
            state = state.model_copy(update={"step": state.step + 1})
            if end is not None:
                state = self._in_time(state, end, state.step - first, stepping)
            self._task.show("training", state.step, state.steps, loss)
            if state.step == state.steps or state.step % max(1, state.steps // self._checks) == 0:
                state = self._check(aim, state)
        return state

    def _in_time(self, state: RunState, end: float, timed: int, stepping: float) -> RunState:
        """Cut the plan to what the time allows, by the ``stepping`` seconds of ``timed`` steps."""
        checks = 1 + ceil(self._checks * (1 - state.step / state.steps))
        left = end - self._clock() - checks * state.check_seconds
        if timed < TIMED:
            return state if left > 0 else state.model_copy(update={"steps": state.step})
        spare = SPARE if timed == TIMED else 0.0
        plan = Schedule(state.steps).fitted(state.step, stepping / timed, left * (1 - spare))
        return state.model_copy(update={"steps": plan.steps})

    def _step(self, aim: Objective, step: int, schedule: Schedule) -> float:
        settings, train = self._task.settings, self._task.material.train
        size = settings.examples_a_step
        a_pass = -(-len(train) // size)
        places = batches_of(len(train), size, step // a_pass, settings.seed)[step % a_pass]
        for group in self._optimizer.param_groups:
            group["lr"] = settings.rate * schedule.factor(step)
        examples = [train[at] for at in places]
        loss = aim.loss(examples, read_examples(self._task.model, examples))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._weights, GRADIENT_BOUND)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _check(self, aim: Objective, state: RunState) -> RunState:
        """Keep where the run is, and the adapter if it is the best on what is held out."""
        task, began = self._task, self._clock()
        loss = held_out_loss(task.model, task.material.held, aim)
        if state.best_loss is None or loss < state.best_loss:
            task.checkpoints.save_best(task.model.with_adapter)
            state = state.model_copy(update={"best_step": state.step, "best_loss": loss})
        now = self._clock()
        spent = self._earlier + now - self._began
        state = state.model_copy(update={"seconds": spent, "check_seconds": now - began})
        task.checkpoints.save(self._weights, self._optimizer, state)
        task.show("held out", state.step, state.steps, loss)
        return state
