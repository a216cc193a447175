"""The words of the Therapy Room, and the Chatbot's answers to moderators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from bot.domain.base import ReasonField, Value
from bot.domain.conversation import Line
from bot.domain.findings import FINDING_BY_NAME


class Speaker(StrEnum):
    """A speaker in the Therapy Room; MODERATOR is a person in the Therapist's seat."""

    CHATBOT = "chatbot"
    THERAPIST = "therapist"
    MODERATOR = "moderator"


class HarmFinding(Value):
    """One thing in a text that the Therapist works on: which, and why."""

    harm: str
    """One of `bot.domain.findings.FINDINGS`, or another word of a large model's or an older one."""
    why: str
    quote: str = ""
    """The words of the text that show it, where there are such."""

    @property
    def hurts(self) -> bool:
        """Return whether it would hurt; what is none of the list is taken to."""
        kind = FINDING_BY_NAME.get(self.harm)
        return kind is None or kind.hurts


class Review(Value):
    """The Therapist's part of one round: its view of a text."""

    user_feels: str
    user_needs: str
    harms: tuple[HarmFinding, ...] = ()
    says: str
    something_left: bool
    """Whether there is anything to work on; False means that the text may go out as it is."""
    in_danger: bool = False
    """Whether the person, or somebody they speak of, may be in danger."""
    wants_to_see: bool = False
    """Whether the Therapist wants to see the change before the Chatbot goes back."""
    gives_needs: bool | None = None
    """Whether the text gives the person what they need; None where that was not asked."""
    fit: int | None = Field(default=None, ge=0, le=100)
    """How well the text fits, as a small model's state is read; None where it is not."""
    worded_in_code: bool = False
    """Whether the program put ``says`` into words, from what the model found."""
    objection: ReasonField = ""
    """What a check in code found wrong with a text that the Therapist would let go."""

    @property
    def hurts(self) -> bool:
        """Return whether something was found that would hurt, or is none of the list."""
        return any(found.hurts for found in self.harms)


class ChatbotState(Value):
    """The state of the Chatbot, each figure 0-100 (the paper's Control Room query)."""

    therapy_progression: int = Field(ge=0, le=100)
    confusion: int = Field(ge=0, le=100)
    urgency: int = Field(ge=0, le=100)


class Decision(StrEnum):
    """The Chatbot's own decision at the end of a round."""

    RESPOND = "respond"
    ANOTHER_ROUND = "another_round"


class Decider(StrEnum):
    """Who, or what, decided whether a round follows."""

    CHATBOT = "chatbot"
    THERAPIST = "therapist"  # its wish to see the change, where the Chatbot does not decide
    MODERATOR = "moderator"  # in the Therapist's seat
    BOUND = "bound"  # the room's rounds are used up
    RULE = "rule"  # nobody wished for another round, and the Chatbot does not decide
    CHECK = "check"  # no response passed the check in code


class RoundEnd(Value):
    """The end of a round: whether another one follows, and who decided it."""

    another_round: bool
    by: Decider


class TurnedDown(Value):
    """A text that the check in code turned down, and why: the reasons hold no one's words."""

    text: str
    why: ReasonField


class TryKind(StrEnum):
    """The ways in which a text came about that a response was chosen from."""

    MESSAGE = "message"  # the text under work, as it was
    ADVISED = "advised"  # drawn once more, with what the person needs in mind
    DRAWN = "drawn"  # drawn once more, with nothing in mind
    NO_ANSWER = "no answer"  # a fixed sentence: the Chatbot has no good answer, and says so


class Try(Value):
    """A text that the Chatbot offered in a round, and what the Therapist read of it."""

    kind: TryKind
    text: str
    fit: int | None = Field(default=None, ge=0, le=100)
    """How well it fits, 0-100; None where it was not read."""
    turned_down: ReasonField = ""
    """Why a check in code would not let it out; the reasons hold no one's words."""
    chosen: bool = False
    """Whether it is the one that the Therapist would answer with."""


class Reflection(Value):
    """The Chatbot's part of one round: its answer to a review, with its check-in."""

    reflection: str
    wants_another_round: bool
    state: ChatbotState | None = None
    """None where the model's own figures mean nothing, so that it is not asked for any."""
    response: str
    """The revised response, or the text as it was where the Chatbot keeps it."""
    keeps_message: bool = False
    """Whether the Chatbot keeps its message as it is, against what the Therapist asked for."""
    keeps_why: str = ""
    """Its reason, which the Therapist hears in the next round."""
    feels: str = ""
    """How the session feels to the Chatbot, as the paper's moderator asks."""
    decision: Decision | None = None
    """The Chatbot's decision, within the room's rounds; None where a rule decides for it."""
    why: str = ""
    """Why it decided so."""
    check_in: str = ""
    """Its answer to a moderator's check-in; empty where there was none, or it gave none."""
    keep_in_mind: str = ""
    """What it takes from this for its next messages, to anybody: one line, if there is any."""
    worded_in_code: bool = False
    """Whether the program put ``reflection`` into words, and not the model."""
    turned_down: tuple[TurnedDown, ...] = ()
    """The responses before this one that a check in code did not let out, oldest first."""
    tries: tuple[Try, ...] = ()
    """The texts that were compared, where there was a choice; the response is the chosen one."""
    end: RoundEnd | None = None
    """None in sessions from before it was kept."""

    @property
    def has_no_answer(self) -> bool:
        """Return whether the response says that there is no good one, for want of a fit try."""
        return any(one.chosen and one.kind is TryKind.NO_ANSWER for one in self.tries)


class StateAnswer(Value):
    """The Chatbot's answer to a moderator's query."""

    state: ChatbotState | None = None
    """None where the model's figures would mean nothing."""
    answer: str


class Lessons(Value):
    """The Chatbot's answer to a moderator's call to reflect."""

    learned: str
    without: str = ""
    """What it would have said, inappropriately, without the therapy; empty where not asked."""


@dataclass(frozen=True, slots=True)
class ReplyChange:
    """The draft of one turn and its reply, which therapy changed: from the record."""

    number: int
    """The reply's number in its room."""
    draft: str
    reply: str
    asked: tuple[Line, ...] = ()
    """What the person said that the turn answers."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said in the Therapy Room. ``number`` counts from 1 within its turn.

    A Therapist's utterance carries its ``review``, a Chatbot's its ``reflection``.
    """

    number: int
    round: int
    speaker: Speaker
    text: str
    review: Review | None = None
    reflection: Reflection | None = None

    @property
    def worded_in_code(self) -> bool:
        """Return whether the program put the words together, and not a model."""
        said = self.review or self.reflection
        return said is not None and said.worded_in_code


def findings_of(session: Iterable[Utterance]) -> tuple[str, ...]:
    """Return what was found in a session, each once, in the order of the reviews."""
    reviews = (said.review for said in session if said.review)
    return tuple(dict.fromkeys(found.harm for review in reviews for found in review.harms))
