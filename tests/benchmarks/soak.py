"""``python -m tests.benchmarks.soak [TURNS]``: many turns, and what is lost, doubled or kept.

Members talk in eight rooms with the real bot in a process of its own, over a Discord on this
machine and with a scripted model. A line a twentieth of the way, each whole, also into a pipe.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.sandbox import Sandbox
from tests.benchmarks.process import memory_mb
from tests.benchmarks.rooms import PATIENCE, make_rooms
from tests.benchmarks.stage import Stage, open_stage

TURNS: Final = 10_000
ROOMS: Final = 8
LINES: Final = 20
MOST_GROWTH: Final = 1.05
"""Times the memory after the first tenth: from there on it has to be flat."""
_SETTLED: Final = 30.0
"""Seconds for what comes after the last reply: scores, cards, threads."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was seen after so many turns."""

    turns: int
    seconds: float
    memory: float
    """Of the bot's process, in MB."""
    size: float
    """Of the database with its log, in MB."""
    lost: int
    doubled: int

    def __str__(self) -> str:
        return (
            f"{self.turns} turns, {self.turns / self.seconds:.1f} a second, {self.memory:.1f} MB, "
            f"database {self.size:.1f} MB, {self.lost} lost, {self.doubled} doubled"
        )


async def soak(folder: Path, turns: int, show: Callable[[Soaked], None]) -> list[Soaked]:
    """Take so many turns, and return what was seen on the way."""

    async def prepare(sandbox: Sandbox) -> None:
        await make_rooms(sandbox, folder, ROOMS)

    seen: list[Soaked] = []
    async with open_stage(folder, prepare=prepare) as stage:
        rooms = [stage.sandbox.guild.channel_id(f"room-{number}") for number in range(ROOMS)]
        talked, posted, mark, began = 0, 0, 0, time.monotonic()
        for number in range(1, LINES + 1):
            each = round(turns * number / LINES) // ROOMS - talked // ROOMS
            if each <= 0:
                continue
            await asyncio.gather(*(_talk(stage, room_id, each) for room_id in rooms))
            talked += each * ROOMS
            await _settle(folder)
            # Of each stretch: the sandbox keeps only the latest requests.
            until = stage.sandbox.requests.mark
            posted += _posts_in_rooms(stage, folder, mark, until)
            mark = until
            seen.append(_look(stage, folder, talked, posted, time.monotonic() - began))
            show(seen[-1])
    return seen


async def _talk(stage: Stage, room_id: int, count: int) -> None:
    log = stage.sandbox.requests
    for number in range(count):
        stage.model.finds_something = number % 4 == 0
        mark = log.mark
        await stage.ana.say(room_id, f"Message {number} of the day, about my exam.")
        await log.wait_for(f"POST /channels/{room_id}/messages", since=mark, timeout=PATIENCE)


def _posts_in_rooms(stage: Stage, folder: Path, since: int, until: int) -> int:
    """Return how many posts there were in Chat Rooms. RuntimeError where not all are known."""
    asked = stage.sandbox.requests.since(since)
    if len(asked) < until - since:
        raise RuntimeError("more requests since the last look than the sandbox keeps")
    rooms = {room for (room,) in _rows(folder, "SELECT id FROM rooms")}
    paths = [one.path.split("/") for one in asked if one.method == "POST"]
    return sum(path[-1] == "messages" and int(path[-2]) in rooms for path in paths)


def _look(stage: Stage, folder: Path, talked: int, posted: int, seconds: float) -> Soaked:
    ((answered,),) = _rows(
        folder,
        "SELECT count(*) FROM messages JOIN turns ON turns.id = messages.turn_id "
        "WHERE turns.state = 'sent'",
    )
    ((replies,),) = _rows(folder, "SELECT count(DISTINCT turn_id) FROM reply_posts")
    files = sum(file.stat().st_size for file in folder.glob("bench.db*"))
    return Soaked(
        turns=talked,
        seconds=seconds,
        memory=memory_mb(stage.process.pid),
        size=files / 2**20,
        lost=talked - answered,
        doubled=posted - replies,
    )


async def _settle(folder: Path) -> None:
    """Return once all is scored and posted, or after a while."""
    until = time.monotonic() + _SETTLED
    left = "SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL) + "
    left += "(SELECT count(*) FROM turns WHERE evaluation IN ('none', 'pending'))"
    while _rows(folder, left)[0][0] and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.2)


def _rows(folder: Path, query: str) -> list[tuple[int, ...]]:
    file = f"file:{folder / 'bench.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True, timeout=20)) as connection:
        return connection.execute(query).fetchall()


def main() -> int:
    """Print what was seen; return 1 if anything was lost or doubled, or memory grew."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(soak(Path(folder), turns, _show))
    if not seen:
        sys.stderr.write(f"That is too few: one turn in each of {ROOMS} rooms is the least.\n")
        return 2
    start, end = seen[len(seen) // 10], seen[-1]
    growth = end.memory / start.memory
    sys.stdout.write(f"memory {growth:.3f} times that after {start.turns} turns\n")
    return int(bool(end.lost or end.doubled) or growth > MOST_GROWTH)


def _show(seen: Soaked) -> None:
    sys.stdout.write(f"{seen}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
