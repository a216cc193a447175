"""Guidance that a reply did not follow: said in the thread, with a way to have it redone."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Guidance, Post, PostKind, Turn, TurnState
from bot.rooms.chat.splitting import split_text
from bot.rooms.control.guidance import MOST_WORDS, NoSuchGuidance
from bot.text.moderator_texts import say, say_count
from cogs.control_room.gate_posts import GatePosts
from cogs.shared.access import Asked, ForWhom, as_moderator
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.delivery import room_and_turn
from cogs.shared.lookups import turn_here
from cogs.shared.text import quoted
from cogs.therapy_room.threads import TherapyThreads


class GuidanceAgainButton(
    PersistentControl, template=rf"again:(?P<guidance>{NUMBER}):(?P<turn>{NUMBER})"
):
    """The button that sends a held reply back into therapy with the guidance it missed."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Send it back, and show that below the held reply."""
        client = interaction.client
        turn, room = await turn_here(interaction, int(self.ids["turn"]))
        guidance = await client.stores.guidance.get(int(self.ids["guidance"]))
        if guidance is None or guidance.room_id != room.id or not guidance.text:
            raise NoSuchGuidance
        await interaction.response.defer()
        again = client.control.gate.another_round
        await again(turn.id, as_moderator(interaction), guidance.text)
        await interaction.edit_original_response(view=None)
        await client.service(GatePosts).show_end(turn.id)


class GuidanceAgainCog(commands.Cog):
    """The cog that shows guidance that was not followed."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._threads = bot.service(TherapyThreads)

    async def cog_load(self) -> None:
        """Register as the renderer of its posts, and answer the button."""
        self.bot.ports.renderers[PostKind.GUIDANCE_CHECK] = self.deliver
        self.bot.add_dynamic_items(GuidanceAgainButton)

    async def deliver(self, post: Post) -> int:
        """Show in the thread that guidance was not followed; return the message's id."""
        guidance = await self.bot.stores.guidance.get(post.new.ref) if post.new.ref else None
        if guidance is None:
            raise LookupError(f"post {post.id} is about guidance that is not there")
        room, turn = await room_and_turn(self.bot.stores, post)
        held = turn.state is TurnState.GATED
        buttons = view(again_buttons(guidance, turn)) if held else None
        return await self._threads.show(
            post, room, turn, render_missed(guidance, held=held), buttons
        )


def render_missed(guidance: Guidance, *, held: bool) -> list[str]:
    """Return guidance that a reply did not follow, and what can be done about it."""
    left = guidance.turns_left
    if held:
        then = say("The reply is held: press to send it back into therapy with these words.")
    elif left and not guidance.withdrawn:
        then = say_count(
            "The reply has been sent. The guidance holds for {count} more reply.",
            "The reply has been sent. The guidance holds for {count} more replies.",
            left,
        )
    else:
        then = say("The reply has been sent, and the guidance has ended: `/guide` gives it again.")
    return split_text(
        say(
            "🧭 **Not followed**, as the Therapist's model reads the reply\n{text}\n-# {then}",
            text=quoted(guidance.text, MOST_WORDS),
            then=then,
        )
    )


def again_buttons(guidance: Guidance, turn: Turn) -> list[discord.ui.Button[Any]]:
    """Return the button for a held reply; `GuidanceAgainButton` answers."""
    primary = discord.ButtonStyle.primary
    return [
        button(f"again:{guidance.id}:{turn.id}", say("Again, with this"), style=primary, emoji="🔁")
    ]


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(GuidanceAgainCog(bot))
