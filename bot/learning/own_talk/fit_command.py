"""The command that fits the reading of how well a reply fits: ``own_talk fit ROWS STATES``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.agents.probes.fit_reader import FIT, READ_FIT, fit_file
from bot.agents.probes.linear_probe import ProbeFile, save_probe
from bot.domain import Agent
from bot.errors import SettingError
from bot.evaluation.datasets.talk_sets import LabelledDraft
from bot.evaluation.plan import Progress
from bot.learning.feature_cache import FeatureCache
from bot.learning.own_talk.fit import FitFigures, FittedReading, fit_reading
from bot.learning.probe_fit import FOLDS
from bot.llm.protocol import LLM
from bot.prompting.templates import Prompts
from bot.reports.text_tables import render_table

SPLITS: Final[Mapping[Agent, str]] = {Agent.THERAPIST: "train", Agent.CRITIC: "validation"}
"""The situations that each is fitted on; the test third is for neither."""


async def fit_readers(
    rows: Sequence[LabelledDraft], llm: LLM, prompts: Prompts, log: Path, progress: Progress
) -> str:
    """Fit and write the weights of both agents; return the figures as text.

    What was read of the model is kept in ``log``. SettingError where the model is no embedded one,
    or there are too few rows; LLMError if the model fails.
    """
    if not llm.small:
        raise SettingError(f"A reading is fitted for the embedded model, and not for {llm.model}.")
    states = FeatureCache(llm, log)
    lines = []
    for agent, split in SPLITS.items():
        own = [row for row in rows if row.split == split]
        seen = await states.of(own, prompts, READ_FIT, progress)
        try:
            fitted = fit_reading(seen, own)
        except ValueError as error:
            raise SettingError(f"{agent.value}/fit cannot be fitted: {error}.") from None
        probe = _probe_file(fitted, len(own), llm.model, prompts)
        save_probe(prompts, READ_FIT, probe, path=fit_file(prompts, agent))
        lines.append([f"{agent.value}/fit", str(len(own)), *shown(fitted.figures)])
    head = ["reading", "n", *COLUMNS]
    return f"{render_table(head, lines)}\n\nOn situations unseen by the part that read them.\n"


COLUMNS: Final = ("area", "inside a kind", "right order", "recall", "false alarms")


def shown(figures: FitFigures) -> list[str]:
    """Return the figures as cells of a table with `COLUMNS`."""
    areas = (figures.area, figures.inside, figures.order)
    return [
        *("-" if area is None else f"{area:.2f}" for area in areas),
        f"{figures.recall:.0%}",
        f"{figures.false_alarms:.0%}",
    ]


def _probe_file(fitted: FittedReading, count: int, model: str, prompts: Prompts) -> ProbeFile:
    area, inside, order, *_ = shown(fitted.figures)
    made = (
        f"{datetime.now(UTC).date()}, logistic regression (strength {fitted.strength:g}) on "
        f"{count} labelled drafts of the model itself; on unseen situations ({FOLDS} folds) area "
        f"{area}, inside a kind of message {inside}, right order of two drafts {order}"
    )
    return ProbeFile(
        made=made,
        model=model,
        prompt=READ_FIT.version(prompts),
        directions={FIT: fitted.direction},
    )
