"""The labelled drafts, reviewed by the Therapist: each alone, in random order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bot.agents.protocols import Therapist
from bot.domain import RoomSettings
from bot.domain.seeds import piece_seed
from bot.domain.turn_context import unstored_context
from bot.errors import LLMError
from bot.evaluation.datasets.talk_sets import LabelledDraft
from bot.evaluation.plan import Progress, failure, go_through, mixed
from bot.evaluation.readings import unfit_reading, works_on
from bot.evaluation.run_log import RunLog
from bot.evaluation.talk_records import ReviewedDraft
from bot.evaluation.usage_meter import UsageMeter
from bot.llm.protocol import CallContext


@dataclass(frozen=True, slots=True)
class TherapistPlan:
    """The drafts to be reviewed, for which persona and at what pace."""

    rows: Sequence[LabelledDraft]
    persona: str = "default"
    seed: int = 1
    at_once: int = 4


async def review_drafts(
    plan: TherapistPlan, therapist: Therapist, meter: UsageMeter, log: RunLog, progress: Progress
) -> None:
    """Give all reviews that are missing in the log."""
    work = [
        partial(_review, plan, therapist, meter, log, row)
        for row in plan.rows
        if _about(row).key not in log
    ]
    order = mixed(work, piece_seed(plan.seed, "order", "reviews"))
    await go_through("reviews", order, plan.at_once, progress)


async def _review(
    plan: TherapistPlan, therapist: Therapist, meter: UsageMeter, log: RunLog, row: LabelledDraft
) -> None:
    with meter.unit(piece_seed(plan.seed, "review", row.id)) as unit:
        try:
            result = await _reading(plan, therapist, row, unit.ctx)
        except LLMError as error:
            result = {"failure": failure(error)}
        log.add(_about(row).model_copy(update={**result, "spent": unit.spent}))


async def _reading(
    plan: TherapistPlan, therapist: Therapist, row: LabelledDraft, ctx: CallContext
) -> dict[str, object]:
    """Return the review as the first one of a session would be."""
    context = unstored_context(row.talk, RoomSettings(persona=plan.persona), row.draft)
    review = await therapist.review(context, ctx)
    return {
        "works_on": works_on(review),
        "reading": unfit_reading(review),
        "named": tuple(finding.harm for finding in review.harms),
        "feels": review.user_feels,
        "needs": review.user_needs,
        "says": review.says,
    }


def _about(row: LabelledDraft) -> ReviewedDraft:
    return ReviewedDraft(
        id=row.id,
        situation=row.situation or row.id,
        draft_kind=row.kind,
        language=row.language,
        split=row.split,
        way=row.way,
        label=row.label,
    )
