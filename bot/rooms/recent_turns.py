"""The turns that this process has just taken, so that who shows and scores them need not read.

Only those that went straight through: from their claim on in one go, with no person, guidance,
check-in, gate or second try on the way. All that is on record of such a turn is known here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

from bot.domain import Conversation, Evaluation, EvaluationState, Turn, TurnState, Utterance
from bot.domain.events import Event, TurnHelped
from bot.domain.ratings import Verdict
from bot.domain.turn_context import Transition, TurnContext
from bot.storage.stores.card_records import SaidRecord, ScoredRecord

KNOWN_SECONDS: Final = 60.0
"""After its latest step: by then its posts are out, and other processes may have changed it."""
MOST: Final = 512
"""Turns known at once, of a few kilobytes each: 256 busy rooms have more than 128 under way."""


@dataclass(frozen=True, slots=True)
class RecentTurn:
    """A turn as it is stored, what it answers, what was said in its session, how it was scored."""

    turn: Turn
    conversation: Conversation
    session: tuple[Utterance, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    verdict: Verdict | None = None

    @property
    def said(self) -> SaidRecord:
        """Return what is on record of what was said: no guidance took part, and nobody held it."""
        return SaidRecord(self.conversation, self.session)

    @property
    def scored(self) -> ScoredRecord | None:
        """Return how it was scored, if it is."""
        if self.turn.evaluation is not EvaluationState.SCORED:
            return None
        return ScoredRecord(list(self.evaluations), None, self.verdict)


class RecentTurns:
    """The latest such turns, by id; none of people's words outlives their being forgotten."""

    def __init__(self) -> None:
        self._turns: dict[int, tuple[float, RecentTurn]] = {}

    def begin(self, context: TurnContext, *, is_new: bool) -> None:
        """Know a turn that was claimed just now; one that is further on has more on record.

        So may one that is not ``is_new``: calls of an earlier try, or of a process that is gone.
        """
        self.drop(context.turn.id)
        if is_new and context.turn.version == 0 and context.turn.state is TurnState.CLAIMED:
            self._keep(RecentTurn(context.turn, context.conversation))

    def go_on(self, context: TurnContext, step: Transition | None = None) -> None:
        """Know what a step has made of a turn; no more, where that is not all that there is."""
        known = self.get(context.turn.id)
        if known is None:
            return
        if step is not None and _is_special(step):
            self.drop(context.turn.id)
            return
        self._keep(replace(known, turn=context.turn, session=context.session))

    def hear(self, event: Event) -> None:
        """Know nothing more of a turn that ended from outside, as a person in danger got help."""
        if isinstance(event, TurnHelped):
            self.drop(event.turn_id)

    def scored(
        self, turn: Turn, evaluations: tuple[Evaluation, ...], verdict: Verdict | None
    ) -> None:
        """Know how a turn was scored."""
        if (known := self.get(turn.id)) is not None:
            self._keep(replace(known, turn=turn, evaluations=evaluations, verdict=verdict))

    def get(self, turn_id: int | None) -> RecentTurn | None:
        """Return what is known of a turn; None where it has to be read."""
        until, known = self._turns.get(turn_id or 0, (0.0, None))
        return known if time.monotonic() < until else None

    def to_score(self, turn_id: int) -> Turn | None:
        """Return a turn that has ended and waits to be scored; None where it has to be read."""
        known = self.get(turn_id)
        pending = known is not None and known.turn.evaluation is EvaluationState.PENDING
        return known.turn if known and pending else None

    def drop(self, turn_id: int) -> None:
        """Know nothing of a turn any more: all is shown, or somebody has changed it."""
        self._turns.pop(turn_id, None)

    def forget_words(self) -> None:
        """Know nothing of any turn: somebody's words were forgotten."""
        self._turns.clear()

    def _keep(self, known: RecentTurn) -> None:
        self._turns.pop(known.turn.id, None)
        if len(self._turns) >= MOST:
            del self._turns[next(iter(self._turns))]
        self._turns[known.turn.id] = (time.monotonic() + KNOWN_SECONDS, known)


def _is_special(step: Transition) -> bool:
    """Return whether more was stored with a step than what was said and the turn itself."""
    more = step.evaluations or step.heard or step.answered or step.danger
    return bool(more) or step.turn.state.waits
