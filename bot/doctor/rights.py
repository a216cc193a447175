"""Which permissions the bot needs where, and which it has: Discord's own rules, by hand.

`cogs` ask discord.py for the same; a test holds the two lists together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.doctor.rest import Channel, Guild, Member
from bot.domain import Room

_ADMINISTRATOR: Final = 1 << 3
_EVERYTHING: Final = -1  # every bit set

VIEW: Final = {"View Channel": 1 << 10}
HISTORY: Final = {"Read Message History": 1 << 16}
CHAT_ROOM: Final = {**VIEW, "Send Messages": 1 << 11, **HISTORY}
MODERATORS: Final = {**CHAT_ROOM, "Embed Links": 1 << 14, "Attach Files": 1 << 15}
THERAPY: Final = {
    **VIEW,
    **HISTORY,
    "Create Private Threads": 1 << 36,
    "Send Messages in Threads": 1 << 38,
    "Manage Threads": 1 << 34,
}


def needed_in(room: Room) -> dict[int, dict[str, int]]:
    """Per channel that has a seat in ``room``: the permissions needed there, by name."""
    needed: dict[int, dict[str, int]] = {}
    for channel_id, rights in (
        (room.id, CHAT_ROOM),
        (room.moderator_channel_id, MODERATORS),
        (room.therapy_parent_id, THERAPY),
    ):
        needed.setdefault(channel_id, {}).update(rights)
    return needed


def lacking(needed: Mapping[str, int], has: int) -> list[str]:
    """The names of those permissions that are not in ``has``."""
    return [name for name, bit in needed.items() if not has & bit]


def permissions(me_id: int, guild: Guild, member: Member, channel: Channel) -> int:
    """The bot's permissions in a channel: its roles', then the channel's overwrites in order."""
    roles = {guild.id, *member.roles}
    held = 0
    for role in guild.roles:
        if role.id in roles:
            held |= role.permissions
    if held & _ADMINISTRATOR or guild.owner_id == me_id:
        return _EVERYTHING
    for layer in ({guild.id}, roles - {guild.id}, {me_id}):
        allow = deny = 0
        for overwrite in channel.permission_overwrites:
            if overwrite.id in layer:
                allow |= overwrite.allow
                deny |= overwrite.deny
        held = held & ~deny | allow
    # Who cannot see a channel can do nothing in it.
    return held if held & VIEW["View Channel"] else 0
