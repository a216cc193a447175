"""Who is gone, as Discord tells: members that are looked up, and servers that removed the bot."""

from __future__ import annotations

from datetime import UTC, datetime

import discord
import structlog
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)


class DeparturesCog(commands.Cog):
    """The cog that notes which servers the bot has left, and looks members up."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Register as the one who looks members up."""
        self.bot.scheduler.departures.is_member = self.is_member

    async def is_member(self, guild_id: int, person_id: int) -> bool | None:
        """Return whether a person is a member of a server; None where Discord does not say."""
        guild = self.bot.get_guild(guild_id)
        if guild is None or guild.unavailable:
            return None
        try:
            await guild.fetch_member(person_id)
        except discord.NotFound:  # also of an account that is deleted
            return False
        except DISCORD_ERRORS as error:
            log.info("member not looked up", guild_id=guild_id, error=repr(error))
            return None
        return True

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that the bot was removed from a server."""
        await self.bot.stores.departures.note(gone={guild.id}, at=datetime.now(UTC))
        log.info("removed from server", guild_id=guild.id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Note that the bot is back in a server: nothing of it is deleted."""
        await self.bot.stores.departures.note(there={guild.id}, at=datetime.now(UTC))

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Note what has become of the own servers while there was no connection."""
        own = {*self.bot.rooms.values()}
        there = {guild.id for guild in self.bot.guilds}
        await self.bot.stores.departures.note(own - there, there, at=datetime.now(UTC))


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(DeparturesCog(bot))
