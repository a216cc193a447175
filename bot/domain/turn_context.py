"""A turn on its way: what its next step needs, what a step makes of it, how long it waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.conversation import Conversation
from bot.domain.crisis import Danger
from bot.domain.events import TurnEvent
from bot.domain.memory import NOTHING_REMEMBERED, RoomMemory
from bot.domain.moderation import CheckIn, CheckInAnswer, Guidance, Moderator
from bot.domain.posts import NewPost
from bot.domain.room_settings import RoomSettings
from bot.domain.scores import Evaluation
from bot.domain.session import TurnedDown, Utterance
from bot.domain.turns import EvaluationState, Turn, TurnState


@dataclass(frozen=True, slots=True)
class TurnContext:
    """A turn in therapy with all that its next step needs."""

    turn: Turn
    settings: RoomSettings
    conversation: Conversation
    session: tuple[Utterance, ...]
    guidance: tuple[Guidance, ...] = ()
    """Words of moderators that are in force."""
    heard: frozenset[int] = frozenset()
    """The ids of those that the Chatbot has worked with in this turn."""
    therapist: Moderator | None = None
    """The person in the Therapist's seat, if there is one."""
    turned_down: tuple[TurnedDown, ...] = ()
    """The texts of this round so far that a check in code did not let out, oldest first."""
    may_refuse: bool = False
    """Whether one of them gave away or did what an answer may well decline."""
    check_in: CheckIn | None = None
    """The check-in of a moderator that waits for the next boundary."""
    memory: RoomMemory = NOTHING_REMEMBERED
    """What the sessions before this turn worked on."""
    help_given: bool = False
    """Whether the person was just given help in a crisis, and nobody else has spoken since."""
    channel: str = ""
    """The Chat Room's name, where it is known: data, as an admin of the server chose it."""

    @property
    def text(self) -> str:
        """Return the text under work."""
        if self.turn.candidate is None:
            raise ValueError(f"turn {self.turn.id} has no draft yet")
        return self.turn.candidate

    @property
    def attended(self) -> bool:
        """Return whether a person is the Therapist of this turn."""
        return self.therapist is not None and not self.turn.unattended

    @property
    def person_id(self) -> int | None:
        """Return the one person whom the turn answers; None where there are several."""
        speakers = {line.speaker for line in self.conversation.asked}
        one = len(self.turn.people) == len(speakers) == 1
        return self.turn.people[0] if one else None

    @property
    def latest_review(self) -> Utterance | None:
        """Return the latest utterance from the Therapist's seat, if there is one."""
        return next((said for said in reversed(self.session) if said.review), None)

    @property
    def therapist_wants_to_see(self) -> bool:
        """Return whether the Therapist wishes to see the change before it goes out."""
        latest = self.latest_review
        return latest is not None and latest.review is not None and latest.review.wants_to_see

    @property
    def words(self) -> tuple[str, ...]:
        """Return the guidance as the agents get it."""
        return tuple(guidance.text for guidance in self.guidance)

    @property
    def private_words(self) -> tuple[str, ...]:
        """Return what moderators and the memory put into prompts, which no reply may recite."""
        asked = (self.check_in.question,) if self.check_in else ()
        return (*self.words, *asked, *self.memory.keep_in_mind)

    @property
    def unheard(self) -> tuple[Guidance, ...]:
        """Return the guidance that this session has yet to take up."""
        return tuple(guidance for guidance in self.guidance if guidance.id not in self.heard)


@dataclass(frozen=True, slots=True)
class Transition:
    """One step taken: the turn after it, what was said, what to post, what to tell."""

    turn: Turn
    utterance: Utterance | None = None
    posts: tuple[NewPost, ...] = ()
    events: tuple[TurnEvent, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    """Scores that were needed on the way."""
    heard: tuple[int, ...] = ()
    """The ids of guidance that took part."""
    answered: CheckInAnswer | None = None
    """The answer to a moderator's check-in."""
    danger: Danger | None = None
    """The danger that was seen on the way: the turn ends with help in place of a reply."""


def is_waiting(turn: Turn, therapist: Moderator | None) -> bool:
    """Return whether there is nothing to do on the turn but wait for a person."""
    if not turn.state.waits or turn.waits_until is None or turn.waits_until <= datetime.now(UTC):
        return False
    return turn.state is TurnState.GATED or therapist is not None


def waiting_deadline(turn: Turn, settings: RoomSettings) -> datetime:
    """Return the end of the time of the person that the turn waits for, if it begins now."""
    gated = turn.state is TurnState.GATED
    minutes = settings.gate_minutes if gated else settings.seat_minutes
    return datetime.now(UTC) + timedelta(minutes=minutes)


def unstored_context(
    conversation: Conversation, settings: RoomSettings, draft: str | None = None, turn_id: int = 0
) -> TurnContext:
    """Return a context without a room or a row: of a warm-up, or of an evaluation's scenario.

    With a ``draft`` it is the Therapist's turn to speak, without one the Chatbot's to write it.
    """
    turn = Turn(
        id=turn_id,
        room_id=0,
        state=TurnState.CLAIMED if draft is None else TurnState.DRAFTED,
        evaluation=EvaluationState.NONE,
        created_at=datetime.now(UTC),
        message_ids=(),
        draft=draft,
        candidate=draft,
    )
    return TurnContext(turn=turn, settings=settings, conversation=conversation, session=())
