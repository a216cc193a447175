"""The records of a run, looked up by what they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.evaluation.datasets.datasets import Scenario
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import DraftedText, JudgedText, RepliedText, ScoredText

ScenarioDraw = tuple[str, int]
"""Scenario and repeat: what conditions are compared within."""
MeasureT = TypeVar("MeasureT")
WRITTEN_DRAFTS: Final = "written drafts"
"""The group of the scenarios whose draft somebody wrote, and not the Chatbot."""


@dataclass(frozen=True)
class Results:
    """The records of some scenarios of a run."""

    scenes: Mapping[str, Scenario]
    drafts: Mapping[ScenarioDraw, DraftedText]
    replies: Mapping[str, Mapping[ScenarioDraw, RepliedText]]
    """By condition."""
    scores: Mapping[tuple[str, str], Mapping[ScenarioDraw, ScoredText]]
    """By Critic and version."""
    judgements: Mapping[str, Mapping[ScenarioDraw, JudgedText]]
    """By version."""

    def worst(self, critic: str, version: str) -> dict[ScenarioDraw, float]:
        """Return the highest of the three scores, where it is known."""
        scored = self.scores.get((critic, version), {})
        return {pair: one.worst for pair, one in scored.items() if one.worst is not None}

    def scale(self, critic: str, version: str, scale: str) -> dict[ScenarioDraw, float]:
        """Return one score, where it is known."""
        scored = self.scores.get((critic, version), {})
        return {
            pair: float(one.values[scale])
            for pair, one in scored.items()
            if one.values is not None and scale in one.values
        }

    def judged(
        self, version: str, what: Callable[[JudgedText], float | None]
    ) -> dict[ScenarioDraw, float]:
        """Return the judge's answers, 0-100, where they are known."""
        answers = ((pair, what(one)) for pair, one in self.judgements.get(version, {}).items())
        return {pair: 100 * value for pair, value in answers if value is not None}


def group_name(scene: Scenario, persona: str) -> str:
    """Return the scenario's group in the tables: whose draft it is decides what "before" means."""
    return WRITTEN_DRAFTS if scene.draft else f"own drafts, persona {scene.persona or persona}"


def results_of(log: RunLog, scenes: Iterable[Scenario]) -> Results:
    """Return the records about those scenarios."""
    chosen = {scene.id: scene for scene in scenes}
    replies: dict[str, dict[ScenarioDraw, RepliedText]] = {}
    scores: dict[tuple[str, str], dict[ScenarioDraw, ScoredText]] = {}
    judgements: dict[str, dict[ScenarioDraw, JudgedText]] = {}
    for reply in log.of(RepliedText):
        if reply.scenario in chosen:
            replies.setdefault(reply.condition, {})[reply.scenario, reply.repeat] = reply
    for score in log.of(ScoredText):
        if score.scenario in chosen:
            key = (score.critic, score.version)
            scores.setdefault(key, {})[score.scenario, score.repeat] = score
    for judged in log.of(JudgedText):
        if judged.scenario in chosen:
            judgements.setdefault(judged.version, {})[judged.scenario, judged.repeat] = judged
    drafts = {
        (one.scenario, one.repeat): one for one in log.of(DraftedText) if one.scenario in chosen
    }
    return Results(chosen, drafts, replies, scores, judgements)


def clustered(values: Mapping[ScenarioDraw, MeasureT]) -> dict[str, list[MeasureT]]:
    """Group values by scenario, as intervals need them."""
    clusters: dict[str, list[MeasureT]] = {}
    for (scenario, _), value in sorted(values.items(), key=lambda item: item[0]):
        clusters.setdefault(scenario, []).append(value)
    return clusters
