"""A moderator's guidance: words that go into the sessions, for some turns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bot.domain import Guidance, Moderator
from bot.domain.act_details import GuideDetails, WithdrawGuidanceDetails
from bot.errors import FourRoomsError
from bot.rooms.audit import AuditLog, new_act

MOST_TURNS: Final = 20
"""Turns after which guidance ends by itself: what holds for longer belongs into the norms."""
MOST_WORDS: Final = 500
"""Characters: it goes into prompts of small models."""


class NoSuchGuidance(FourRoomsError):
    """Guidance that is not in force."""

    public = "That guidance is no longer in force."


class WrongGuidance(FourRoomsError):
    """Guidance that is empty, too long, or for too many turns."""

    public = f"Guidance takes 1 to {MOST_WORDS} characters, for 1 to {MOST_TURNS} replies."


class GuidanceEditor:
    """The editor of guidance: gives, lists and withdraws it."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def give(self, room_id: int, by: Moderator, text: str, turns: int = 1) -> Guidance:
        """Give words for the running session's next round, or else the next session, and on.

        Raises NoSuchRoom, WrongGuidance.
        """
        text = text.strip()
        if not 1 <= turns <= MOST_TURNS or not 1 <= len(text) <= MOST_WORDS:
            raise WrongGuidance
        room = await self._audit.room(room_id)
        act = new_act(room, by, GuideDetails(text, turns))
        new = Guidance(0, room_id, by, text, datetime.now(UTC), turns)
        guidance = await self._audit.stores.guidance.add(new, act)
        self._audit.acted(act)
        return guidance

    async def list(self, room_id: int) -> list[Guidance]:
        """Return the guidance in force in a room, oldest first. Raises NoSuchRoom."""
        await self._audit.room(room_id)
        return [*await self._audit.stores.guidance.in_force(room_id)]

    async def withdraw(self, guidance_id: int, by: Moderator) -> Guidance:
        """End guidance before its time. Raises NoSuchGuidance."""
        guidance = await self._audit.stores.guidance.get(guidance_id)
        if guidance is None:
            raise NoSuchGuidance
        room = await self._audit.room(guidance.room_id)
        act = new_act(room, by, WithdrawGuidanceDetails(guidance_id, guidance.text))
        if not await self._audit.stores.guidance.withdraw(guidance_id, act):
            raise NoSuchGuidance
        self._audit.acted(act)
        return guidance
