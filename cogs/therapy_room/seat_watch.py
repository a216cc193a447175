"""The watch over the Therapist's seats: who may not sit there any more keeps no session waiting."""

from __future__ import annotations

from typing import Final

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.client.steady_loop import steady_loop
from cogs.therapy_room.seats import Seats

LOOK_SECONDS: Final = 30.0
"""How often it is asked about a person for whom a session waits: a call to Discord each."""


class SeatWatchCog(commands.Cog):
    """The cog that looks at seats while sessions wait, and when roles or channels change."""

    def __init__(self, bot: FourRoomsBot, seats: Seats) -> None:
        self.bot = bot
        self._seats = seats

    async def cog_load(self) -> None:
        """Look at all seats after each new connection too."""
        self.bot.ports.catch_ups.append(self._seats.look_at_all)
        self.look.start()

    async def cog_unload(self) -> None:
        """Look no more."""
        self.look.cancel()
        self.bot.ports.catch_ups.remove(self._seats.look_at_all)

    @steady_loop(LOOK_SECONDS)
    async def look(self) -> None:
        """Look at the seats for whom a session waits."""
        await self._seats.look_at_waiting()

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Look again where a Chat Room's permissions may have changed."""
        if channel.id in self.bot.rooms:
            await self._seats.look_at(channel.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """Look again: a role's permissions may have changed."""
        await self._seats.look_at_guild(role.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """Look again: it may have been the role of who sits there."""
        await self._seats.look_at_guild(role.guild.id)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(SeatWatchCog(bot, bot.service(Seats)))
