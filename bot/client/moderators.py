"""The permissions that make a member of a server a moderator of a Chat Room."""

from __future__ import annotations

import discord


def may_moderate(held: discord.Permissions) -> bool:
    """Return whether who holds these permissions in a Chat Room is a moderator there."""
    return held.manage_messages or held.moderate_members
