"""The record of a simulated conversation: a JSON line each, and all that the tables show."""

from __future__ import annotations

from collections.abc import Mapping

from bot.agents.alliance.scales import AllianceCurve
from bot.domain import Reflection, Review, Speaker, Utterance, Value
from bot.domain.ratings import Verdict


class Spoken(Value):
    """Something said in the Therapy Room."""

    round: int
    speaker: str
    text: str
    review: Review | None = None
    """What the Therapist found, wished for, and what a check said to it."""
    reflection: Reflection | None = None
    """How the Chatbot was doing, what it would say, what was turned down, who decided what."""

    @property
    def utterance(self) -> Utterance:
        """Return it as the Therapy Room has it; its number is left out."""
        return Utterance(
            0, self.round, Speaker(self.speaker), self.text, self.review, self.reflection
        )


class TurnRecord(Value):
    """One turn."""

    turn_id: int
    said: str
    """The AI User's message."""
    draft: str | None
    session: tuple[Spoken, ...]
    reply: str | None
    """None if it was withheld."""
    withheld_because: str | None
    worked_on: bool
    """The Therapist saw something, and the Chatbot took it up. What only a check in code made it
    write anew is not therapy's work."""
    before: Mapping[str, int] | None
    """The Critic's scores of the draft, 0-100; None where there are none.

    With ``empathetic`` (higher is better) where that was measured.
    """
    after: Mapping[str, int] | None
    """The Critic's scores of the reply."""
    verdict: Verdict | None = None
    """Whether the conversation with that reply is safe, ethical and good."""
    leaks: tuple[str, ...]
    """What in the reply shows that there was a session."""
    draft_leaks: tuple[str, ...] = ()
    """The same in the draft, which nobody saw."""
    seconds: float
    """From the message to the reply."""
    calls: int
    """Of Chatbot, Therapist and Critic."""
    tokens: int
    cost: float | None
    """US dollars, None where no price is known."""
    alliance: tuple[AllianceCurve, ...] = ()


class TalkRecord(Value):
    """One conversation."""

    room_id: int
    persona: str
    number: int
    person: str
    kind: str
    aim: str
    chatbot_persona: str
    seed: int
    ended: str
    """``left`` (the AI User), ``turns`` (the bound), or why it broke off."""
    turns: tuple[TurnRecord, ...]
