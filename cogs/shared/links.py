"""Addresses of messages and channels, for people to jump to."""

from __future__ import annotations

from bot.domain import Room, Turn


def to_channel(guild_id: int, channel_id: int) -> str:
    """Return the address of a channel or thread."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}"


def to_message(guild_id: int, channel_id: int, message_id: int) -> str:
    """Return the address of a message."""
    return f"{to_channel(guild_id, channel_id)}/{message_id}"


def to_reply(room: Room, turn: Turn) -> str | None:
    """Return the address of what the turn sent to the Chat Room, if anything."""
    if not turn.reply_message_ids:
        return None
    return to_message(room.guild_id, room.id, turn.reply_message_ids[0])
