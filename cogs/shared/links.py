"""Addresses of messages and channels, for people to jump to."""

from __future__ import annotations


def to_channel(guild_id: int, channel_id: int) -> str:
    """The address of a channel or thread."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}"


def to_message(guild_id: int, channel_id: int, message_id: int) -> str:
    """The address of a message."""
    return f"{to_channel(guild_id, channel_id)}/{message_id}"
