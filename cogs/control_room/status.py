"""`/status` and `/usage`: the rooms' state, and what the models' use comes to."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.rooms.chat.splitting import split_text
from cogs.control_room.status_view import (
    MOST_ROOMS,
    render_statuses,
    total_cost,
    usage_table,
)
from cogs.shared.access import WHICH_OR_ALL, Asked, ReportDays, moderators_only
from cogs.shared.lookups import rooms_for
from cogs.shared.moderator_channels import ModeratorChannels
from cogs.shared.text import render_days


class StatusCog(commands.Cog):
    """The cog that answers with figures, to whoever asked alone."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @app_commands.command()
    @moderators_only
    async def status(self, interaction: Asked) -> None:
        """How each Chat Room is doing: state, running turn, what waits, last error, cost."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        mine = {room.id for room in await rooms_for(interaction, None)}
        of_server = await self.bot.control.status(interaction.guild_id or 0)
        statuses = [status for status in of_server if status.room.id in mine]
        more = len(statuses) - MOST_ROOMS
        milliseconds = self.bot.latency * 1000
        text = f"-# {milliseconds:.0f} ms to Discord" if milliseconds < 60_000 else ""
        channels = self.bot.service(ModeratorChannels)
        text = channels.warning(status.room for status in statuses) + text
        if more > 0:
            text = f"The first {MOST_ROOMS}; {more} more are not shown.\n{text}"
        await interaction.followup.send(text, embeds=render_statuses(statuses), ephemeral=True)

    @app_commands.command()
    @app_commands.describe(days="looking back how far; a week, if left out", channel=WHICH_OR_ALL)
    @moderators_only
    async def usage(
        self,
        interaction: Asked,
        days: ReportDays = 7,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Calls, tokens and cost of the models, by agent."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        rooms = await rooms_for(interaction, channel)
        used = await self.bot.control.usage(
            interaction.guild_id or 0, room_id=rooms[0].id if channel else None, days=days
        )
        where = f"<#{rooms[0].id}>" if channel else "All Chat Rooms here"
        cost = total_cost(used)
        price = "" if cost is None else f", ${cost:.2f}"
        text = f"**{where}**, last {render_days(days)}{price}\n```\n{usage_table(used)}\n```"
        if not used:
            text = f"**{where}**, last {render_days(days)}: no model was asked anything."
        for piece in split_text(text):
            await interaction.followup.send(piece, ephemeral=True)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(StatusCog(bot))
