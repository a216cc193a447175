"""`/status` and `/usage`: the rooms' state, and what the models' use comes to."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.rooms.chat.splitting import split_text
from bot.rooms.limits.limit_notices import limit_text
from bot.text.moderator_texts import say, say_dollars
from cogs.control_room.status_view import (
    MOST_ROOMS,
    limits_table,
    memory_buttons,
    render_connection,
    render_statuses,
    total_cost,
    usage_table,
)
from cogs.shared.access import (
    MAX_DAYS,
    WHICH_OR_ALL,
    Asked,
    ForWhom,
    ReportDays,
    as_moderator,
    moderators_only,
)
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.counts import last_days
from cogs.shared.lookups import room_here
from cogs.shared.moderator_channels import ModeratorChannels
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest


class MemoryButton(PersistentControl, template=rf"memory:(?P<what>clear):(?P<room>{NUMBER})"):
    """The button below a status that clears what a room remembers."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Forget what its sessions worked on."""
        room = await room_here(interaction, int(self.ids["room"]))
        await interaction.response.defer(ephemeral=True, thinking=True)
        sessions = await interaction.client.control.memory.clear(room.id, as_moderator(interaction))
        await interaction.followup.send(
            say(
                "🧹 <#{room}> remembers nothing of its sessions any more: {sessions} forgotten.",
                room=room.id,
                sessions=sessions,
            ),
            ephemeral=True,
        )


class StatusCog(commands.Cog):
    """The cog that answers with figures, to whoever asked alone."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Answer the menus of both commands."""
        self.bot.add_dynamic_items(MemoryButton)
        self._commands["status"] = RoomCommand(self._status, several=True)
        self._commands["usage"] = RoomCommand(self._usage, several=True)

    @app_commands.command()
    @moderators_only
    async def status(self, interaction: Asked) -> None:
        """How each Chat Room is doing: what it works on, what waits, the last error, the cost."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, None, RoomRequest("status"))

    async def _status(self, interaction: Asked, rooms: Sequence[Room], _: RoomRequest) -> None:
        mine = {room.id for room in rooms}
        of_server = await self.bot.control.status(interaction.guild_id or 0)
        statuses = [status for status in of_server if status.room.id in mine]
        more = len(statuses) - MOST_ROOMS
        shards = self.bot.process_shards()
        text = render_connection(self.bot.latency, shards, self.bot.shard_count or 1)
        channels = self.bot.service(ModeratorChannels)
        text = channels.warning(status.room for status in statuses) + text
        if more > 0:
            first = say(
                "The first {shown}; {more} more are not shown.", shown=MOST_ROOMS, more=more
            )
            text = f"{first}\n{text}"
        await interaction.followup.send(
            text,
            embeds=render_statuses(statuses),
            view=view(memory_buttons(statuses, self.bot.name_of)),
            ephemeral=True,
        )

    @app_commands.command()
    @app_commands.describe(days="how many days to look back; 7 if left out", channel=WHICH_OR_ALL)
    @moderators_only
    async def usage(
        self,
        interaction: Asked,
        days: ReportDays = 7,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """How often models were asked, what they cost, and what is left of today's limits."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("usage", days))

    async def _usage(self, interaction: Asked, rooms: Sequence[Room], request: RoomRequest) -> None:
        days = min(max(1, request.number), MAX_DAYS)
        used = await self.bot.control.usage([room.id for room in rooms], days=days)
        where = " ".join(f"<#{room.id}>" for room in rooms[:MOST_ROOMS])
        cost = total_cost(used)
        price = "" if cost is None else f", {say_dollars(cost)}"
        text = f"**{where}**, {last_days(days)}{price}\n```\n{usage_table(used)}\n```"
        if not used:
            text = say(
                "**{where}**, {days}: no model was asked anything.",
                where=where,
                days=last_days(days),
            )
        text += await self._limits(rooms)
        for piece in split_text(text):
            await interaction.followup.send(piece, ephemeral=True)

    async def _limits(self, rooms: Sequence[Room]) -> str:
        """Return what is left of today's limits, below the figures of the days before."""
        limits = self.bot.control.limits
        if limits is None:
            return ""
        shown = rooms[:MOST_ROOMS]
        names = {
            room.id: str(getattr(self.bot.get_channel(room.id), "name", room.id)) for room in shown
        }
        table = limits_table(await limits.report(shown), names)
        person = limit_text(await limits.person_limit(rooms[0]))
        own = f"```\n{table}\n```" if table else say("none for rooms and server")
        of_person = say("A person: {limit}.", limit=person)
        return f"\n{say('**Limits of today** (UTC)')}\n{own}\n{of_person}"


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(StatusCog(bot))
