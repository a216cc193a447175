"""The Evaluation Room, where the Critic scores what would have been said and what was.

Draft and reply are scored in calls of their own, in random order, and the Critic knows of
neither which it is: asked to compare, a judge finds the improvement it expects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Final

import structlog

from bot.agents.protocols import Critic
from bot.domain import (
    Conversation,
    Deadline,
    Evaluation,
    EvaluationState,
    Room,
    RoomSettings,
    Scores,
    Subject,
    Turn,
    TurnState,
)
from bot.domain.events import Listener, Scored
from bot.domain.ratings import Verdict
from bot.domain.room_settings import CardsWhen
from bot.errors import LLMError
from bot.llm.protocol import CallContext, CallPriority
from bot.reasons import because, internal_error
from bot.rooms.calls import score_alerts
from bot.rooms.evaluation.card_policy import make_posts, show_again
from bot.rooms.evaluation.headline import Findings
from bot.rooms.evaluation.pending import PendingEvaluations
from bot.rooms.evaluation.rewards import critic_reward
from bot.rooms.evaluation.turn_findings import findings_of_turn
from bot.rooms.recent_turns import RecentTurns
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn
from bot.tasks import KeyedTasks
from bot.text.no_answer import is_no_answer

log = structlog.get_logger(__name__)

EVALUATION_SECONDS: Final = 180.0
"""What the scoring of one turn may take; nobody waits for it."""

AfterEvaluation = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TurnEvaluation:
    """The Critic's evaluations of a turn, or the reason why there are none."""

    evaluations: tuple[Evaluation, ...] = ()
    failure: str | None = None
    verdict: Verdict | None = None
    stored: tuple[Evaluation, ...] = ()
    """Those that there were before, from the gate."""

    def scores(self, subject: Subject) -> Scores | None:
        """Return the Critic's scores of that text."""
        return scores_of((*self.evaluations, *self.stored), subject)


@dataclass(frozen=True, slots=True)
class TextEvaluation:
    """The Critic's evaluation of one text, with the verdict where it came in the same answer."""

    evaluation: Evaluation
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class TurnScorer:
    """The Critic over the texts of one turn, as the room has it set."""

    critic: Critic
    settings: RoomSettings
    conversation: Conversation
    ctx: CallContext

    async def score(self, turn: Turn, subject: Subject, text: str) -> TextEvaluation:
        """Score a text on the three scales, and on the server's own. Raises an LLMError."""
        critic = self.critic.as_set(self.settings.critic_repeats, self.settings.critic_method)
        found = await critic.assess(self.conversation, text, self.settings.scales, self.ctx)
        evaluation = Evaluation(
            turn_id=turn.id,
            subject=subject,
            rater="critic",
            scores=found.scores,
            model=critic.model,
            prompt_version=critic.prompt_version,
            at=datetime.now(UTC),
        )
        return TextEvaluation(evaluation, found.verdict)

    async def verdict(self, text: str) -> Verdict | None:
        """Return whether the conversation with that reply is safe, ethical, good, if known."""
        try:
            return await self.critic.verdict(self.conversation, text, self.ctx)
        except LLMError as error:  # the scores are worth having without it
            log.warning("no verdict", detail=error.detail)
            return None


