"""The words of the project as types. No I/O, no Discord, no database.

A *turn* is one answer of the Chatbot: the messages it answers, the draft, the session with the
Therapist (one or more rounds), the reply, and the scores of draft and reply.
"""

from __future__ import annotations

from bot.domain.base import Deadline, Value
from bot.domain.conversation import Conversation, Line, Persona, UserMessage
from bot.domain.harms import HARMS
from bot.domain.moderation import Act, Guidance, Moderator, NewAct
from bot.domain.posts import NewPost, Post, PostKind, PostTo
from bot.domain.room_settings import MAX_ROUNDS, ReplyWhen, RoomSettings
from bot.domain.rooms import Room
from bot.domain.scores import Evaluation, Scores, Subject
from bot.domain.session import (
    ChatbotState,
    Decider,
    Decision,
    HarmFinding,
    Lessons,
    Reflection,
    ReplyChange,
    Review,
    RoundEnd,
    Speaker,
    StateAnswer,
    TurnedDown,
    Utterance,
)
from bot.domain.turns import Agent, EvaluationState, Turn, TurnState

__all__ = [
    "HARMS",
    "MAX_ROUNDS",
    "Act",
    "Agent",
    "ChatbotState",
    "Conversation",
    "Deadline",
    "Decider",
    "Decision",
    "Evaluation",
    "EvaluationState",
    "Guidance",
    "HarmFinding",
    "Lessons",
    "Line",
    "Moderator",
    "NewAct",
    "NewPost",
    "Persona",
    "Post",
    "PostKind",
    "PostTo",
    "Reflection",
    "ReplyChange",
    "ReplyWhen",
    "Review",
    "Room",
    "RoomSettings",
    "RoundEnd",
    "Scores",
    "Speaker",
    "StateAnswer",
    "Subject",
    "Turn",
    "TurnState",
    "TurnedDown",
    "UserMessage",
    "Utterance",
    "Value",
]
