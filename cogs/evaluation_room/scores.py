"""`/scores`: scores over time as a picture and a table, and how far Critic and people agree."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.reports.critic_trust import render_critics
from bot.reports.days import say_share, share_by_day, total_of
from bot.rooms.chat.splitting import split_text
from bot.storage.stores.stores import Stores
from cogs.shared.access import MAX_DAYS, WHICH_OR_ALL, Asked, ReportDays, moderators_only
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest
from cogs.shared.text import on_one_line, render_days

if TYPE_CHECKING:
    from bot.reports.score_report import ScoreReport  # it brings numpy, which is loaded when needed

ReadScores = Callable[[Stores, Sequence[int], datetime, datetime], Awaitable["ScoreReport"]]


class ScoresCog(commands.Cog):
    """The cog that shows scores over time, to whoever asked alone."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Answer the command's menu."""
        self._commands["scores"] = RoomCommand(self._scores, several=True)

    @app_commands.command()
    @app_commands.describe(days="looking back how far; a week, if left out", channel=WHICH_OR_ALL)
    @moderators_only
    async def scores(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        days: ReportDays = 7,
    ) -> None:
        """Scores before and after therapy over time, and how far Critic and people agree."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("scores", days))

    async def _scores(
        self, interaction: Asked, rooms: Sequence[Room], request: RoomRequest
    ) -> None:
        days = min(max(1, request.number), MAX_DAYS)
        report = await self._read(rooms, days)
        where = " ".join(f"<#{room.id}>" for room in rooms[:10])
        if not report.series:
            await interaction.followup.send(
                f"{where}: no reply was scored in the last {render_days(days)}.", ephemeral=True
            )
            return
        trust = await render_critics(self.bot.stores.critic_trust, report.critics)
        first, *rest = split_text(render_scores(report, where, render_days(days), trust))
        files = await self._draw(report, rooms, days)
        await interaction.followup.send(first, files=files, ephemeral=True)
        for piece in rest:
            await interaction.followup.send(piece, ephemeral=True)

    async def _read(self, rooms: Sequence[Room], days: int) -> ScoreReport:
        until = datetime.now(UTC)
        read_scores = await asyncio.to_thread(_load_report)
        room_ids = [room.id for room in rooms]
        return await read_scores(self.bot.stores, room_ids, until - timedelta(days=days), until)

    async def _draw(
        self, report: ScoreReport, rooms: Sequence[Room], days: int
    ) -> list[discord.File]:
        """Return the picture; none where what draws it is not installed."""
        if not can_draw():
            return []
        named = ", ".join(f"#{_name(self.bot, room.id)}" for room in rooms[:3])
        title = f"{named}{' …' * (len(rooms) > 3)}, last {render_days(days)}"
        picture = await asyncio.to_thread(_draw_scores, report, title)
        return [discord.File(BytesIO(picture), "scores.png", description=title)]


def can_draw() -> bool:
    """Return whether matplotlib is there: it comes with the extra `charts`."""
    return find_spec("matplotlib") is not None


def render_scores(report: ScoreReport, where: str, days: str, trust: Mapping[str, str]) -> str:
    """Return what stands below the picture; ``trust`` says how far each Critic is trusted."""
    critics = [f"-# {on_one_line(name, 200)} · trust: {words}" for name, words in trust.items()]
    several = ["-# Scores of different Critics are not to be compared."] * (len(critics) > 1)
    agreement = report.agreement
    table = f"```\n{report.table()}\n```{agreement.sentence}"
    figures = [f"-# {agreement.figures}"] * bool(agreement.figures)
    share = say_share(total_of(share_by_day(report.series)))
    members = filter(None, [report.members.sentence])
    head = f"**{where}**, last {days}: {share}"
    return "\n".join([head, table, *members, *figures, *critics, *several])


def _load_report() -> ReadScores:
    """Return the reader of scores; in a thread, as loading numpy must not hold up the others."""
    from bot.reports.score_report import read_scores  # noqa: PLC0415

    return read_scores


def _draw_scores(report: ScoreReport, title: str) -> bytes:
    from bot.reports.charts import draw_days  # noqa: PLC0415

    return draw_days(share_by_day(report.series), title)


def _name(bot: FourRoomsBot, channel_id: int) -> str:
    return str(getattr(bot.get_channel(channel_id), "name", channel_id))


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ScoresCog(bot))
