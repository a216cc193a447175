"""What moderators look at: the rooms' state, the models' use, and scores over time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.reports.critic_trust import render_critics
from bot.rooms.chat.splitting import split_text
from cogs.control_room.status_view import (
    MOST_ROOMS,
    render_scores,
    render_statuses,
    total_cost,
    usage_table,
)
from cogs.shared.access import Asked, moderators_only
from cogs.shared.lookups import rooms_for

ChartDays = app_commands.Range[int, 1, 365]
WHICH_OR_ALL = "the Chat Room; all that you moderate, if left out"


class StatusCog(commands.Cog):
    """Answers with figures, to whoever asked alone."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    @app_commands.command()
    @moderators_only
    async def status(self, interaction: Asked) -> None:
        """How each Chat Room is doing: state, running turn, what waits, last error, cost."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        mine = {room.id for room in await rooms_for(interaction, None)}
        known = await self.bot.control.status(interaction.guild_id or 0)
        shown = [status for status in known if status.room.id in mine]
        more = len(shown) - MOST_ROOMS
        milliseconds = self.bot.latency * 1000
        told = f"-# {milliseconds:.0f} ms to Discord" if milliseconds < 60_000 else ""
        if more > 0:
            told = f"The first {MOST_ROOMS}; {more} more are not shown.\n{told}"
        await interaction.followup.send(told, embeds=render_statuses(shown), ephemeral=True)

    @app_commands.command()
    @app_commands.describe(days="looking back how far; a week, if left out", channel=WHICH_OR_ALL)
    @moderators_only
    async def usage(
        self,
        interaction: Asked,
        days: ChartDays = 7,
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
        known = "" if cost is None else f", ${cost:.2f}"
        text = f"**{where}**, last {_days(days)}{known}\n```\n{usage_table(used)}\n```"
        if not used:
            text = f"**{where}**, last {_days(days)}: no model was asked anything."
        for piece in split_text(text):
            await interaction.followup.send(piece, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(days="looking back how far; a week, if left out", channel=WHICH_OR_ALL)
    @moderators_only
    async def scores(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        days: ChartDays = 7,
    ) -> None:
        """Scores before and after therapy over time, and how far Critic and people agree."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        rooms = await rooms_for(interaction, channel)
        until = datetime.now(UTC)
        ids = [room.id for room in rooms]
        # Here, for the memory that numpy takes; in a thread, as the others must not wait for it.
        await asyncio.to_thread(import_module, "bot.reports.charts")
        from bot.reports.charts import before_and_after  # noqa: PLC0415
        from bot.reports.score_report import read_scores  # noqa: PLC0415

        report = await read_scores(self.bot.stores, ids, until - timedelta(days=days), until)
        where = " ".join(f"<#{room.id}>" for room in rooms[:10])
        if not report.series:
            await interaction.followup.send(
                f"{where}: no reply was scored in the last {_days(days)}.", ephemeral=True
            )
            return
        named = ", ".join(f"#{_name(self.bot, room.id)}" for room in rooms[:3])
        title = f"{named}{' …' * (len(rooms) > 3)}, last {_days(days)}"
        picture = await asyncio.to_thread(before_and_after, report, title, _good_scales(rooms))
        trust = await render_critics(self.bot.stores.critic_trust, report.critics)
        first, *rest = split_text(render_scores(report, where, _days(days), trust))
        file = discord.File(BytesIO(picture), "scores.png", description=title)
        await interaction.followup.send(first, file=file, ephemeral=True)
        for piece in rest:
            await interaction.followup.send(piece, ephemeral=True)


def _good_scales(rooms: Sequence[Room]) -> set[str]:
    """The servers' own scales on which a high score is what one wants."""
    own = [scale for room in rooms for scale in room.settings.scales]
    return {scale.name for scale in own if not scale.high_is_bad}


def _days(days: int) -> str:
    return "day" if days == 1 else f"{days} days"


def _name(bot: FourRoomsBot, channel_id: int) -> str:
    return str(getattr(bot.get_channel(channel_id), "name", channel_id))


async def setup(bot: FourRoomsBot) -> None:
    """Loads the cog."""
    await bot.add_cog(StatusCog(bot))
