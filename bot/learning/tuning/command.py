"""The command `python -m bot tune`: rows in, an adapter and its card out."""

from __future__ import annotations

from rich.console import Console

from bot.errors import require_extra
from bot.evaluation.datasets.datasets import load_rows
from bot.learning.tuning.card import JSON, write_card
from bot.learning.tuning.examples import Example, render_replies, render_verdicts
from bot.learning.tuning.options import PACKAGES, THERAPIST, TuneOptions
from bot.learning.tuning.rows import (
    ReplyRow,
    VerdictRow,
    manifest_hash,
    require_pairs,
)
from bot.learning.tuning.settings import Method
from bot.private_files import require_writable
from bot.prompting.templates import Prompts


def run_tuning(options: TuneOptions) -> str:
    """Tune, and return what came of it as text. SettingError names what is wrong."""
    examples, data_hash = read_examples_of(options)
    require_extra("Tuning", "tune", *PACKAGES)
    require_writable("--out", options.out / JSON)
    from bot.learning.tuning.run import tune  # noqa: PLC0415 - imports torch

    console = Console(stderr=True)
    card = tune(options, examples, data_hash, console)
    write_card(card, options.out)
    return card.text()


def read_examples_of(options: TuneOptions) -> tuple[list[Example], str]:
    """Return the rows of the data as the agent is asked them, and the hash of the rows."""
    settings, prompts = options.settings, Prompts.load()
    if settings.agent == THERAPIST:
        verdicts = load_rows(options.data, VerdictRow)
        return render_verdicts(verdicts, prompts), manifest_hash(verdicts)
    rows = load_rows(options.data, ReplyRow)
    pairs = settings.method is Method.DPO
    if pairs:
        require_pairs(rows, options.data)
    return render_replies(rows, prompts, settings.persona, pairs=pairs), manifest_hash(rows)
