"""The taking of members' words on replies: kept, told to moderators, and a reward."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from datetime import UTC, datetime
from typing import Final

import structlog

from bot.domain import Moderator, Room, Subject, Turn, TurnState
from bot.domain.feedback import Feedback, FeedbackKind
from bot.errors import FourRoomsError
from bot.rooms.audit import AuditLog
from bot.rooms.evaluation.evaluation_room import scores_of
from bot.rooms.evaluation.rewards import member_reward

log = structlog.get_logger(__name__)

MOST_WORDS: Final = 500
"""Characters of what somebody adds."""
MOST_GIVEN: Final = 10
"""Times that a person may say something of replies within `WITHIN`."""
WITHIN: Final = 600.0
"""Seconds."""
MAX_PEOPLE: Final = 5000


class TooOften(FourRoomsError):
    """A person who says something of replies too often."""


class NotStored(FourRoomsError):
    """A person who chose that nothing of theirs is stored."""


class NoReply(FourRoomsError):
    """A turn that sent no reply."""


class FeedbackEditor:
    """The keeper of what members say of replies: each has one a reply, and the last one counts."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._given: OrderedDict[int, deque[float]] = OrderedDict()
        """By person: when they said something, in monotonic seconds."""

    async def give(
        self, turn: Turn, room: Room, by: Moderator, kind: FeedbackKind, words: str = ""
    ) -> bool:
        """Keep what a person says of a turn's reply; False if they had said just that.

        Raises NoReply, NotStored, TooOften.
        """
        stores = self._audit.stores
        if turn.state is not TurnState.SENT:
            raise NoReply
        if not await stores.privacy_choices.may_store(by.id, room.guild_id):
            raise NotStored
        self._count(by.id)
        given = Feedback(turn.id, by, kind, words.strip()[:MOST_WORDS], datetime.now(UTC))
        evaluations = await stores.evaluations.of_turn(turn.id)
        reward = member_reward(given, scores_of(evaluations, Subject.DRAFT))
        new = await stores.feedback.put(given, reward, room_id=room.id)
        log.info("feedback", turn_id=turn.id, kind=kind.value, words=len(given.words), new=new)
        self._audit.acted_in(room.id)
        return new

    def forget(self, person_id: int) -> None:
        """Forget that a person said anything."""
        self._given.pop(person_id, None)

    def _count(self, person_id: int) -> None:
        now = time.monotonic()
        given = self._given.pop(person_id, None) or deque(maxlen=MOST_GIVEN)
        self._given[person_id] = given
        if len(given) == MOST_GIVEN and now - given[0] < WITHIN:
            raise TooOften
        given.append(now)
        if len(self._given) > MAX_PEOPLE:
            self._given.popitem(last=False)
