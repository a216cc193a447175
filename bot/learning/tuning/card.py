"""The card of an adapter: what it was made from, how, and what it is worth on held-out rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bot.domain import Value
from bot.learning.tuning.figures import Figure, HeldOut
from bot.learning.tuning.settings import TuneSettings
from bot.private_files import write_private
from bot.reports.text_tables import render_table

JSON: Final = "card.json"
MARKDOWN: Final = "card.md"


class DataCard(Value):
    """The rows of a tuning, in numbers."""

    sha256: str
    """Of the rows, whatever their order."""
    rows: int
    train: int
    held: int
    situations: int
    languages: dict[str, int]


class RunCard(Value):
    """How a tuning went."""

    steps: int
    """Steps that were done: --steps with this number, the seed and the rows repeats them."""
    best_step: int
    cut: bool
    """Whether the time ended it before all passes were done."""
    seconds: float
    needed_gb: float
    peak_gb: float | None
    device: str
    dtype: str
    first_layer: int
    packages: dict[str, str]


class Card(Value):
    """All that is to be known of an adapter."""

    base: str
    base_sha256: str
    adapter: str
    adapter_sha256: str
    adapter_bytes: int
    prompt: str
    prompt_version: str
    settings: TuneSettings
    data: DataCard
    run: RunCard
    before: HeldOut
    after: HeldOut

    def text(self) -> str:
        """Return the card as Markdown."""
        table = render_table(["held out", "before", "after"], figure_rows(self.before, self.after))
        parts = [f"# {self.adapter}", self._origin(), table.strip(), self._how()]
        return "\n\n".join(parts) + "\n"

    def _origin(self) -> str:
        data = self.data
        return (
            f"A LoRA adapter of {self.adapter_bytes / 1e6:.1f} MB for {self.base} (SHA-256 "
            f"{self.base_sha256}), for the {self.settings.agent}'s `{self.prompt}` (version "
            f"{self.prompt_version}). Made by {self.settings.method} from {data.train} rows; "
            f"{data.held} rows of other situations were held out ({data.situations} situations, "
            f"SHA-256 of the rows {data.sha256}). Languages: {_counted(data.languages)}."
        )

    def _how(self) -> str:
        run = self.run
        peak = "" if run.peak_gb is None else f", {run.peak_gb:.1f} GB at the peak"
        cut = ", cut by the time" if run.cut else ""
        return (
            f"{run.steps} steps in {run.seconds / 60:.1f} minutes on {run.device} ({run.dtype})"
            f"{cut}; the best is step {run.best_step}. Memory: about {run.needed_gb:.1f} GB "
            f"expected{peak}. Lowest tuned layer: {run.first_layer}. "
            f"Settings: {_counted(self.settings.model_dump(mode='json'))}. "
            f"Packages: {_counted(run.packages)}."
        )


def figure_rows(before: HeldOut, after: HeldOut) -> list[list[str]]:
    """Return the rows of a table of the figures, those that either has."""
    names = {
        "loss": "loss",
        "unlikely": "unlikeliness, nats a token",
        "likelier": "chosen the likelier one a token",
        "accuracy": "accuracy",
        "margin": "margin",
    }
    return [
        [label, _shown(getattr(before, name)), _shown(getattr(after, name))]
        for name, label in names.items()
        if getattr(before, name) is not None or getattr(after, name) is not None
    ]


def write_card(card: Card, folder: Path) -> None:
    """Write the card as JSON and as Markdown. Raises OSError."""
    write_private(folder / JSON, card.model_dump_json(indent=1) + "\n")
    write_private(folder / MARKDOWN, card.text())


def package_versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of packages that are installed."""
    return {package: version(package) for package in packages}


def _shown(figure: Figure | float | None) -> str:
    if figure is None:
        return "-"
    if isinstance(figure, float):
        return f"{figure:.3f}"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f} (n {figure.n})"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}] (n {figure.n})"


def _counted(counts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in counts.items())
