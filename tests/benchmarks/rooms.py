"""Many rooms side by side, with a model that answers at once or takes its time."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from bot.domain import ReplyWhen, Room, RoomSettings
from bot.sandbox import Sandbox
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.benchmarks.figures import Figure
from tests.benchmarks.process import memory_mb, processor_seconds
from tests.benchmarks.stage import Stage, database_url, open_stage

ROOMS: Final = (1, 16, 64, 256)
BUSY: Final = 64
MOST_BUSY_MB: Final = 130.0
"""Resident memory with so many `BUSY` rooms."""
MODEL_SECONDS: Final = (0.0, 0.5)
FOR_SECONDS: Final = 20.0
"""How long people talk at each point; the last replies are waited for besides."""
PATIENCE: Final = 180.0
"""What a reply may take at most, in seconds."""


@dataclass(frozen=True, slots=True)
class Talked:
    """The waits for replies, in seconds, and how long all of it took."""

    waits: Sequence[float]
    seconds: float
    unanswered: int
    """Rooms in which a reply did not come in time."""


async def measure_rooms(folder: Path, points: Sequence[int] = ROOMS) -> list[Figure]:
    """Replies a second and waits at each number of rooms, model by model."""

    async def prepare(sandbox: Sandbox) -> None:
        await make_rooms(sandbox, folder, max(points))

    figures = []
    async with open_stage(folder, prepare=prepare) as stage:
        rooms = [stage.sandbox.guild.channel_id(f"room-{one}") for one in range(max(points))]
        await talk(stage, rooms[:1], 2.0)  # connections open, templates are loaded
        for seconds in MODEL_SECONDS:
            stage.model.takes_seconds = seconds
            for count in points:
                used = processor_seconds(stage.process.pid)
                talked = await talk(stage, rooms[:count], FOR_SECONDS)
                spent = processor_seconds(stage.process.pid) - used
                figures.append(_figure(stage, count, seconds, talked, spent))
                sys.stderr.write(f"{figures[-1].what}: {figures[-1].shown}\n")
                if count == BUSY:
                    now = memory_mb(stage.process.pid)
                    figures.append(Figure("  memory then", now, "MB", MOST_BUSY_MB))
    return figures


async def make_rooms(sandbox: Sandbox, folder: Path, count: int) -> None:
    """Make channels that are Chat Rooms from the start: `/setup` takes its time."""
    guild = sandbox.guild
    settings = RoomSettings(reply_when=ReplyWhen.ALWAYS)
    async with open_database(database_url(folder)) as database:
        stores = Stores.over(database)
        for number in range(count):
            guild.add_channel(f"room-{number}")
            room_id = guild.channel_id(f"room-{number}")
            await stores.rooms.bind(
                Room(room_id, guild.guild_id, guild.moderators_id, room_id, settings=settings)
            )


async def talk(stage: Stage, room_ids: Sequence[int], seconds: float) -> Talked:
    """Somebody writes in each room and waits for the reply, again and again for that long."""
    began = time.monotonic()
    until = began + seconds
    waits = await asyncio.gather(*(_talk_in(stage, room_id, until) for room_id in room_ids))
    seconds = time.monotonic() - began
    answered = [one for of_room in waits for one in of_room if one is not None]
    return Talked(answered, seconds, sum(None in of_room for of_room in waits))


async def _talk_in(stage: Stage, room_id: int, until: float) -> list[float | None]:
    log, waits = stage.sandbox.requests, list[float | None]()
    while not waits or time.monotonic() < until:
        mark, said_at = log.mark, time.monotonic()
        await stage.ana.say(room_id, f"Message {len(waits)} in room {room_id}.")
        posts = f"POST /channels/{room_id}/messages"
        try:
            (reply, *_) = await log.wait_for(posts, since=mark, timeout=PATIENCE)
        except TimeoutError:
            return [*waits, None]
        waits.append(reply.began - said_at)
    return waits


def _figure(stage: Stage, rooms: int, seconds: float, talked: Talked, spent: float) -> Figure:
    name = f"{rooms} room{'s' * (rooms != 1)}, model {seconds * 1000:.0f} ms"
    if not talked.waits:
        return Figure(name, 0.0, "replies/s", beside=f"no reply within {PATIENCE:.0f} s")
    slow = quantiles(talked.waits, n=20)[-1] if len(talked.waits) > 1 else talked.waits[0]
    beside = (
        f"wait p50 {median(talked.waits):.2f} s, p95 {slow:.2f} s; "
        f"{spent / len(talked.waits) * 1000:.0f} ms of processor a turn; "
        f"{memory_mb(stage.process.pid):.0f} MB"
    )
    if talked.unanswered:
        beside += f"; {talked.unanswered} rooms without a reply for {PATIENCE:.0f} s"
    return Figure(name, len(talked.waits) / talked.seconds, "replies/s", beside=beside)
