"""The Control Room in Discord: the moderators' commands, and their acts for all moderators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind
from bot.domain.posts import nonce_of
from cogs.control_room.act_view import (
    render_act,
    render_notice,
    render_reflection,
    render_state,
    set_aside,
)
from cogs.shared.access import WHICH, Asked, as_moderator, moderators_only, room_for
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.lookups import require_all_rooms

LONGEST_PAUSE: Final = 7 * 24 * 60
"""Minutes of a pause that ends by itself: a week; a longer one is a pause without end."""

Minutes = app_commands.Range[int, 1, LONGEST_PAUSE]
Reason = app_commands.Range[str, 1, 400]
Question = app_commands.Range[str, 1, 500]
EVERYWHERE: Final = "all Chat Rooms of the server"


class ResumeHow(TypedDict):
    """The choices with which a room goes on."""

    reason: str
    answer_meanwhile: bool


class ControlRoomCog(commands.Cog):
    """The cog that hands moderators' words to the Control Room, and answers only who gave them."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Register as the renderer of the posts it shows."""
        self.bot.ports.renderers[PostKind.ACT] = self.deliver
        self.bot.ports.renderers[PostKind.NOTICE] = self.deliver

    @app_commands.command()
    @app_commands.describe(
        channel=WHICH,
        minutes="after how many minutes it goes on by itself; never, if left out",
        reason="why, for the other moderators",
        everywhere=EVERYWHERE,
    )
    @moderators_only
    async def pause(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        minutes: Minutes | None = None,
        reason: Reason | None = None,
        everywhere: bool = False,
    ) -> None:
        """No reply leaves the Chat Room until it is resumed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        by = as_moderator(interaction)
        why = reason or ""
        if everywhere:
            await require_all_rooms(interaction)
            guild_id = interaction.guild_id or 0
            await self.bot.control.pauses.pause_server(guild_id, by, minutes=minutes, reason=why)
            where = "Every Chat Room here"
        else:
            room = await room_for(interaction, channel)
            await self.bot.control.pauses.pause(room.id, by, minutes=minutes, reason=why)
            where = f"<#{room.id}>"
        until = f"in {minutes} min it goes on by itself" if minutes else "`/resume` lets it go on"
        await _answer(interaction, [f"⏸️ {where} is paused: no reply leaves it; {until}."])

    @app_commands.command()
    @app_commands.describe(
        channel=WHICH,
        answer_meanwhile="whether what was said during the pause is answered; yes, if left out",
        reason="why, for the other moderators",
        everywhere=EVERYWHERE,
    )
    @moderators_only
    async def resume(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        answer_meanwhile: bool = True,
        reason: Reason | None = None,
        everywhere: bool = False,
    ) -> None:
        """The Chat Room goes on where it was paused."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        by = as_moderator(interaction)
        how: ResumeHow = {"reason": reason or "", "answer_meanwhile": answer_meanwhile}
        if everywhere:
            await require_all_rooms(interaction)
            act = await self.bot.control.pauses.resume_server(interaction.guild_id or 0, by, **how)
            answer = "▶️ Every Chat Room here goes on."
        else:
            room = await room_for(interaction, channel)
            act = await self.bot.control.pauses.resume(room.id, by, **how)
            answer = f"▶️ <#{room.id}> goes on."
        await _answer(interaction, [answer + set_aside(act)])

    @app_commands.command()
    @app_commands.describe(channel=WHICH, question="what you want to know from the Chatbot")
    @moderators_only
    async def query(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        question: Question | None = None,
    ) -> None:
        """Asks the Chatbot how it is doing in its therapy."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_for(interaction, channel)
        words = question or ""
        answer = await self.bot.control.query(room.id, as_moderator(interaction), words)
        await _answer(interaction, render_state(answer, room.id, words))

    @app_commands.command()
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def reflect(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """Asks the Chatbot what it learned, and what it would have said without therapy."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_for(interaction, channel)
        answer = await self.bot.control.reflect(room.id, as_moderator(interaction))
        await _answer(interaction, render_reflection(answer, room.id))

    async def deliver(self, post: Post) -> int:
        """Show an act or a notice in the moderator channel; return its message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        if room is None:
            raise LookupError(f"post {post.id} is about a room that is not there")
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        text = await self._text(post)
        with as_delivery_errors("act"):
            message = await channel.send(text, nonce=nonce_of("post", post.id))
        return message.id

    async def _text(self, post: Post) -> str:
        if post.new.kind is PostKind.NOTICE:
            return render_notice(post.new.text)
        act = await self.bot.stores.acts.get(post.new.ref) if post.new.ref else None
        if act is None:
            raise LookupError(f"post {post.id} is about an act that is not there")
        return render_act(act)


async def _answer(interaction: Asked, texts: Sequence[str]) -> None:
    for text in texts:
        await interaction.followup.send(text, ephemeral=True)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ControlRoomCog(bot))
