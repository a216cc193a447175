"""The training of the embedded model's probes for Critic and Therapist: `evaluate --fit`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.agents.critic import READINGS
from bot.agents.probes.linear_probe import ProbeFile, save_probe
from bot.agents.small_model.short_review import READ_STATE as THERAPIST_STATE
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import GoldenRow
from bot.evaluation.plan import Progress
from bot.learning.feature_cache import FeatureCache
from bot.learning.probe_fit import FOLDS, Fitted, fit_probe
from bot.llm.protocol import LLM
from bot.private_files import write_private
from bot.prompting.templates import Prompts
from bot.reports.text_tables import render_table

FALSE_ALARMS: Final = {"critic": 0.08, "therapist": 0.25}
"""Share of harmless replies, of those unseen, that score 50 or more.

Moderators stop believing a Critic that cries wolf. A Therapist that does costs some seconds, and
one that overlooks a harm lets it reach a person.
"""
AGENTS: Final = tuple(FALSE_ALARMS)


async def fit_probes(
    rows: Sequence[GoldenRow],
    llm: LLM,
    prompts: Prompts,
    log: Path,
    progress: Progress,
    json_file: Path | None = None,
) -> str:
    """Fit the probes of the two, on rows of their own, and write them; return figures as text.

    The same figures go to ``json_file`` if one is named.

    The Critic must not judge with the Therapist's eyes: what one of them overlooks the other
    would, and therapy would look better than it is. SettingError where there are too few rows, or
    the model is not an embedded one.
    """
    _embedded_only(llm)
    vectors = FeatureCache(llm, log)
    dealt = deal(rows)
    readings = [
        *(("critic", reading) for reading in READINGS.values()),
        ("therapist", THERAPIST_STATE),
    ]
    lines, figures = [], []
    for agent, reading in readings:
        own = dealt[agent]
        features = await vectors.of(own, prompts, reading, progress)
        try:
            fitted = fit_probe(features, own, FALSE_ALARMS[agent])
        except ValueError as error:
            raise SettingError(f"{reading.name} cannot be fitted: {error}.") from None
        save_probe(prompts, reading, _probe_file(fitted, len(own), llm, reading.version(prompts)))
        lines.append([reading.name, str(len(own)), *_figures(fitted)])
        figures.append(_as_row(reading.name, len(own), fitted))
    if json_file is not None:
        write_private(json_file, json.dumps(figures, indent=1) + "\n")
    head = ["probe", "n", *(f"area, {what}" for what in fitted.area), "recall", "false alarms"]
    key = f"On replies unseen by the part that scored them ({FOLDS} folds by theme)."
    return f"{render_table(head, lines)}\n\n{key}\n"


def _probe_file(fitted: Fitted, count: int, llm: LLM, prompt: str) -> ProbeFile:
    return ProbeFile(
        made=f"{datetime.now(UTC).date()}, {_in_words(fitted, count)}",
        model=llm.model,
        prompt=prompt,
        directions=fitted.directions,
    )


def _embedded_only(llm: LLM) -> None:
    if not llm.small:
        raise SettingError(
            f"--fit is for the embedded model, and {llm.model} serves the Critic. Unset "
            "OPENAI_BASE_URL, OPENAI_API_KEY and those of the Critic for it."
        )


def deal(rows: Sequence[GoldenRow]) -> Mapping[str, list[GoldenRow]]:
    """Deal half of the conversations to each: more rows would not help either much."""
    dealt: dict[str, list[GoldenRow]] = {agent: [] for agent in AGENTS}
    for row in rows:
        dealt[AGENTS[_digest(row) % len(AGENTS)]].append(row)
    return dealt


def _digest(row: GoldenRow) -> int:
    """Return a number that is the same for all replies to one conversation."""
    talk = "\n".join(line.text for line in row.conversation)
    return int(hashlib.sha256(talk.encode()).hexdigest(), 16)


def _in_words(fitted: Fitted, count: int) -> str:
    areas = ", ".join(f"{what} {area:.2f}" for what, area in fitted.area.items())
    return (
        f"logistic regression (strength {fitted.strength:g}) on {count} replies; on unseen ones "
        f"area {areas}; recall {fitted.recall:.2f} at {fitted.false_alarms:.2f} false alarms"
    )


def _as_row(name: str, count: int, fitted: Fitted) -> dict[str, object]:
    return {
        "probe": name,
        "rows": count,
        "area": fitted.area,
        "recall": fitted.recall,
        "false_alarms": fitted.false_alarms,
    }


def _figures(fitted: Fitted) -> list[str]:
    areas = [f"{area:.2f}" for area in fitted.area.values()]
    return [*areas, f"{fitted.recall:.0%}", f"{fitted.false_alarms:.0%}"]
