"""Marks for the texts of a run: Critics and judge, blind and in random order.

No text is marked before all are made, so that their order can be mixed. A text that is there
twice in a scenario is marked once: two conditions that give the same text get the same marks,
and only the sham ``draft, scored again`` shows how much a Critic differs from itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

from bot.errors import LLMError
from bot.evaluation.comparison.participants import Participants
from bot.evaluation.comparison.sham import reworded
from bot.evaluation.datasets.datasets import Scenario
from bot.evaluation.plan import EvaluationPlan, Progress, failure, go_through
from bot.evaluation.readings import scale_values
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import (
    DRAFT,
    DRAFT_AGAIN,
    DRAFT_REWORDED,
    DraftedText,
    JudgedText,
    RepliedText,
    ScoredText,
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a text that waits for its marks."""

    scene: Scenario
    repeat: int
    name: str
    text: str

    def scored(self, critic: str) -> ScoredText:
        """Return the record of its scores, yet without them."""
        about = {"scenario": self.scene.id, "repeat": self.repeat, "version": self.name}
        return ScoredText.model_validate({**about, "critic": critic})

    @property
    def judged(self) -> JudgedText:
        """Return the record of its judgement, yet without it."""
        return JudgedText(scenario=self.scene.id, repeat=self.repeat, version=self.name)


async def mark_texts(
    bench: Participants, plan: EvaluationPlan, log: RunLog, progress: Progress
) -> None:
    """Give all marks that are missing in the log."""
    for critic in bench.critics:
        scores = [
            partial(_score, bench, plan, log, group, critic)
            for group in _alike(_versions(plan, log, shams=True))
            if any(version.scored(critic).key not in log for version in group)
        ]
        order = plan.shuffled(scores, f"scores by {critic}")
        await go_through(f"scores by {critic}", order, plan.at_once, progress)
    judgements = [
        partial(_judge, bench, plan, log, group)
        for group in _alike(_versions(plan, log, shams=False))
        if any(version.judged.key not in log for version in group)
    ]
    order = plan.shuffled(judgements, "judgements")
    await go_through("judgements", order, plan.at_once, progress)


async def _score(
    bench: Participants, plan: EvaluationPlan, log: RunLog, group: Sequence[Version], critic: str
) -> None:
    scene, text = group[0].scene, group[0].text
    seed = plan.seed_of("score", scene.id, text, group[0].name == DRAFT_AGAIN)
    with bench.meter.unit(seed) as unit:
        try:
            scores = await bench.critics[critic].score(scene.conversation, text, unit.ctx)
            result: dict[str, object] = {"values": scale_values(scores)}
        except LLMError as error:
            result = {"failure": failure(error)}
    for version in group:
        log.add(version.scored(critic).model_copy(update=result))


async def _judge(
    bench: Participants, plan: EvaluationPlan, log: RunLog, group: Sequence[Version]
) -> None:
    scene, text = group[0].scene, group[0].text
    with bench.meter.unit(plan.seed_of("judge", scene.id, text)) as unit:
        try:
            judged = await bench.judge.judge(scene.conversation, text, scene.facts, unit.ctx)
            result: dict[str, object] = asdict(judged)
        except LLMError as error:
            result = {"failure": failure(error)}
    for version in group:
        log.add(version.judged.model_copy(update=result))


def _versions(plan: EvaluationPlan, log: RunLog, *, shams: bool) -> list[Version]:
    versions: list[Version] = []
    for draft in log.of(DraftedText):
        if not draft.text:
            continue
        scene = plan.by_id[draft.scenario]
        versions.append(Version(scene, draft.repeat, DRAFT, draft.text))
        if shams:
            versions.append(Version(scene, draft.repeat, DRAFT_AGAIN, draft.text))
            versions.append(Version(scene, draft.repeat, DRAFT_REWORDED, reworded(draft.text)))
    for reply in log.of(RepliedText):
        if reply.text:
            scene = plan.by_id[reply.scenario]
            versions.append(Version(scene, reply.repeat, reply.condition, reply.text))
    return versions


def _alike(versions: Sequence[Version]) -> list[list[Version]]:
    """Group versions by what is to be marked once; the first of a group stands for it."""
    groups: dict[tuple[str, str, bool], list[Version]] = {}
    for version in versions:
        again = version.name == DRAFT_AGAIN
        groups.setdefault((version.scene.id, version.text, again), []).append(version)
    return list(groups.values())
