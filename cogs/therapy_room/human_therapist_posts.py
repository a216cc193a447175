"""The texts that wait in the threads for the person in the Therapist's seat."""

from __future__ import annotations

from bot.domain import PostKind, Room, Turn, TurnState
from bot.domain.events import ReplySent, TherapistSpoke, TurnHelped, TurnWithheld
from cogs.shared.waiting_posts import WaitingPosts
from cogs.therapy_room.human_therapist_view import render_waiting


class HumanTherapistPosts(WaitingPosts):
    """The posts of texts that wait for a person's words."""

    kind = PostKind.SEAT
    state = TurnState.WAITING
    ended_by = (TherapistSpoke, ReplySent, TurnWithheld, TurnHelped)

    async def keep(self, turn: Turn, channel_id: int, message_id: int, *, waits: bool) -> None:
        """Remember where the turn is shown, in place of where its last Therapist was asked."""
        before = await self.posted.find(turn.id)
        if before is not None and before.id != message_id:
            await self._close(turn.id)
        await super().keep(turn, channel_id, message_id, waits=waits)

    async def show_end(self, turn_id: int) -> None:
        """Take the buttons off: the session has gone on."""
        await self.posted.finish(turn_id, view=None)

    async def show_time(self, room: Room, turn: Turn) -> None:
        """Show the time that is left to the Therapist; the buttons stay."""
        content = render_waiting(room, turn, waits=True)[-1]
        await self.posted.change(turn.id, content=content)
