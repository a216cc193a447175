"""How long turns wait for a model that is away, and when an answer is worth nothing any more."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from bot.domain.patience import PatienceTimes
from bot.limit_settings import Count, LimitSettings


class PatienceSettings(LimitSettings):
    """The times, for all rooms of a process; with the limits of a day."""

    model_wait_minutes: int = Field(
        10,
        ge=0,
        description="minutes that a turn waits for a model that does not answer, e.g. 10; "
        "0 for none",
    )
    answer_within_minutes: Count = Field(
        15,
        description="minutes after which a message is not answered any more, e.g. 15; off: never",
    )

    def patience(self) -> PatienceTimes:
        """Return the times as the engine takes them."""
        answer = self.answer_within_minutes
        return PatienceTimes(
            wait=timedelta(minutes=self.model_wait_minutes),
            answer=None if answer is None else timedelta(minutes=answer),
        )
