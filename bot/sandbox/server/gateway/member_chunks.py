"""Answers to a client that asks for the members of a guild."""

from __future__ import annotations

from typing import Any, Final

from simcord.backend import serializers
from simcord.backend.models import Guild, Member

from bot.sandbox.server.backend import SandboxBackend

CHUNK: Final = 1000
"""Members in one answer."""


def build_member_chunks(sandbox: SandboxBackend, asked: Any) -> list[dict[str, Any]]:
    """Return the chunks that answer a request for members; none for an unknown guild."""
    guild = sandbox.guilds.get(int(asked["guild_id"])) if isinstance(asked, dict) else None
    if guild is None:
        return []
    members, missing = _asked_for(sandbox, guild, asked)
    if asked.get("limit"):
        members = members[: int(asked["limit"])]
    parts = [members[i : i + CHUNK] for i in range(0, len(members), CHUNK)] or [[]]
    chunks: list[dict[str, Any]] = [
        {
            "guild_id": str(guild.id),
            "members": [dict(serializers.member_payload(sandbox, guild, m)) for m in part],
            "chunk_index": index,
            "chunk_count": len(parts),
            "not_found": missing if index == 0 else [],
        }
        for index, part in enumerate(parts)
    ]
    if asked.get("nonce") is not None:
        chunks = [{**chunk, "nonce": asked["nonce"]} for chunk in chunks]
    return chunks


def _asked_for(
    sandbox: SandboxBackend, guild: Guild, asked: dict[str, Any]
) -> tuple[list[Member], list[str]]:
    """Return the members by id or by the start of their name, and which ids nobody has."""
    ids = asked.get("user_ids")
    if ids:
        wanted = [int(user_id) for user_id in (ids if isinstance(ids, list) else [ids])]
        members = [guild.members[user_id] for user_id in wanted if user_id in guild.members]
        return members, [str(user_id) for user_id in wanted if user_id not in guild.members]
    start = str(asked.get("query") or "").lower()
    return [
        member
        for member in guild.members.values()
        if sandbox.users[member.user_id].name.lower().startswith(start)
        or (member.nick or "").lower().startswith(start)
    ], []
