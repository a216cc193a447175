"""Several processes of the bot on one PostgreSQL, killed and stalled while people talk."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox import Message, Sandbox
from bot.sandbox.server.guild import GuildSetup
from tests.kills.fates import Witness
from tests.kills.findings import Found, count_broken, look_around
from tests.kills.house import KilledHouse, Nursery
from tests.kills.load import Show, end_talk, let_answer, patient_people, settle, silent, talk
from tests.kills.record import Record
from tests.stand_ins.openai_server import OpenAIServer

WITHIN = 60.0
"""Seconds in which every shard has to be served again after a kill."""


SEEN = 0.3
"""Seconds after which the end of a process has been seen in Discord."""


@dataclass(frozen=True)
class Pace:
    """How quick it all goes. ``lease``: the leases' seconds, margin and round, if not the bot's.

    ``identifies`` sessions may begin at once. A share of ``stalls`` is not killed, but stands still
    for longer than a lease. A killed process stays away for ``away`` seconds at most, and people
    wait for ``talk`` seconds at most before they say the next thing.
    """

    lease: str = ""
    lease_seconds: float = 20.0
    identifies: int = 1
    stalls: float = 0.2
    away: float = 30.0
    talk: float = 3.0


QUICK = Pace("8 2 0.4", 8.0, 16, 0.0, 1.0, 1.0)
"""For a test: leases that are as short as a busy machine can renew them."""


class Processes:
    """The processes, and the servers that they share."""

    def __init__(
        self, houses: list[KilledHouse], sandbox: Sandbox, guilds: list[GuildSetup]
    ) -> None:
        self.houses = houses
        self._sandbox = sandbox
        self._count = len(guilds)
        self.rooms = [houses[0].at(guild) for guild in guilds]

    async def begin(self) -> None:
        """Start all, and make each server's lobby a room."""
        first = self.houses[0]
        nursery = await Nursery.open(first.folder.parent, first.environment)
        for house in self.houses:
            house.folder.mkdir()
            house.nursery = nursery
            await house.launch()
        await self.all_served()
        await self._even()
        for room in self.rooms:
            await room.set_up()

    async def all_served(self, seconds: float = 2 * WITHIN) -> float:
        """Return once each shard has a connection, and how long that took."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while self.served() != self._count:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def _even(self) -> None:
        """Return once each process has a share."""
        record, wanted = Record(self.houses[0].environment["DATABASE_URL"]), len(self.houses)
        holders = "SELECT count(DISTINCT process_id) FROM shard_leases"
        async with asyncio.timeout(2 * WITHIN):
            while await record.rows(holders) != [(wanted,)]:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.2)
        await self.all_served()

    def served(self) -> int:
        """How many shards have a connection that belongs to a process which runs."""
        connected = self._sandbox.gateway.connected
        return len({session.shard[0] for session in connected})

    async def close(self) -> None:
        """End all."""
        await self.houses[0].close()


async def run_many(
    folder: Path,
    kills: int,
    postgres_url: str,
    *,
    processes: int = 3,
    shards: int = 6,
    seed: int = 0,
    pace: Pace = Pace(),
    show: Show = silent,
) -> Found:
    """Kill or stall one of the processes so often, while people talk; return what is left."""
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
    extra = {
        "DATABASE_URL": postgres_url, "SHARDS": "auto", "SHARD_COUNT": str(shards),
        "LEASE_TIMES": pace.lease,
    }  # fmt: skip
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox, patient_people():
        let_answer(server, chance)
        sandbox.backend.max_concurrency = pace.identifies
        guilds = [sandbox.add_guild(shard, shards) for shard in range(shards)]
        houses = [
            KilledHouse(folder / f"process-{n}", sandbox, server, extra) for n in range(processes)
        ]
        there = Processes(houses, sandbox, guilds)
        witness = Witness(sandbox, [house.folder for house in houses])
        try:
            await there.begin()
            said: list[Message] = []
            waits: list[float] = []
            async with _talking(there, chance, said, pace):
                for number in range(kills):
                    how = await _harm_one(there, chance, pace, waits)
                    show(f"{number + 1} of {kills}, {how}: {len(said)} messages")
                await there.all_served()
            record = Record(postgres_url)
            await settle(record, there.rooms, said)
            for house in houses:
                await house.end(signal.SIGTERM)
            seen = [look_around(room.ana, room.max) for room in there.rooms]
            show(f"{sandbox.gateway.too_early} of {sandbox.gateway.identifies} sessions too early")
            return await count_broken(record, seen, said, kills, witness, waits)
        finally:
            await there.close()


@asynccontextmanager
async def _talking(
    there: Processes, chance: random.Random, said: list[Message], pace: Pace
) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(talk(room, chance, said, pace.talk)) for room in there.rooms]
    try:
        yield
    finally:
        await end_talk(*tasks)


async def _harm_one(there: Processes, chance: random.Random, pace: Pace, waits: list[float]) -> str:
    """Kill a process, or let it stand still for longer than its leases; wait for the others."""
    await asyncio.sleep(chance.random() * 3)
    house = chance.choice(there.houses)
    if chance.random() < pace.stalls:
        house.send(signal.SIGSTOP)
        await asyncio.sleep(pace.lease_seconds * (1 + chance.random() / 2))
        house.send(signal.SIGCONT)
        return f"stalled {house.folder.name}"
    await house.end(signal.SIGKILL)
    began = time.monotonic()
    await asyncio.sleep(SEEN)
    back = asyncio.create_task(_come_back(house, chance.random() * pace.away))
    await there.all_served()
    waits.append(time.monotonic() - began)
    await back
    return f"killed {house.folder.name}, all served after {waits[-1]:.0f} s"


async def _come_back(house: KilledHouse, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await house.launch()
