"""The permissions that the bot needs, by what a channel is for: the one list of them.

`/setup` and `doctor` ask for these, and the README's link invites the bot with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.domain.rooms import Room

MISSING_RIGHT_BECAUSE: Final = "a permission is missing: {why}"
MISSING_RIGHT: Final = MISSING_RIGHT_BECAUSE.partition("{")[0]
"""How the reason begins for which the bot itself stops a room until it may post again."""


class ChannelPurpose(Enum):
    """What a channel is to be."""

    CHAT_ROOM = "the Chat Room"
    MODERATORS = "the moderator channel"
    THERAPY = "the home of the therapy threads"


@dataclass(frozen=True, slots=True)
class RequiredPermission:
    """A permission as discord.py names it, as people see it, and what it is for."""

    flag: str
    label: str
    why: str


_VIEW: Final = RequiredPermission("view_channel", "View Channel", "to be there at all")
_HISTORY: Final = RequiredPermission(
    "read_message_history", "Read Message History", "to find what it missed"
)

REQUIRED_PERMISSIONS: Final[dict[ChannelPurpose, tuple[RequiredPermission, ...]]] = {
    ChannelPurpose.CHAT_ROOM: (
        _VIEW,
        RequiredPermission("send_messages", "Send Messages", "to reply"),
        _HISTORY,
    ),
    ChannelPurpose.MODERATORS: (
        _VIEW,
        RequiredPermission("send_messages", "Send Messages", "to post score cards"),
        _HISTORY,
        RequiredPermission("embed_links", "Embed Links", "to show score cards"),
        RequiredPermission("attach_files", "Attach Files", "to show session files"),
    ),
    ChannelPurpose.THERAPY: (
        _VIEW,
        _HISTORY,
        RequiredPermission(
            "create_private_threads", "Create Private Threads", "to open the Therapy Room"
        ),
        RequiredPermission(
            "send_messages_in_threads", "Send Messages in Threads", "to write there"
        ),
        RequiredPermission(
            "manage_threads", "Manage Threads", "to reopen a thread that was locked"
        ),
    ),
}
"""What the bot needs in a channel of each purpose."""


def required_by_channel(room: Room) -> dict[int, tuple[RequiredPermission, ...]]:
    """Return what the bot needs in each channel of a Chat Room, by the channel's id.

    A channel with two purposes needs what both need, each permission once.
    """
    by_channel: dict[int, dict[str, RequiredPermission]] = {}
    for channel_id, purpose in (
        (room.id, ChannelPurpose.CHAT_ROOM),
        (room.moderator_channel_id, ChannelPurpose.MODERATORS),
        (room.therapy_parent_id, ChannelPurpose.THERAPY),
    ):
        needed = by_channel.setdefault(channel_id, {})
        for permission in REQUIRED_PERMISSIONS[purpose]:
            needed.setdefault(permission.flag, permission)
    return {channel_id: tuple(needed.values()) for channel_id, needed in by_channel.items()}
