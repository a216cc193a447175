"""The posts of held replies in the moderator channel, and what they show of decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import structlog

from bot.domain import PostKind, Room, Turn, TurnState
from bot.domain.events import ReplySent, TurnHelped, TurnWithheld
from bot.rooms.control.gate import is_offered
from cogs.control_room.gate_view import late_buttons, render_decision, render_time
from cogs.shared.access import Asked
from cogs.shared.components import view
from cogs.shared.delivery import DISCORD_ERRORS
from cogs.shared.waiting_posts import WaitingPosts

log = structlog.get_logger(__name__)


class GatePosts(WaitingPosts):
    """The posts of replies that wait for a moderator's decision."""

    kind = PostKind.GATE
    state = TurnState.GATED
    ended_by = (ReplySent, TurnWithheld, TurnHelped)

    async def show_decision(self, interaction: Asked, turn_id: int) -> None:
        """Take the buttons off the post that was used, and show what became of the reply."""
        pressed = interaction.message
        turn = await self._bot.stores.turns.get(turn_id)
        if pressed is None or turn is None or not pressed.embeds:
            return
        acts = await self._bot.stores.acts.of_turn(turn_id)
        async with self.one_by_one:
            await self.posted.forget(turn_id)
            with self._bot.read_in_room(turn.room_id):
                embed = render_decision(pressed.embeds[0], turn, acts)
            await interaction.edit_original_response(embed=embed, view=None)

    async def show_end(self, turn_id: int) -> None:
        """Show that nobody decided in time, or what a restart kept from being shown."""
        partial = await self.posted.find(turn_id)
        if partial is None:
            return
        turn = await self._bot.stores.turns.get(turn_id)
        if turn is None:
            return
        await self.posted.forget(turn_id)
        acts = await self._bot.stores.acts.of_turn(turn_id)
        buttons = view(late_buttons(turn)) if is_offered(turn) else None
        await _change(
            partial, turn_id, lambda embed: render_decision(embed, turn, acts), view=buttons
        )

    async def show_time(self, room: Room, turn: Turn) -> None:
        """Show the time that is left to decide."""
        partial = await self.posted.find(turn.id)
        if partial is not None:
            await _change(
                partial, turn.id, lambda embed: render_time(embed, turn, paused=room.paused)
            )


async def _change(
    partial: discord.PartialMessage,
    turn_id: int,
    change: Callable[[discord.Embed], discord.Embed],
    **others: Any,
) -> None:
    """Change a post if it is still there; that it cannot be is no harm."""
    try:
        message = await partial.fetch()
        if message.embeds:
            await message.edit(embed=change(message.embeds[0]), **others)
    except DISCORD_ERRORS as error:
        log.info("held reply's post not changed", turn_id=turn_id, error=error)
