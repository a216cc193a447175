"""The memory that a tuning takes, said before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from bot.domain import Value
from bot.errors import SettingError
from bot.learning.tuning.settings import TuneSettings
from bot.learning.tuning.token_rows import TokenSet

_RUNTIME: Final = 900_000_000
"""Of Python with torch and Transformers, as measured."""
_FLOAT: Final = 4
_MEMINFO: Final = Path("/proc/meminfo")
_LIMITS: Final = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


class ModelSize(Value):
    """The sizes of a model that its memory hangs on."""

    weights: int
    layers: int
    hidden: int
    inner: int
    """Of the widest map of a layer."""
    vocabulary: int
    weight_bytes: int

    @classmethod
    def of(cls, config: Any, weights: int, weight_bytes: int) -> ModelSize:
        """Return the sizes by a configuration of Transformers."""
        return cls(
            weights=weights,
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            inner=config.intermediate_size,
            vocabulary=config.vocab_size,
            weight_bytes=weight_bytes,
        )


def needed_bytes(size: ModelSize, tokens: TokenSet, settings: TuneSettings) -> int:
    """Return the bytes that a tuning on a CPU takes at its highest, by its longest batch."""
    rows = [row for one in tokens.examples for row in one.rows]
    batch = sorted((len(row.ids) for row in rows), reverse=True)[: settings.batch]
    length = len(tokens.prefix) + sum(batch)
    tuned = size.layers - settings.lowest_layer(size.layers)
    # Kept for the way back, a layer: what goes into its maps and its adapters, and the mask's use.
    per_layer = length * (12 * size.hidden + 6 * size.inner) * _FLOAT
    answers = sum(sorted((len(row.answer) for row in rows), reverse=True)[: settings.batch])
    logits = 4 * answers * size.vocabulary * _FLOAT
    kept = sum(len(row.ids) for row in rows) * size.hidden * size.weight_bytes
    adapter = 4 * _FLOAT * tuned * settings.rank * (8 * size.hidden + 3 * size.inner)
    fixed = size.weights * size.weight_bytes + _RUNTIME
    return fixed + kept + adapter + tuned * per_layer + logits


def free_bytes() -> int | None:
    """Return the memory that is free to take, None where the system does not say."""
    bounds = [bound for bound in (_available(), _within_limit()) if bound is not None]
    return min(bounds, default=None)


def require_memory(needed: int, free: int | None) -> None:
    """Raise SettingError where less is free than is needed."""
    if free is not None and free < needed:
        raise SettingError(
            f"The tuning needs about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are "
            "free. A smaller --batch or a higher --first-layer takes less."
        )


def _available() -> int | None:
    try:
        lines = _MEMINFO.read_text("ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def _within_limit() -> int | None:
    """Return what is left of a container's bound."""
    for bound, used in _LIMITS:
        try:
            return int(bound.read_text("ascii")) - int(used.read_text("ascii"))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return None
