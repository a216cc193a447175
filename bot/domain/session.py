"""The words of the Therapy Room, and the Chatbot's answers to moderators."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from bot.domain.base import Value


class Speaker(StrEnum):
    """A speaker in the Therapy Room; MODERATOR is a person in the Therapist's seat."""

    CHATBOT = "chatbot"
    THERAPIST = "therapist"
    MODERATOR = "moderator"


class HarmFinding(Value):
    """One way in which a text would hurt the user: which harm, and why."""

    harm: str
    why: str


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


class ChatbotState(Value):
    """The state of the Chatbot, each figure 0-100 (the paper's Control Room query)."""

    therapy_progression: int = Field(ge=0, le=100)
    confusion: int = Field(ge=0, le=100)
    urgency: int = Field(ge=0, le=100)


class Reflection(Value):
    """The Chatbot's part of one round: its answer to a review."""

    reflection: str
    wants_another_round: bool
    state: ChatbotState
    response: str
    """The revised response."""


class TurnedDown(Value):
    """A text that the check in code turned down, and why: the reasons hold no one's words."""

    text: str
    why: str


class StateAnswer(Value):
    """The Chatbot's answer to a moderator's query."""

    state: ChatbotState
    answer: str


class Lessons(Value):
    """The Chatbot's answer to a moderator's call to reflect."""

    learned: str


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
