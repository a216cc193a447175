"""People's ratings of the Critic's scores of a reply, and of the reply itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bot.domain import HARMS, Act, Moderator, Scores, Subject, TurnState
from bot.domain.act_details import DeleteReplyDetails, RateDetails
from bot.domain.ratings import Rating, RatingKind
from bot.errors import FourRoomsError, WrongInput
from bot.rooms.audit import AuditLog, new_act
from bot.rooms.evaluation.evaluation_room import scores_of
from bot.rooms.evaluation.rewards import deleted_reward, person_reward
from bot.storage.stores.privacy.removals import PostPlace, removal

MOST_WORDS: Final = 1000
"""Characters of a why."""
WITHDRAWN: Final = "withdrawn"
"""Stands in the record where a rating would."""


class WrongRating(WrongInput):
    """A rescore whose numbers are missing, or not 0-100."""

    public = (
        "A score of your own takes at least one whole number from 0 to 100; where the Critic gave "
        "none, one for each scale."
    )


class NothingToRate(FourRoomsError):
    """A turn without a reply, or without scores of the Critic."""

    public = "There is nothing to agree or disagree with: that reply has no scores."


class NothingToWithdraw(FourRoomsError):
    """A turn that the person has not rated."""

    public = "You have not rated that reply."


class NothingToDelete(FourRoomsError):
    """A turn that sent no reply, or whose reply is deleted already."""

    public = "That reply is not in the Chat Room (any more)."


class RatingEditor:
    """The keeper of people's ratings: each person has one a turn, and the last one counts."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def rate(
        self,
        turn_id: int,
        by: Moderator,
        kind: RatingKind,
        *,
        values: Mapping[str, int] | None = None,
        why: str = "",
    ) -> Rating:
        """Keep a person's rating of a turn's reply, in place of their earlier one.

        ``values`` come with a rescore: scale to 0-100; what is left out keeps the Critic's.
        Raises NoSuchTurn, WrongRating, NothingToRate.
        """
        turn, room = await self._audit.turn(turn_id)
        before, after = await self._scores(turn_id)
        own = _completed(values, after) if kind is RatingKind.RESCORE else None
        if turn.state is not TurnState.SENT or (after is None and own is None):
            raise NothingToRate
        rating = Rating(turn_id, by, kind, own, why.strip()[:MOST_WORDS], datetime.now(UTC))
        details = RateDetails(kind.value, own)
        act = new_act(room, by, details, rating.why, turn_id=turn_id, shown=False)
        reward = person_reward(rating, before, after)
        await self._audit.stores.evaluations.rate(rating, reward, act)
        self._audit.acted(act)
        return rating

    async def withdraw(self, turn_id: int, by: Moderator) -> None:
        """Take a person's rating back, on the record. Raises NoSuchTurn, NothingToWithdraw."""
        _, room = await self._audit.turn(turn_id)
        act = new_act(room, by, RateDetails(WITHDRAWN), turn_id=turn_id, shown=False)
        if not await self._audit.stores.evaluations.withdraw(turn_id, by.id, act):
            raise NothingToWithdraw
        self._audit.acted(act)

    async def delete_reply(self, turn_id: int, by: Moderator, reason: str = "") -> Act:
        """Take a reply out of the conversation and put that on the record.

        Its messages are taken away by the outbox, where nobody deletes them before. Raises
        NoSuchTurn, NothingToDelete.
        """
        turn, room = await self._audit.turn(turn_id)
        if turn.state is not TurnState.SENT:
            raise NothingToDelete
        details = DeleteReplyDetails(turn.reply_message_ids)
        new = new_act(room, by, details, reason, turn_id=turn_id)
        gone = [removal(room.id, one, PostPlace(room.id)) for one in turn.reply_message_ids]
        act = await self._audit.stores.turns.delete_reply(turn_id, new, gone)
        if act is None:
            raise NothingToDelete
        await self._audit.stores.evaluations.reward(turn_id, deleted_reward(reason))
        self._audit.acted(new)
        return act

    async def _scores(self, turn_id: int) -> tuple[Scores | None, Scores | None]:
        evaluations = await self._audit.stores.evaluations.of_turn(turn_id)
        return scores_of(evaluations, Subject.DRAFT), scores_of(evaluations, Subject.REPLY)


def _completed(values: Mapping[str, int] | None, critic: Scores | None) -> dict[str, int]:
    """Return a person's scores; a scale that they left out keeps the Critic's. Raises WrongRating.

    Without a single number there is nothing of theirs to keep.
    """
    known = {harm: critic.values[harm] for harm in HARMS} if critic and values else {}
    scores = {**known, **(values or {})}
    if not set(HARMS) <= set(scores) or not all(0 <= value <= 100 for value in scores.values()):
        raise WrongRating
    return scores
