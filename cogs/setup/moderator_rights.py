"""What is left to do so that each role of moderators sees commands, cards and threads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import discord

from bot.client.moderators import may_moderate
from bot.text.moderator_texts import Later, say

MOST_ROLES: Final = 10
"""Roles that are named in a line."""

NO_ROLE: Final = Later(
    "**Moderators**: no role but administrators' moderates here. Give one Manage "
    "Messages in the Chat Room, or name it with `role`."
)


@dataclass(frozen=True, slots=True)
class ModeratorRole:
    """A role whose holders are moderators, and what it lets them see."""

    mention: str
    sees_commands: bool
    """Whether Discord offers it the commands by default: that takes Manage Messages."""
    sees_cards: bool
    reads_threads: bool


def roles_of_moderators(
    chat: discord.abc.GuildChannel,
    moderators: discord.abc.GuildChannel,
    therapy: discord.abc.GuildChannel,
    role_id: int | None,
) -> list[ModeratorRole]:
    """Return the roles that moderate a Chat Room, but administrators' and bots', highest first."""
    return [
        _moderator_role(role, chat, moderators, therapy)
        for role in reversed(chat.guild.roles)
        if not (role.managed or role.permissions.administrator)
        and (role.id == role_id or may_moderate(chat.permissions_for(role)))
    ]


def left_to_do(roles: Sequence[ModeratorRole], moderators_id: int, therapy_id: int) -> list[str]:
    """Return what an admin has to do by hand, a line each; one line if nothing."""
    lacking = {
        say(
            "**Commands**: {roles} see none by default, as they lack Manage Messages. "
            "Server Settings → Integrations → me → Roles & Members → add them."
        ): [role for role in roles if not role.sees_commands],
        say(
            "**Cards**: {roles} cannot see <#{channel}>. Edit the channel → Permissions → add "
            "them → allow View Channel.",
            channel=moderators_id,
        ): [role for role in roles if not role.sees_cards],
        say(
            "**Threads**: {roles} cannot read the therapy threads under <#{channel}>. Edit the "
            "channel → Permissions → add them → allow View Channel and Manage Threads.",
            channel=therapy_id,
        ): [role for role in roles if not role.reads_threads],
    }
    lines = [line.format(roles=_named(some)) for line, some in lacking.items() if some]
    if not roles:
        lines.append(say(NO_ROLE))
    if not lines:
        return [say("Moderators have all the rights they need.")]
    return [say("**Still to do, so that moderators can work**"), *(f"- {line}" for line in lines)]


def _moderator_role(
    role: discord.Role,
    chat: discord.abc.GuildChannel,
    moderators: discord.abc.GuildChannel,
    therapy: discord.abc.GuildChannel,
) -> ModeratorRole:
    in_therapy = therapy.permissions_for(role)
    return ModeratorRole(
        mention=role.mention if not role.is_default() else "@everyone",
        sees_commands=chat.permissions_for(role).manage_messages,
        sees_cards=moderators.permissions_for(role).view_channel,
        reads_threads=in_therapy.view_channel and in_therapy.manage_threads,
    )


def _named(roles: Iterable[ModeratorRole]) -> str:
    mentions = [role.mention for role in roles]
    more = len(mentions) - MOST_ROLES
    return ", ".join(mentions[:MOST_ROLES]) + (
        say(" and {more} more", more=more) if more > 0 else ""
    )
