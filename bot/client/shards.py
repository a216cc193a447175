"""Which gateway the bot connects to, and of which rooms it hears there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import aiohttp

from bot.domain import Room
from bot.errors import SettingError

SECONDS: Final = 15.0
"""What a stand-in may take to answer."""


def own_rooms(
    rooms: Iterable[Room], shard_ids: Collection[int] | None, shard_count: int | None
) -> dict[int, int]:
    """The servers of the Chat Rooms, by room, that a process with these shards hears of.

    No shards mean all of them. Simulated rooms are nobody's: who plays in them sees to them.
    """
    return {
        room.id: room.guild_id
        for room in rooms
        # Discord's own rule for where a server is heard of.
        if not shard_ids or (room.guild_id >> 22) % (shard_count or 1) in shard_ids
        if not room.simulated
    }


async def gateway_of(api_url: str, token: str) -> str:
    """The gateway's address that the API of a stand-in for Discord at ``api_url`` names.

    Raises SettingError if nothing there answers as Discord does.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as session,
            session.get(
                f"{api_url}/gateway/bot",
                headers={"Authorization": f"Bot {token}"},
                raise_for_status=True,
            ) as answer,
        ):
            return str((await answer.json())["url"])
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
        raise SettingError(
            f"DISCORD_API_URL: no Discord answers at {api_url} ({type(error).__name__}). "
            "Unset it to use Discord itself."
        ) from error
