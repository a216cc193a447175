"""The forgetting of those who are gone: members who left a server, and servers the bot left.

No privileged intent tells who left. So once a day those with stored words who have been silent for
long are looked up, a few of a server, one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.rooms import days_after_leaving
from bot.rooms.privacy.privacy import Privacy
from bot.storage.stores.privacy.personal_data import MOST_LOOKED_UP
from bot.storage.stores.stores import Stores
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(days=1)
SERVER_KEPT_FOR: Final = timedelta(days=30)
"""How long a server's rows stay after the bot was removed: whoever removed it may think again."""
PACE_SECONDS: Final = 1.0
"""Between two look-ups: Discord allows far more, and nobody waits."""

IsMember = Callable[[int, int], Awaitable[bool | None]]
"""Whether a person, by id, is a member of a server, by its id; None where Discord does not say."""


class Departures:
    """The forgetting of members who left, and of servers that removed the bot."""

    def __init__(self, stores: Stores, privacy: Privacy) -> None:
        self._stores = stores
        self._privacy = privacy
        self.is_member: IsMember | None = None
        """Set by whoever has a connection to Discord."""
        self._next: datetime | None = None
        self._now: datetime | None = None
        self._after: dict[int, int] = {}
        """By server: the person up to whom people were looked up the last time."""
        self.workers = KeyedTasks[int]("departures", self._look_up)

    async def look(
        self,
        now: datetime,
        is_own: Callable[[int], bool],
        is_own_server: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """See to the servers with rooms that ``is_own`` names: at first, and then once a day.

        ``is_own_server`` tells by id which of those that were left are this process's.
        """
        if self._next is not None and now < self._next:
            return
        self._next, self._now = now + EVERY, now
        left = await self._stores.departures.left_before(now - SERVER_KEPT_FOR)
        for guild_id in filter(is_own_server, left):
            await self._stores.departures.delete(guild_id)
            log.info("server deleted", guild_id=guild_id)
        rooms = [room for room in await self._stores.rooms.all() if is_own(room.id)]
        for guild_id in sorted({room.guild_id for room in rooms}):
            self.workers.wake(guild_id)

    async def _look_up(self, guild_id: int) -> bool:
        """Forget those of a server's silent people who have left; there is no more to do today."""
        days = days_after_leaving(await self._stores.rooms.of_guild(guild_id))
        if days is None or self._now is None or self.is_member is None:
            return False
        people = await self._stores.personal_data.silent_since(
            guild_id, self._now - timedelta(days=days), after_id=self._after.get(guild_id, 0)
        )
        for person_id in people:
            there = await self.is_member(guild_id, person_id)
            if there is None:
                return False
            if not there:
                await self._privacy.forget_person(person_id, guild_id)
            self._after[guild_id] = person_id
            await asyncio.sleep(PACE_SECONDS)
        if len(people) < MOST_LOOKED_UP:
            self._after[guild_id] = 0
        return False
