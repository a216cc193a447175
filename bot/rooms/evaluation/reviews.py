"""The review queue: turns that need a look, and who takes them."""

from __future__ import annotations

from bot.domain import Act, Moderator
from bot.domain.moderation import ActDetails
from bot.domain.moderation_acts import FinishReviewDetails, HandReviewDetails, TakeReviewDetails
from bot.rooms.audit import AuditLog, new_act


class ReviewQueue:
    """The keeper of reviews. Each step is on the record; only handing over is posted."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def take(self, turn_id: int, by: Moderator) -> Act:
        """Have somebody look at a turn, also in place of a colleague. Raises NoSuchTurn."""
        return await self._put(turn_id, by, by, TakeReviewDetails())

    async def hand(self, turn_id: int, by: Moderator, to: Moderator) -> Act:
        """Give a turn to a colleague to look at. Raises NoSuchTurn."""
        return await self._put(turn_id, by, to, HandReviewDetails(to.name), shown=True)

    async def finish(self, turn_id: int, by: Moderator) -> Act:
        """Be done with a turn. Raises NoSuchTurn."""
        return await self._put(turn_id, by, by, FinishReviewDetails(), done=True)

    async def _put(
        self,
        turn_id: int,
        by: Moderator,
        who: Moderator,
        details: ActDetails,
        *,
        shown: bool = False,
        done: bool = False,
    ) -> Act:
        turn, room = await self._audit.turn(turn_id)
        new = new_act(room, by, details, turn_id=turn.id, shown=shown)
        act = await self._audit.stores.reviews.put(turn.id, who, new, done=done)
        self._audit.acted(new)
        return act
