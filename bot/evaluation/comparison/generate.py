"""The texts of a run: a draft per scenario and repeat, and what each condition makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.domain.turn_context import unstored_context
from bot.errors import LLMError
from bot.evaluation.comparison.conditions import WITH_MEMORY, Condition, ConditionInput
from bot.evaluation.comparison.participants import Participants
from bot.evaluation.comparison.remembered import like_situation
from bot.evaluation.datasets.datasets import Scenario
from bot.evaluation.plan import EvaluationPlan, Progress, failure, go_through
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import DraftedText, RepliedText


async def make_texts(
    bench: Participants, plan: EvaluationPlan, log: RunLog, progress: Progress
) -> None:
    """Make all that is missing in the log. All conditions get the same draft."""
    drafts = [
        partial(_draft, bench, plan, log, scene, repeat)
        for scene in plan.scenarios
        for repeat in range(plan.repeats)
        if DraftedText(scenario=scene.id, repeat=repeat).key not in log
    ]
    await go_through("drafts", drafts, plan.at_once, progress)
    made = {(draft.scenario, draft.repeat): draft for draft in log.of(DraftedText) if draft.text}
    replies = [
        partial(_reply, bench, plan, log, draft, like, condition)
        for draft in made.values()
        for like in [_like(plan, made, draft)]
        for condition in bench.conditions
        if _about(draft, condition).key not in log
        and (like is not None or condition.name != WITH_MEMORY)
    ]
    order = plan.shuffled(replies, "replies")
    await go_through("replies", order, plan.at_once, progress)


async def _draft(
    bench: Participants, plan: EvaluationPlan, log: RunLog, scene: Scenario, repeat: int
) -> None:
    about = DraftedText(scenario=scene.id, repeat=repeat)
    if scene.draft is not None:
        log.add(about.model_copy(update={"text": scene.draft, "written": True}))
        return
    with bench.meter.unit(plan.seed_of("draft", scene.id, repeat)) as unit:
        try:
            context = unstored_context(scene.conversation, plan.settings(scene))
            text = await bench.chatbot.draft(context, unit.ctx)
            made: dict[str, object] = {"text": text}
        except LLMError as error:
            made = {"failure": failure(error)}
        log.add(about.model_copy(update={**made, "spent": unit.spent}))


async def _reply(
    bench: Participants,
    plan: EvaluationPlan,
    log: RunLog,
    draft: DraftedText,
    like: ConditionInput | None,
    condition: Condition,
) -> None:
    scene = plan.by_id[draft.scenario]
    case = _input(plan, draft, like)
    seed = plan.seed_of("reply", scene.id, draft.repeat, condition.name)
    with bench.meter.unit(seed) as unit:
        try:
            outcome = await condition.reply(case, unit.ctx)
            made: dict[str, object] = {
                "text": outcome.text,
                "withheld": outcome.withheld,
                "rounds": outcome.rounds,
            }
        except LLMError as error:
            made = {"failure": failure(error)}
        log.add(_about(draft, condition).model_copy(update={**made, "spent": unit.spent}))


def _input(
    plan: EvaluationPlan, draft: DraftedText, like: ConditionInput | None = None
) -> ConditionInput:
    scene = plan.by_id[draft.scenario]
    return ConditionInput(scene.conversation, plan.settings(scene), draft.text, like)


def _like(
    plan: EvaluationPlan, made: Mapping[tuple[str, int], DraftedText], draft: DraftedText
) -> ConditionInput | None:
    """Return a like situation with its draft of the same repeat, if there is one."""
    other = like_situation(plan.by_id[draft.scenario], plan.scenarios)
    drafted = made.get((other.id, draft.repeat)) if other else None
    return _input(plan, drafted) if drafted else None


def _about(draft: DraftedText, condition: Condition) -> RepliedText:
    return RepliedText(scenario=draft.scenario, repeat=draft.repeat, condition=condition.name)
