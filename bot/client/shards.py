"""The share of the rooms that a process with some of the shards hears of."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.domain import Room


def select_own_rooms(
    rooms: Iterable[Room], shard_ids: Collection[int] | None, shard_count: int | None
) -> dict[int, int]:
    """Return the servers of the Chat Rooms, by room, that a process with these shards hears of.

    No shards mean all of them. Simulated rooms are nobody's: who plays in them sees to them.
    """
    return {
        room.id: room.guild_id
        for room in rooms
        if not room.simulated and hears_of(room.guild_id, shard_ids, shard_count)
    }


def hears_of(guild_id: int, shard_ids: Collection[int] | None, shard_count: int | None) -> bool:
    """Return whether a process with these shards hears of a server, by Discord's own rule."""
    return not shard_ids or (guild_id >> 22) % (shard_count or 1) in shard_ids
