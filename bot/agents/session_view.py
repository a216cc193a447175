"""A session as its agents are told of it besides what was said: rounds, wishes, who objected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain import ChatbotState, Reflection, Speaker, TurnState, Utterance
from bot.domain.turn_context import TurnContext

_OUTCOMES: Final[Mapping[TurnState, str]] = {
    TurnState.CLAIMED: "You have yet to write a draft.",
    TurnState.DRAFTED: "Your message waits for the Therapist.",
    TurnState.WAITING: "Your message waits for the person in the Therapist's seat.",
    TurnState.REVIEWED: "The Therapist has spoken, and you have yet to answer.",
    TurnState.READY: "Your reply is written and has not left yet.",
    TurnState.GATED: "Your reply waits for a moderator, who decides whether it goes out.",
    TurnState.SENT: "Your reply was sent.",
    TurnState.WITHHOLDING: "No reply goes out.",
    TurnState.WITHHELD: "No reply was sent.",
    TurnState.HELPED: "A fixed text with help took the place of your reply.",
}


class Objector(StrEnum):
    """The one that objected to the text before the one under work."""

    THERAPIST = "therapist"
    MODERATOR = "moderator"  # a person in the Therapist's seat, or at the gate
    CHECK = "check"  # a check in code, where the Therapist was content


@dataclass(frozen=True, slots=True)
class SessionView:
    """What the session has come to before the round in ``round``, which counts from 1."""

    round: int
    most_rounds: int
    first_draft: str | None
    """The draft, where the text under work is another by now."""
    objector: Objector | None
    reflection: Reflection | None
    """The Chatbot's part of the round before."""

    @property
    def is_last(self) -> bool:
        """Return whether no round may follow."""
        return self.round >= self.most_rounds

    @property
    def state(self) -> ChatbotState | None:
        """Return how the Chatbot said that it is, if it was asked."""
        return self.reflection.state if self.reflection else None

    @property
    def wishes(self) -> bool:
        """Return whether the Chatbot wished for this round."""
        return self.reflection is not None and self.reflection.wants_another_round

    @property
    def keeps(self) -> bool:
        """Return whether the Chatbot keeps its text as it was."""
        return self.reflection is not None and self.reflection.keeps_message


def view_session(context: TurnContext, round_number: int) -> SessionView:
    """Return what the session has come to, for the round of that number."""
    draft, text = context.turn.draft, context.turn.candidate
    return SessionView(
        round=round_number,
        most_rounds=max(round_number, context.settings.max_rounds),
        first_draft=draft if draft != text else None,
        objector=_find_objector(context.session),
        reflection=next(
            (said.reflection for said in context.session[::-1] if said.reflection), None
        ),
    )


def tell_outcome(state: TurnState) -> str:
    """Return what has come of a turn so far, as its Chatbot is told."""
    return _OUTCOMES[state]


def _find_objector(session: Sequence[Utterance]) -> Objector | None:
    last = next((said for said in session[::-1] if said.review), None)
    if last is None or last.review is None:
        return None
    if last.speaker is Speaker.MODERATOR:
        return Objector.MODERATOR
    return Objector.THERAPIST if last.review.something_left else Objector.CHECK
