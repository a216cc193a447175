"""The memory of rooms: kept when a session that worked on something has ended, and cleared."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from bot.domain import Moderator, TurnState, Utterance
from bot.domain.memory import (
    LONGEST_LINE,
    LONGEST_THEME,
    MOST_THEMES,
    SessionMemory,
)
from bot.domain.session_acts import ClearMemoryDetails
from bot.domain.turn_context import TurnContext
from bot.rooms.audit import AuditLog
from bot.text.traces import Traces

_PLAIN = re.compile(r"[^\w \-]+")


class RoomMemoryKeeper:
    """The keeper of what sessions worked on."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def keep(self, context: TurnContext) -> None:
        """Remember the session of a turn whose reply was sent, if it worked on anything."""
        memory = memory_of(context, datetime.now(UTC))
        room = await self._audit.stores.rooms.get(context.turn.room_id) if memory else None
        if memory is not None and room is not None:
            await self._audit.stores.memories.keep(memory, guild_id=room.guild_id)

    async def clear(self, room_id: int, by: Moderator) -> int:
        """Forget all that a room remembers, on the record; return how many sessions that were.

        Raises NoSuchRoom.
        """
        room = await self._audit.room(room_id)
        sessions = await self._audit.stores.memories.clear(room_id)
        await self._audit.record(room, by, ClearMemoryDetails(sessions))
        return sessions


def memory_of(context: TurnContext, now: datetime) -> SessionMemory | None:
    """Return what is to be remembered of a session: themes and one line, and no words of anybody.

    A line that quotes or names who was there is left out. None where nothing was worked on.
    """
    turn = context.turn
    reflections = [said.reflection for said in context.session if said.reflection]
    if turn.state is not TurnState.SENT or not reflections:
        return None
    lines = [said.keep_in_mind for said in reflections if said.keep_in_mind]
    line = _unquoted(context, lines[-1]) if lines else ""
    themes = _themes(context.session)
    if not (themes or line):
        return None
    return SessionMemory(turn.id, turn.room_id, themes, line, now, context.person_id)


def _themes(session: tuple[Utterance, ...]) -> tuple[str, ...]:
    """Return the names of all findings of a session, each once."""
    names = (harm.harm for said in session if said.review for harm in said.review.harms)
    plain = (" ".join(_PLAIN.sub(" ", name).split())[:LONGEST_THEME] for name in names)
    return tuple(dict.fromkeys(filter(None, plain)))[:MOST_THEMES]


def _unquoted(context: TurnContext, line: str) -> str:
    """Return a line on one line and within its bound; nothing if it quotes or names anybody."""
    line = " ".join(line.split())[:LONGEST_LINE]
    lines = (*context.conversation.lines, *context.conversation.asked)
    people = [said for said in lines if not said.by_chatbot]
    traces = Traces([said.speaker for said in people], [said.text for said in people])
    return "" if traces.in_text(line) else line
