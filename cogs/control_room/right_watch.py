"""The watch over rooms that the bot itself stopped for want of a permission: they go on with it."""

from __future__ import annotations

from typing import Final

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.client.steady_loop import steady_loop
from bot.domain import Room
from bot.domain.permissions import MISSING_RIGHT
from bot.reasons import because
from bot.rooms.audit import THE_BOT

LOOK_SECONDS: Final = 60.0
"""How often is looked where no event tells: a time-out that ends."""
TO_REPLY: Final = ("view_channel", "send_messages")
TO_WRITE_THREADS: Final = (
    "view_channel",
    "create_private_threads",
    "send_messages_in_threads",
    "manage_threads",
)


class RightWatchCog(commands.Cog):
    """The cog that lets rooms go on once the bot may post there again."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Begin to look."""
        self.look.start()

    async def cog_unload(self) -> None:
        """Look no more."""
        self.look.cancel()

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Look again: a channel's permissions may have changed."""
        await self._look_at(channel.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """Look again: a role's permissions may have changed."""
        await self._look_at(role.guild)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """Look again: the bot may have got a role, or its time-out is over."""
        if member == member.guild.me:
            await self._look_at(member.guild)

    @steady_loop(LOOK_SECONDS)
    async def look(self) -> None:
        """Look at all servers."""
        for guild_id in set(self.bot.rooms.values()):
            if (guild := self.bot.get_guild(guild_id)) is not None:
                await self._look_at(guild)

    async def _look_at(self, guild: discord.Guild) -> None:
        if guild.id not in self.bot.rooms.values():
            return
        for room in await self.bot.stores.rooms.of_guild(guild.id):
            if is_stopped_for_rights(room) and may_post(guild, room):
                resume, why = self.bot.control.pauses.resume, because("the permission is back")
                await resume(room.id, THE_BOT, reason=why, of_mark=room.pause_mark)


def is_stopped_for_rights(room: Room) -> bool:
    """Return whether the bot itself paused the room for want of a permission."""
    by_itself = room.paused_by is not None and room.paused_by.id == THE_BOT.id
    return room.paused and by_itself and room.pause_reason.startswith(MISSING_RIGHT)


def may_post(guild: discord.Guild, room: Room) -> bool:
    """Return whether the bot has what it needs to reply in a room and to show its sessions."""
    if guild.unavailable or guild.me.is_timed_out():
        return False
    needs = ((room.id, TO_REPLY), (room.therapy_parent_id, TO_WRITE_THREADS))
    for channel_id, rights in needs:
        channel = guild.get_channel(channel_id)
        if channel is None:
            return False
        allowed = channel.permissions_for(guild.me)
        if not all(getattr(allowed, right) for right in rights):
            return False
    return True


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(RightWatchCog(bot))
