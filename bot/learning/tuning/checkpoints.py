"""Checkpoints of a tuning: what a killed run goes on from, and the best adapter so far."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file, save_file

from bot.domain import Value
from bot.errors import SettingError
from bot.learning.tuning.figures import HeldOut
from bot.private_files import make_private_folder, write_private

_LATEST: Final = "checkpoint"
_OLDER: Final = "checkpoint.old"
_PART: Final = "checkpoint.part"
_BEST: Final = "adapter"
_RUN: Final = "run.json"
_REFERENCE: Final = "reference.json"


class RunState(Value):
    """How far a run is. What it will do next follows from this, the settings and the rows."""

    step: int = 0
    """Steps that are done."""
    steps: int
    """Steps that are planned, as the time allows."""
    seconds: float = 0.0
    """Time that they took, with all that was read before, over all starts."""
    check_seconds: float = 0.0
    """Time that one look at what is held out takes."""
    best_step: int | None = None
    best_loss: float | None = None


class Checkpoints:
    """The folder of a run. Each part is put there whole, so that a kill leaves the last one."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Take the folder for a run; SettingError where it holds a run of other rows or settings.

        ``fingerprint`` says which rows, base and settings the run is of.
        """
        make_private_folder(folder)
        self._folder = folder
        told = folder / _RUN
        if told.exists() and json.loads(told.read_text("utf-8")) != fingerprint:
            raise SettingError(
                f"{folder} holds a tuning of other rows or settings: name another folder for "
                "--out, or begin anew with --fresh."
            )
        write_private(told, json.dumps(fingerprint))

    @property
    def best(self) -> Path:
        """The folder of the best adapter, as PEFT keeps it."""
        return self._folder / _BEST

    def load(self, parameters: list[Any], optimizer: Any) -> RunState | None:
        """Bring weights and optimizer to where the run was; None where it has not begun."""
        place = self._folder / _LATEST
        if not place.exists():
            place = self._folder / _OLDER
        if not place.exists():
            return None
        stored = load_file(place / "weights.safetensors")
        with torch.no_grad():
            for number, weight in enumerate(parameters):
                weight.copy_(stored[str(number)])
        optimizer.load_state_dict(torch.load(place / "optimizer.pt", weights_only=True))
        return RunState.model_validate_json((place / "state.json").read_text("utf-8"))

    def save(self, parameters: list[Any], optimizer: Any, state: RunState) -> None:
        """Keep where the run is."""
        part, latest, older = (self._folder / name for name in (_PART, _LATEST, _OLDER))
        shutil.rmtree(part, ignore_errors=True)
        make_private_folder(part)
        weights = {str(at): weight.detach() for at, weight in enumerate(parameters)}
        save_file(weights, part / "weights.safetensors")
        torch.save(optimizer.state_dict(), part / "optimizer.pt")
        write_private(part / "state.json", state.model_dump_json())
        if latest.exists():
            shutil.rmtree(older, ignore_errors=True)
            latest.rename(older)
        part.rename(latest)
        shutil.rmtree(older, ignore_errors=True)

    def save_best(self, with_adapter: Any) -> None:
        """Keep the adapter as the best so far."""
        part = self._folder / f"{_BEST}.part"
        shutil.rmtree(part, ignore_errors=True)
        with_adapter.save_pretrained(part)
        (part / "README.md").unlink(missing_ok=True)  # PEFT's own, an empty form
        shutil.rmtree(self.best, ignore_errors=True)
        part.rename(self.best)

    def load_best(self, with_adapter: Any) -> None:
        """Give the model the best adapter's weights."""
        from peft import set_peft_model_state_dict  # noqa: PLC0415 - seconds to import

        set_peft_model_state_dict(with_adapter, load_file(self.best / "adapter_model.safetensors"))

    def load_reference(self) -> dict[str, tuple[float, float]] | None:
        """Return what the replies were worth before, if an earlier start has found it out."""
        path = self._folder / _REFERENCE
        if not path.exists():
            return None
        return {key: (a, b) for key, (a, b) in json.loads(path.read_text("utf-8")).items()}

    def save_reference(self, reference: dict[str, tuple[float, float]]) -> None:
        """Keep what the replies were worth before."""
        self._write(_REFERENCE, json.dumps(reference))

    def load_before(self) -> HeldOut | None:
        """Return the held-out figures of the model as it was, if they are known."""
        path = self._folder / "before.json"
        return HeldOut.model_validate_json(path.read_text("utf-8")) if path.exists() else None

    def save_before(self, figures: HeldOut) -> None:
        """Keep the held-out figures of the model as it was."""
        self._write("before.json", figures.model_dump_json())

    def _write(self, name: str, text: str) -> None:
        part = self._folder / f"{name}.part"
        write_private(part, text)
        part.replace(self._folder / name)


def forget_run(folder: Path) -> None:
    """Remove what an earlier run of that folder has left."""
    for name in (_LATEST, _OLDER, _PART, _BEST, f"{_BEST}.part"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (_RUN, _REFERENCE, "before.json"):
        (folder / name).unlink(missing_ok=True)
