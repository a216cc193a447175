"""Two readings of the Therapist on labelled drafts: the fitted state, and the verdict in a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from bot.agents.probes.fit_reader import FIT, READ_FIT, FitReader
from bot.agents.questions import log_odds
from bot.domain import Agent
from bot.errors import SettingError
from bot.evaluation.datasets.talk_sets import LabelledDraft
from bot.evaluation.plan import Progress
from bot.learning.feature_cache import FeatureCache
from bot.learning.own_talk.fit import FALSE_ALARMS, figures_of
from bot.learning.own_talk.fit_command import COLUMNS, shown
from bot.learning.probe_fit import Array
from bot.learning.tuning.examples import FIT as FIT_WORD
from bot.learning.tuning.examples import NOT_FIT
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts
from bot.reports.text_tables import render_table

VERDICT: Final = "therapist/verdict"
"""The prompt whose answer begins with a verdict; the Therapist's adapters are made for it."""


@dataclass(frozen=True, slots=True)
class VerdictWord:
    """The log-odds of "fit" against "not" as the first word, within ±6.

    A `FeatureExtractor` of one number; ``adapter`` tells apart what is read of which model.
    """

    adapter: str

    @property
    def name(self) -> str:
        """See `FeatureExtractor`."""
        return f"{VERDICT} {self.adapter}"

    def version(self, prompts: Prompts) -> str:
        """Return the prompt's version."""
        return prompts.version(VERDICT)

    def require(self, prompts: Prompts) -> None:
        """Check the prompt; SettingError if it is broken."""
        prompts.require(VERDICT, {"conversation", "text"})

    async def read(
        self, llm: LLM, prompts: Prompts, ctx: CallContext, **seen: object
    ) -> list[float]:
        """Ask for the verdict. LLMError if the model does not answer."""
        prompt = prompts.render(VERDICT, **seen)
        likely = await llm.probabilities(prompt, (FIT_WORD, NOT_FIT), ctx)
        return [log_odds(likely[FIT_WORD], likely[NOT_FIT])]


async def compare_readings(
    rows: Sequence[LabelledDraft], llm: LLM, adapter: str, prompts: Prompts, log: Path,
    progress: Progress,
) -> str:  # fmt: skip
    """Return the figures of both readings on the same drafts as text.

    Recall is told where a quarter of these fit drafts read lower, for either alike. What was read
    is kept in ``log``. SettingError where the Therapist's state has no weights for this model, or
    where no draft, or every one, is fit to send; LLMError if the model fails.
    """
    sent = np.array([row.send for row in rows])
    if not 0 < sent.sum() < len(sent):
        raise SettingError("Drafts that are fit to send, and some that are not, are needed.")
    reader = FitReader.of(llm, prompts, Agent.THERAPIST)
    if reader is None:
        raise SettingError(f"Nothing was fitted for the state of {llm.model}.")
    kept = FeatureCache(llm, log)
    word = VerdictWord(adapter)
    verdicts = await kept.of(rows, prompts, word, progress)
    states = await kept.of(rows, prompts, READ_FIT, progress)
    odds = np.array([reader.probe.odds(state.tolist())[FIT] for state in states])
    found = {word.name: verdicts[:, 0], READ_FIT.name: odds}
    lines = [[name, str(len(rows)), *_figures(read, rows, sent)] for name, read in found.items()]
    return f"{render_table(['reading', 'n', *COLUMNS], lines)}\n"


def some_situations(rows: Sequence[LabelledDraft], most: int, seed: int) -> list[LabelledDraft]:
    """Return the drafts of so many situations, drawn at random."""
    situations = sorted({row.situation for row in rows})
    drawn = set(Random(seed).sample(situations, min(most, len(situations))))  # noqa: S311
    return [row for row in rows if row.situation in drawn]


def _figures(odds: Array, rows: Sequence[LabelledDraft], sent: Array) -> list[str]:
    level = float(np.quantile(odds[sent.astype(bool)], FALSE_ALARMS))
    return shown(figures_of(odds - level, rows))
