"""The people who can see a channel, as far as its server's roles tell.

How many members have a role Discord tells only bots that may manage roles. So roles are named to
the admins, who know; and one is taken for what everybody has, see `_everybodys_role`.
"""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.client.moderators import may_moderate


@dataclass(frozen=True, slots=True)
class Audience:
    """The roles that can see a channel, highest first, but administrators' and the bot's own."""

    roles: tuple[discord.Role, ...]
    everybody: discord.Role | None = None
    """The role that all members have, if it can see the channel: the channel is public then."""


def audience_of(
    channel: discord.abc.GuildChannel,
    chat: discord.abc.GuildChannel | None,
    *,
    me: discord.Member,
    moderator_role_id: int | None = None,
) -> Audience:
    """Return who can see ``channel``, the moderator channel of the Chat Room ``chat``."""
    seeing = tuple(
        role
        for role in reversed(channel.guild.roles)
        if _sees(role, channel) and not (role.permissions.administrator or _is_own(role, me))
    )
    public = (channel.guild.default_role, _everybodys_role(chat, moderator_role_id))
    return Audience(seeing, next((role for role in public if role in seeing), None))


def _everybodys_role(
    chat: discord.abc.GuildChannel | None, moderator_role_id: int | None
) -> discord.Role | None:
    """Return the role by which people come into the Chat Room, where @everyone does not.

    Of those who are no moderators there it is the lowest: what a server gives to all members.
    """
    if chat is None or _sees(chat.guild.default_role, chat):
        return None
    for role in chat.guild.roles:
        held = chat.permissions_for(role)
        moderates = role.id == moderator_role_id or may_moderate(held)
        if held.view_channel and not moderates and not role.managed:
            return role
    return None


def _sees(role: discord.Role, channel: discord.abc.GuildChannel) -> bool:
    return channel.permissions_for(role).view_channel


def _is_own(role: discord.Role, me: discord.Member) -> bool:
    """Return whether a role is the one that Discord made for the bot."""
    return role.managed and role in me.roles
