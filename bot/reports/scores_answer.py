"""What `/scores` says of the scores of a time: read here, reckoned and drawn in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.day_shares import ScoreSums
from bot.domain.feedback import Feedback
from bot.reports.days import every_day
from bot.storage.stores.stores import Stores
from bot.storage.stores.turn_history import ScoredTurn


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """The scores of a time, and the newest turns of which anybody said something."""

    sums: ScoreSums
    said_of: Sequence[ScoredTurn]
    feedback: Mapping[int, Sequence[Feedback]]


@dataclass(frozen=True, slots=True)
class ScoresAnswer:
    """The texts and the picture of `/scores`."""

    table: str
    agreement: str
    figures: str
    """Those of the agreement, for who knows them; empty where there are too few ratings."""
    members: str
    """Empty where no member said anything."""
    picture: bytes | None


async def read_scores(stores: Stores, room_ids: Sequence[int], since: datetime) -> ScoreRecord:
    """Return what is known of the turns that some rooms began since then."""
    sums = await stores.score_sums.read(room_ids, since)
    said_of = await stores.turn_history.said_of(room_ids, since)
    feedback = await stores.feedback.of_turns([turn.turn_id for turn in said_of])
    return ScoreRecord(sums, said_of, feedback)


def scores_answer(record: ScoreRecord, title: str, *, draw: bool) -> ScoresAnswer:
    """Reckon and draw the answer; ``draw`` is whether matplotlib is there. Takes a second."""
    from bot.reports.score_report import report_on  # noqa: PLC0415 - it brings numpy

    report = report_on(record.sums.scales, record.said_of, record.feedback)
    picture = None
    if draw:
        from bot.reports.charts import draw_days  # noqa: PLC0415 - it brings matplotlib

        picture = draw_days(every_day(record.sums.days), title)
    agreement = report.agreement
    return ScoresAnswer(
        table=report.table(),
        agreement=agreement.sentence,
        figures=agreement.figures,
        members=report.members.sentence,
        picture=picture,
    )
