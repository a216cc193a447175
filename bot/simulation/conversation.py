"""A conversation of the AI User with the Chatbot, wherever it is held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

from bot.agents.user import User
from bot.domain import Deadline, Line, Turn, TurnState
from bot.domain.seeds import piece_seed
from bot.llm.protocol import CallContext
from bot.rooms.chat.fixed_texts import APOLOGY

USER_SECONDS: Final = 600.0
"""What the AI User may take for a message; nobody waits for it in earnest."""


class ConversationChannel(Protocol):
    """The place where a conversation is held."""

    @property
    def room_id(self) -> int:
        """Return the Chat Room's id."""
        ...

    async def say(self, text: str) -> Turn:
        """Write as the person; return the turn that answers it, once that has ended."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """The words of the person, and the turn that answered them."""

    said: str
    turn: Turn
    left: bool = False
    """The person leaves with it."""

    @property
    def answer(self) -> str:
        """Return what the person read."""
        sent = self.turn.state in (TurnState.SENT, TurnState.HELPED)
        return (self.turn.reply or APOLOGY) if sent else APOLOGY


async def converse(
    place: ConversationChannel, user: User, *, turns: int, seed: int
) -> AsyncIterator[Exchange]:
    """Hold a conversation until the person leaves or ``turns`` are over.

    Raises LLMError if the AI User has no words, and what ``place`` raises.
    """
    lines: list[Line] = []
    for number in range(1, turns + 1):
        ctx = CallContext(
            Deadline.after(USER_SECONDS), room_id=place.room_id, seed=piece_seed(seed, number)
        )
        line = await user.next(lines, ctx)
        turn = await place.say(line.text)
        exchange = Exchange(line.text, turn, left=line.ends)
        lines.append(Line(speaker=user.persona.person, text=line.text))
        lines.append(Line(speaker="Chatbot", text=exchange.answer, by_chatbot=True))
        yield exchange
        if line.ends:
            return