class EvaluationRoom:
    """The scoring of turns that have ended, off the reply's path, with their cards."""

    def __init__(
        self,
        stores: Stores,
        critic: Critic,
        emit: Listener,
        *,
        check: AfterEvaluation,
        order: Random | None = None,
        seeds: Mapping[int, int] | None = None,
        recent: RecentTurns | None = None,
    ) -> None:
        """Look at a room, by its id, with ``check`` after each of its evaluations.

        ``seeds``: by room, for repeatable simulations. ``recent``: turns that need not be read.
        """
        self._stores = stores
        self._critic = critic
        self._emit = emit
        self._order = order or SystemRandom()
        self._seeds = {} if seeds is None else seeds
        self.workers = KeyedTasks[int]("evaluation", self._next, before_retry=stores.try_storing)
        self._check = check
        self._recent = recent or RecentTurns()
        self._pending = PendingEvaluations(stores.turns.next_to_evaluate)

    def look(self, room_id: int, ended: Turn | None = None) -> None:
        """Evaluate what there is in a room: all, or one more turn that has ended just now."""
        self._pending.note(room_id, ended)
        self.workers.wake(room_id)

    async def _next(self, room_id: int) -> bool:
        turn = await self._pending.next(room_id)
        room = await self._stores.rooms.get(room_id)
        if turn is None or room is None:
            return False
        with structlog.contextvars.bound_contextvars(turn_id=turn.id, room_id=room_id):
            try:
                await self._evaluate(turn, room)
            except StaleTurn:  # what it was about is forgotten meanwhile
                log.info("turn not evaluated")
                self._pending.note(room_id)
            except BaseException:
                self._pending.note(room_id)
                raise
            await self._check(room_id)
        return self._pending.may_have(room_id)

    async def _evaluate(self, turn: Turn, room: Room) -> None:
        scored = await self._judge(turn, room.settings)
        state = EvaluationState.FAILED if scored.failure else EvaluationState.SCORED
        before = scored.scores(Subject.DRAFT)
        after = scored.scores(Subject.REPLY) if turn.state is TurnState.SENT else None
        found = await self._findings(turn, room.settings, scored)
        own = posts = make_posts(turn, room.settings, found)
        if turn.retried or turn.approved:  # it may have ended before, as withheld
            posts = await show_again(self._stores, turn, own)
        alerts = score_alerts(room.settings, turn, after)
        done = replace(turn, evaluation=state)
        await self._stores.evaluations.finish(
            done,
            was=turn,
            evaluations=scored.evaluations,
            failure=scored.failure,
            verdict=scored.verdict,
            reward=critic_reward(before, after),
            first=not scored.stored,
            in_digest=not own,
            posts=(*posts, *alerts),
        )
        done = replace(done, version=turn.version + 1)
        if scored.failure is None:
            self._recent.scored(done, scored.evaluations, scored.verdict)
        else:
            self._recent.drop(turn.id)
        log.info("turn evaluated", state=state.value)
        self._emit(Scored(turn.room_id, turn.id))

    async def _findings(
        self, turn: Turn, settings: RoomSettings, scored: TurnEvaluation
    ) -> Findings | None:
        """Return what was found about a turn, where its card hangs on that."""
        if settings.cards not in (CardsWhen.FLAGGED, CardsWhen.ROLLING):
            return None
        known = self._recent.get(turn.id)
        record = known.said if known else await self._stores.card_records.said(turn)
        scores = (scored.scores(Subject.DRAFT), scored.scores(Subject.REPLY))
        return findings_of_turn(turn, settings, record, scores=scores, verdict=scored.verdict)

    async def _judge(self, turn: Turn, settings: RoomSettings) -> TurnEvaluation:
        try:
            ctx = CallContext(
                Deadline.after(EVALUATION_SECONDS),
                turn_id=turn.id,
                room_id=turn.room_id,
                seed=self._seeds.get(turn.room_id),
                people=turn.people,
                priority=CallPriority.SCORING,
            )
            known = self._recent.get(turn.id)
            conversation = (
                known.conversation if known else await self._stores.messages.conversation(turn)
            )
            scorer = TurnScorer(self._critic, settings, conversation, ctx)
            stored = () if known else await self._stores.evaluations.of_turn(turn.id)
            made = await score_turn(turn, scorer, self._order, stored)
            last, scored = _texts(turn).get(Subject.REPLY), replace(made, stored=tuple(stored))
            if last is None or scored.failure or scored.verdict:
                return scored
            return replace(scored, verdict=await scorer.verdict(last))
        except DatabaseUnavailable:  # it is scored as soon as that can be stored
            raise
        except Exception as error:  # a card that says so is better than none
            log.exception("scoring failed")
            return TurnEvaluation(failure=internal_error(error))


async def score_turn(
    turn: Turn, scorer: TurnScorer, order: Random, stored: Sequence[Evaluation] = ()
) -> TurnEvaluation:
    """Score draft and reply. A text that went through unchanged is scored once, for both.

    ``stored`` are evaluations that there are already, from the gate.
    """
    texts = _texts(turn)
    if not texts:
        return TurnEvaluation(failure=because("there was no draft to score"))
    if all(of_subject(stored, subject) for subject in texts):
        return TurnEvaluation()  # it was withheld and scored, and was sent later
    of_reply = of_subject(stored, Subject.REPLY)
    unchanged = len(texts) == 2 and texts[Subject.DRAFT] == texts[Subject.REPLY]
    if unchanged and of_reply is not None:
        return TurnEvaluation((replace(of_reply, subject=Subject.DRAFT),))
    subjects = [subject for subject in texts if of_subject(stored, subject) is None]
    order.shuffle(subjects)
    if unchanged:
        subjects = [Subject.REPLY]
    results = await asyncio.gather(
        *(scorer.score(turn, subject, texts[subject]) for subject in subjects),
        return_exceptions=True,
    )
    evaluations: list[Evaluation] = []
    verdict: Verdict | None = None
    for result in results:
        if isinstance(result, LLMError):
            return TurnEvaluation(failure=result.detail)
        if isinstance(result, BaseException):
            raise result
        one = result.evaluation
        subjects_of = tuple(texts) if unchanged else (one.subject,)
        evaluations.extend(replace(one, subject=subject) for subject in subjects_of)
        if one.subject is Subject.REPLY:
            verdict = result.verdict
    return TurnEvaluation(tuple(sorted(evaluations, key=_draft_first)), verdict=verdict)


def _draft_first(evaluation: Evaluation) -> bool:
    return evaluation.subject is not Subject.DRAFT


def _texts(turn: Turn) -> dict[Subject, str]:
    """Return the texts to score: a model's. A withheld turn has no reply, even if written."""
    sent = turn.state is TurnState.SENT and not is_no_answer(turn.reply)
    texts = {Subject.DRAFT: turn.draft, Subject.REPLY: turn.reply if sent else None}
    return {subject: text for subject, text in texts.items() if text}


def of_subject(evaluations: Sequence[Evaluation], subject: Subject) -> Evaluation | None:
    """Return the Critic's evaluation of that text among a turn's evaluations."""
    own = (one for one in evaluations if one.subject is subject and one.rater == "critic")
    return next(own, None)


def scores_of(evaluations: Sequence[Evaluation], subject: Subject) -> Scores | None:
    """Return the Critic's scores of that text among a turn's evaluations."""
    evaluation = of_subject(evaluations, subject)
    return None if evaluation is None else evaluation.scores
