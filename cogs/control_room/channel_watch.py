"""The watch over the moderator channels: that nothing is posted where everybody reads."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import PostTo
from cogs.shared.moderator_channels import ModeratorChannels


class ModeratorChannelsCog(commands.Cog):
    """The cog that looks again whenever permissions change, so that what is held goes out."""

    def __init__(self, bot: FourRoomsBot, channels: ModeratorChannels) -> None:
        self.bot = bot
        self._channels = channels

    async def cog_load(self) -> None:
        """Stand before each post to the moderators."""
        self.bot.ports.guards[PostTo.MODERATORS] = self._channels.require_private
        self.bot.ports.catch_ups.append(self._look_at_all)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Look again: a channel's permissions may have changed."""
        await self._look_at(channel.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """Look again: a role's permissions may have changed."""
        await self._look_at(role.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """Look again: it may have been the role that everybody had."""
        await self._look_at(role.guild.id)

    async def _look_at(self, guild_id: int) -> None:
        if guild_id in self.bot.rooms.values():
            for room in await self.bot.stores.rooms.of_guild(guild_id):
                self._channels.look_at(room)

    async def _look_at_all(self) -> None:
        for guild_id in set(self.bot.rooms.values()):
            await self._look_at(guild_id)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ModeratorChannelsCog(bot, bot.service(ModeratorChannels)))
