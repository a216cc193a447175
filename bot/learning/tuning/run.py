"""One tuning from the base's file to the adapter's, with what is said on the way."""

from __future__ import annotations

import resource
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from rich.console import Console

from bot.learning.tuning.adapter_file import AdapterOrigin, export_adapter
from bot.learning.tuning.base_model import (
    Base,
    find_base,
    open_model,
    open_tokenizer,
    weights_folder,
)
from bot.learning.tuning.card import Card, DataCard, RunCard, package_versions
from bot.learning.tuning.checkpoints import Checkpoints, forget_run
from bot.learning.tuning.examples import Example
from bot.learning.tuning.memory import ModelSize, free_bytes, needed_bytes, require_memory
from bot.learning.tuning.options import ADAPTER, PACKAGES, PROMPTS, TuneOptions
from bot.learning.tuning.packed_model import AdapterShape, PackedModel
from bot.learning.tuning.precision import chosen_dtype
from bot.learning.tuning.progress import TrainingBars
from bot.learning.tuning.split import split_by_situation
from bot.learning.tuning.task import Material, TuningTask
from bot.learning.tuning.token_rows import TokenExample, TokenSet, tokenise
from bot.learning.tuning.training import Trained, Trainer
from bot.llm.embedded.adapters import hash_file
from bot.prompting.templates import Prompts

_BYTES: Final = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known before the model is loaded."""

    base: Base
    weights: Path
    tokens: TokenSet
    held: frozenset[str]
    """The ids of the rows that are held out."""
    dtype: str

    @property
    def material(self) -> Material:
        """Return the rows to train on and those held out."""
        train: list[TokenExample] = []
        held: list[TokenExample] = []
        for one in self.tokens.examples:
            (held if one.example.id in self.held else train).append(one)
        return Material(train, held)


def tune(
    options: TuneOptions, examples: Sequence[Example], data_hash: str, console: Console
) -> Card:
    """Train an adapter and export it; return its card.

    Raises SettingError where memory or disk are too small, or where ``--out`` holds another run.
    """
    _hush_libraries()
    if options.fresh:
        forget_run(options.out)
    prepared = prepare(options, examples)
    settings = options.settings
    packed, needed = load_packed(options, prepared, console)
    checkpoints = Checkpoints(options.out, _fingerprint(options, prepared, data_hash))
    with TrainingBars(console, settings.examples_a_step) as bars:
        task = TuningTask(packed, prepared.material, settings, checkpoints, bars.show)
        trained = _train(task, prepared, options)
    target = options.out / ADAPTER
    origin = AdapterOrigin(base=prepared.base.sha256, data=data_hash)
    export_adapter(checkpoints.best, prepared.base.path, target, origin)
    console.print(f"The adapter is {target}.", highlight=False)
    return _card(options, prepared, trained, data_hash, needed)


def _hush_libraries() -> None:
    """Keep Transformers from bars and advice of its own among ours."""
    from transformers.utils import logging  # noqa: PLC0415 - seconds to import

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def prepare(options: TuneOptions, examples: Sequence[Example]) -> Prepared:
    """Split the rows, find the base and turn the rows to its tokens."""
    settings = options.settings
    _, held = split_by_situation(examples, settings.held, settings.seed)
    base = find_base(options.base)
    weights = weights_folder(base)
    tokens = tokenise(examples, open_tokenizer(weights))
    held_ids = frozenset(one.id for one in held)
    return Prepared(base, weights, tokens, held_ids, chosen_dtype(options.precision))


def load_packed(
    options: TuneOptions, prepared: Prepared, console: Console
) -> tuple[PackedModel, int]:
    """Load the model with a fresh adapter, once it is said and clear that it fits in memory."""
    from transformers import AutoConfig  # noqa: PLC0415 - seconds to import

    settings = options.settings
    weights = (prepared.weights / "model.safetensors").stat().st_size // _BYTES["float32"]
    config = AutoConfig.from_pretrained(prepared.weights)
    size = ModelSize.of(config, weights, _BYTES[prepared.dtype])
    needed, free = needed_bytes(size, prepared.tokens, settings), free_bytes()
    free_text = "unknown" if free is None else f"{free / 1e9:.1f} GB"
    console.print(
        f"{len(prepared.tokens.examples)} rows, {len(prepared.held)} held out; memory: about "
        f"{needed / 1e9:.1f} GB, free {free_text}; {prepared.dtype}.",
        highlight=False,
    )
    require_memory(needed, free)
    torch.manual_seed(settings.seed)
    model = open_model(prepared.weights, prepared.dtype)
    if torch.cuda.is_available():
        model = model.cuda()
    shape = AdapterShape(settings.lowest_layer(size.layers), settings.rank, 2 * settings.rank)
    return PackedModel(model, prepared.tokens.prefix, shape), needed


def _train(task: TuningTask, prepared: Prepared, options: TuneOptions) -> Trained:
    if not torch.cuda.is_available():
        return Trainer(task).run(options.minutes)
    from bot.learning.tuning.trl_training import ON_GPU, train_with_trl  # noqa: PLC0415 - slow

    tokenizer = open_tokenizer(prepared.weights)
    return train_with_trl(task, tokenizer, options.out, ON_GPU, options.minutes)


def _fingerprint(options: TuneOptions, prepared: Prepared, data_hash: str) -> str:
    told = options.settings.model_dump_json()
    return " ".join([prepared.base.sha256, data_hash, prepared.dtype, told])


def _card(
    options: TuneOptions, prepared: Prepared, trained: Trained, data_hash: str, needed: int
) -> Card:
    settings, target = options.settings, options.out / ADAPTER
    prompt = PROMPTS[settings.agent]
    every = prepared.tokens.examples
    return Card(
        base=prepared.base.path.name,
        base_sha256=prepared.base.sha256,
        adapter=target.name,
        adapter_sha256=hash_file(target),
        adapter_bytes=target.stat().st_size,
        prompt=prompt,
        prompt_version=Prompts.load().version(prompt),
        settings=settings,
        data=DataCard(
            sha256=data_hash,
            rows=len(every),
            train=len(every) - len(prepared.held),
            held=len(prepared.held),
            situations=len({one.example.situation for one in every}),
            languages=dict(Counter(one.example.language for one in every).most_common()),
        ),
        run=_run_card(prepared, trained, settings, needed),
        before=trained.before,
        after=trained.after,
    )


def _run_card(prepared: Prepared, trained: Trained, settings: Any, needed: int) -> RunCard:
    from transformers import AutoConfig  # noqa: PLC0415 - seconds to import

    layers = AutoConfig.from_pretrained(prepared.weights).num_hidden_layers
    state = trained.state
    return RunCard(
        steps=state.step,
        best_step=state.best_step or state.step,
        cut=state.step < settings.most_steps(len(prepared.tokens.examples) - len(prepared.held)),
        seconds=round(state.seconds, 1),
        needed_gb=round(needed / 1e9, 2),
        peak_gb=_peak_gb(),
        device="cuda" if torch.cuda.is_available() else "cpu",
        dtype=prepared.dtype,
        first_layer=settings.lowest_layer(layers),
        packages=package_versions(PACKAGES),
    )


def _peak_gb() -> float:
    """Return the highest resident memory of this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9, 2)
