"""The scheduler of what comes due in the rooms of this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bot.domain.posts import ChatRoomPort
from bot.engine.departures import Departures
from bot.engine.engine import Engine
from bot.engine.retention import Retention
from bot.rooms.chat.notices import DelayNotice, WaitNotice
from bot.rooms.control.endpoint_notices import EndpointNotices
from bot.rooms.evaluation.card_policy import make_digests
from bot.rooms.evaluation.day_digests import DayDigests


class Scheduler:
    """The doer of what time alone brings about, whenever the clock strikes."""

    def __init__(
        self,
        engine: Engine,
        port: ChatRoomPort,
        is_own_server: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """Take the engine; ``is_own_server`` says which servers are this process's, by id."""
        self._engine = engine
        self._is_own_server = is_own_server
        self._stores = engine.stores
        self._pauses = engine.control.pauses
        self.endpoint_notices = EndpointNotices(engine.stores, engine.control.endpoints)
        self.delay_notice = DelayNotice(engine.stores, port, engine.texts)
        self.wait_notice = WaitNotice(engine.stores, port, engine.texts)
        engine.privacy.on_forgotten.append(self.wait_notice.forget)
        self.retention = Retention(engine.stores.rooms, engine.stores.retention)
        self.day_digests = DayDigests(engine.stores, engine.agents.day_critic)
        self.departures = Departures(engine.stores, engine.privacy)

    async def run_due(self) -> None:
        """Do what has come due: timed resumes, digests, notices, steps to be tried again."""
        is_own = self._engine.is_own
        await self._pauses.resume_due(is_own)
        await make_digests(self._stores, is_own=is_own)
        await self.day_digests.look(datetime.now(UTC), is_own)
        await self.delay_notice.give(is_own=is_own)
        await self.wait_notice.give(is_own=is_own)
        await self.endpoint_notices.look(self._engine.is_own)
        await self._engine.recover()
        await self.retention.look(datetime.now(UTC), is_own, self._is_own_server)
        if (limits := self._engine.control.limits) is not None:
            await limits.forget_earlier_days()
        await self.departures.look(datetime.now(UTC), is_own, self._is_own_server)

    async def settled(self) -> None:
        """Return once nothing that came due is being worked on; for tests."""
        await self.day_digests.workers.settled()
        await self.retention.workers.settled()
        await self.departures.workers.settled()

    async def close(self) -> None:
        """End what came due; the next start looks again."""
        await self.day_digests.workers.close()
        await self.retention.workers.close()
        await self.departures.workers.close()
