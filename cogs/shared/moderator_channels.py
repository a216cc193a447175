"""The moderator channels, looked at before each post: where everybody reads, nothing is posted."""

from __future__ import annotations

from collections.abc import Iterable

import discord
import structlog

from bot.client.audience import Audience, audience_of
from bot.client.bot import FourRoomsBot
from bot.domain import Post, Room
from bot.errors import DeliveryHeld
from bot.text.moderator_texts import say

log = structlog.get_logger(__name__)


class ModeratorChannels:
    """The eye on who can see the moderator channels. Asks nothing of Discord: the cache knows."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self._public: set[int] = set()
        """Rooms whose moderator channel was public when it was last looked at."""

    def audience(self, room: Room) -> Audience | None:
        """Return who can see a room's moderator channel; None if the channel is not there."""
        guild = self._bot.get_guild(room.guild_id)
        channel = guild.get_channel(room.moderator_channel_id) if guild else None
        if guild is None or channel is None:
            return None
        return audience_of(
            channel,
            guild.get_channel(room.id),
            me=guild.me,
            moderator_role_id=room.moderator_role_id,
        )

    async def require_private(self, post: Post) -> None:
        """Let a post to the moderators go on only where they alone read. Raises DeliveryHeld."""
        room = await self._bot.stores.rooms.get(post.new.room_id)
        if room is not None and self.look_at(room):
            raise DeliveryHeld(f"everybody can see channel {room.moderator_channel_id}")

    def look_at(self, room: Room) -> bool:
        """Return whether everybody can see a room's moderator channel; act where that changed."""
        audience = self.audience(room)
        public = audience is not None and audience.everybody is not None
        ids = {"room_id": room.id, "channel_id": room.moderator_channel_id}
        if public and room.id not in self._public:
            self._public.add(room.id)
            log.warning("moderator channel is public, its posts are held", **ids)
        elif not public and room.id in self._public:
            self._public.discard(room.id)
            log.info("moderator channel is private again, its posts go out", **ids)
            self._bot.engine.outbox_relay.reset_backoff(room.id)
        return public

    def warning(self, rooms: Iterable[Room]) -> str:
        """Return a line for admins on each moderator channel that is public; mostly there is none.

        It ends with the end of a line, so that what follows begins on its own.
        """
        lines: dict[str, None] = {}
        for room in rooms:
            audience = self.audience(room)
            if audience is not None and audience.everybody is not None:
                lines[warn_of(room.moderator_channel_id, audience.everybody)] = None
        return "".join(lines)

    async def warning_for(self, guild_id: int | None) -> str:
        """Return the `warning` on all Chat Rooms of a server."""
        return self.warning(await self._bot.stores.rooms.of_guild(guild_id or 0))


def warn_of(channel_id: int, everybody: discord.Role) -> str:
    """Return the line that admins read while a moderator channel is public."""
    role = name_role(everybody)
    return say(
        "⚠️ **Everybody can see <#{channel_id}>** through {role}, so nothing is posted "
        "there until they cannot: Edit Channel → Permissions → take View Channel from "
        "{role}.\n",
        channel_id=channel_id,
        role=role,
    )


def name_role(role: discord.Role) -> str:
    """Return a role's name as Discord shows it."""
    return "@everyone" if role.is_default() else role.mention
