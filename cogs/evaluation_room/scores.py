"""`/scores`: scores over time as a picture and a table, and how far Critic and people agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.domain.day_shares import whole_days
from bot.reports.critic_trust import render_critics
from bot.reports.days import say_share, total_of
from bot.reports.report_maker import ReportMaker
from bot.reports.scores_answer import ScoresAnswer, read_scores, scores_answer
from bot.rooms.chat.splitting import split_text
from bot.text.moderator_texts import say, say_reason
from cogs.shared.access import MAX_DAYS, WHICH_OR_ALL, Asked, ReportDays, moderators_only
from cogs.shared.counts import last_days
from cogs.shared.pictures import make_with_picture
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest
from cogs.shared.text import on_one_line


class ScoresCog(commands.Cog):
    """The cog that shows scores over time, to whoever asked alone."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Answer the command's menu."""
        self._commands["scores"] = RoomCommand(self._scores, several=True)

    @app_commands.command()
    @app_commands.describe(days="how many days to look back; 7 if left out", channel=WHICH_OR_ALL)
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
        since = whole_days(days, datetime.now(UTC))
        record = await read_scores(self.bot.stores, [room.id for room in rooms], since)
        where = " ".join(f"<#{room.id}>" for room in rooms[:10])
        if not record.sums.days:
            await interaction.followup.send(
                say(
                    "{where}: no reply was scored in the {days}.", where=where, days=last_days(days)
                ),
                ephemeral=True,
            )
            return
        trust = await render_critics(self.bot.stores.critic_trust, record.sums.critics)
        title = self._title(rooms, days)
        maker = self.bot.service(ReportMaker)
        answer, not_drawn = await make_with_picture(maker, scores_answer, record, title)
        share = say_share(total_of(record.sums.days))
        head = f"**{where}**, {last_days(days)}: {share}"
        text = render_scores(head, answer, trust)
        first, *rest = split_text("\n".join(filter(None, [text, not_drawn])))
        files = [
            discord.File(BytesIO(one), "scores.png", description=title)
            for one in (answer.picture,)
            if one is not None
        ]
        await interaction.followup.send(first, files=files, ephemeral=True)
        for piece in rest:
            await interaction.followup.send(piece, ephemeral=True)

    def _title(self, rooms: Sequence[Room], days: int) -> str:
        named = ", ".join(f"#{self.bot.name_of(room.id)}" for room in rooms[:3])
        return f"{named}{' …' * (len(rooms) > 3)}, {last_days(days)}"


def render_scores(head: str, answer: ScoresAnswer, trust: Mapping[str, str]) -> str:
    """Return what stands below the picture; ``trust`` says how far each Critic is trusted."""
    critics = [
        say("-# {name} · trust: {words}", name=on_one_line(name, 200), words=say_reason(words))
        for name, words in trust.items()
    ]
    several = [say("-# Scores by different Critics cannot be compared.")] * (len(critics) > 1)
    table = f"```\n{answer.table}\n```{answer.agreement}"
    members = filter(None, [answer.members])
    figures = [f"-# {answer.figures}"] * bool(answer.figures)
    return "\n".join([head, table, *members, *figures, *critics, *several])


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ScoresCog(bot))
