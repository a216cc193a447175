"""``python -m tests.benchmarks [growth | rooms] [--markdown]``: the tables of ``make bench``.

By itself all but growth, which takes minutes and a gigabyte; ``growth 20000`` takes fewer turns.
``growth --folder FOLDER`` keeps its databases there, and takes those of an earlier run.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console

from bot.storage.migrations import migrate
from tests.benchmarks.figures import Figure, of_times, print_markdown, print_table
from tests.benchmarks.growth import measure_growth
from tests.benchmarks.page import measure_page
from tests.benchmarks.process import memory_mb, processor_seconds, time_help
from tests.benchmarks.reports import measure_reports
from tests.benchmarks.rooms import ROOMS as ROOM_COUNTS
from tests.benchmarks.rooms import measure_rooms
from tests.benchmarks.stage import Stage, database_url, open_stage
from tests.benchmarks.storage import time_bare_writes, time_writes
from tests.benchmarks.turns import measure_rate, measure_turns

TURNS: Final = 60
WARM_UP: Final = 10
"""Turns before any is measured: connections open, templates are loaded."""
ROOMS: Final = 8
EACH: Final = 12
"""Messages in each of the rooms that talk side by side."""
WRITES: Final = 400
HELPS: Final = 5
SETTLE_SECONDS: Final = 3.0
"""After connecting, until memory is read: what a start needs has been given back by then."""
ARROW: Final = "\N{RIGHTWARDS ARROW}"
ECHO: Final = ("-m", "tests.benchmarks.echo")


async def main(what: Sequence[str], *, markdown: bool) -> bool:
    """Measures what is asked for and prints it; whether all bounds hold."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder, console.status("Measuring (some minutes)"):
        match what:
            case ["growth", "--folder", kept, *turns]:
                await asyncio.to_thread(Path(kept).mkdir, parents=True, exist_ok=True)
                figures = await measure_growth(Path(kept), *map(int, turns))
            case ["growth", *turns]:
                figures = await measure_growth(Path(folder), *map(int, turns))
            case ["rooms", *points]:
                figures = await measure_rooms(Path(folder), [*map(int, points)] or ROOM_COUNTS)
            case _:
                figures = await measure(Path(folder))
    if markdown:
        print_markdown(figures)
    else:
        print_table(whole_lines(), figures)
    sys.stderr.write(f"On {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}.\n")
    return all(figure.fits for figure in figures)


def whole_lines() -> Console:
    """The console; in a pipe or file wide enough for every row on one line."""
    return Console() if sys.stdout.isatty() else Console(width=200)


async def measure(folder: Path) -> list[Figure]:
    """All figures, in the order of the table."""
    places = [folder / name for name in ("echo", "first", "bot", "storage", "rooms")]
    for place in places:
        place.mkdir()
    helps = time_help(HELPS)
    echo = await measure_echo(places[0])
    first = await measure_first_start(places[1])
    return [
        *await measure_bot(places[2], echo=echo, first=first),
        Figure("python -m bot --help", median(helps), "s", 0.5),
        await measure_storage(places[3]),
        *await measure_rooms(places[4]),
        *await measure_page(),
    ]


@dataclass(frozen=True, slots=True)
class Echo:
    """What a bare bot takes for a reply, in milliseconds, and its replies a second in all rooms."""

    reply: float
    processor: float
    rate: float


async def measure_echo(folder: Path) -> Echo:
    """What a bare bot takes, beside which ours is told: both on the same machine in one run."""
    async with open_stage(folder, ECHO) as stage:
        lobby = stage.sandbox.guild.lobby_id
        await measure_turns(stage, lobby, WARM_UP, scored=False)
        used = processor_seconds(stage.process.pid)
        turns = await measure_turns(stage, lobby, TURNS, scored=False)
        spent = processor_seconds(stage.process.pid) - used
        for number in range(ROOMS):
            stage.sandbox.guild.add_channel(f"room-{number}")
        rooms = [stage.sandbox.guild.channel_id(f"room-{number}") for number in range(ROOMS)]
        rate = await measure_rate(stage, rooms, EACH)
        return Echo(median(turn.seconds for turn in turns) * 1000, spent / TURNS * 1000, rate)


async def measure_first_start(folder: Path) -> float:
    """Idle memory in MB of a process that has just made its database."""
    async with open_stage(folder) as stage:
        await stage.set_up_room("lobby")
        await asyncio.sleep(SETTLE_SECONDS)
        return memory_mb(stage.process.pid)


async def measure_bot(folder: Path, *, echo: Echo, first: float) -> list[Figure]:
    """All that needs the bot's process; ``first`` is the memory of a first start, in MB."""
    await migrate(database_url(folder))
    async with open_stage(folder) as stage:
        room_id = await stage.set_up_room("lobby")
        await asyncio.sleep(SETTLE_SECONDS)
        idle = memory_mb(stage.process.pid)
        await measure_turns(stage, room_id, WARM_UP)
        turns = [
            figure
            for kind in (
                Kind("nothing to work on", 2, most_processor=46, finds=False),
                Kind("one round", 3, most_processor=62, finds=True),
            )
            for figure in await measure_kind(stage, room_id, kind, echo)
        ]
        return [
            *turns,
            await measure_side_by_side(stage, echo),
            Figure("memory, idle", idle, "MB", 110),
            Figure("memory, idle, the first time", first, "MB", 110),
            Figure("memory, after all these turns", memory_mb(stage.process.pid), "MB"),
            await measure_reports(stage),
        ]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of turn: its name, the model calls in line, whether the Therapist finds something."""

    name: str
    calls: int
    most_processor: float
    """Times the processor time of a bare bot's reply."""
    finds: bool


async def measure_kind(stage: Stage, room_id: int, kind: Kind, echo: Echo) -> list[Figure]:
    """Turns of one kind, one after the other."""
    stage.model.finds_something = kind.finds
    used = processor_seconds(stage.process.pid)
    turns = await measure_turns(stage, room_id, TURNS)
    spent = processor_seconds(stage.process.pid) - used
    processor = spent / TURNS * 1000
    taken = of_times(
        f"message {ARROW} reply, {kind.name}",
        [turn.seconds for turn in turns],
        most_ms=25,
    )
    calls = max(turn.model_calls for turn in turns)
    others = [call for turn in turns for call in turn.discord_calls]
    named = ", ".join(sorted(set(others))[:2])
    return [
        taken.times(echo.reply, "a bare bot"),
        Figure("  model calls in line", calls, "", kind.calls),
        Figure("  Discord calls before it, but typing", len(others), "", 0, named),
        Figure("  processor time of the whole turn", processor, "ms"),
        Figure(
            "  of that, bare bot's replies",
            processor / echo.processor,
            "",
            kind.most_processor,
            f"a reply {echo.processor:.1f} ms",
        ),
    ]


async def measure_side_by_side(stage: Stage, echo: Echo) -> Figure:
    """Many rooms at once."""
    rooms = [await stage.set_up_room(f"room-{number}") for number in range(ROOMS)]
    rate = await measure_rate(stage, rooms, EACH)
    beside = f"a bare bot {echo.rate:.0f}, {echo.rate / rate:.0f} times as many"
    return Figure(f"{ROOMS} rooms side by side, one round", rate, "replies/s", beside=beside)


async def measure_storage(folder: Path) -> Figure:
    """The cost of a write."""
    ours, bare = await time_writes(folder, WRITES), time_bare_writes(folder, WRITES)
    return of_times("keeping a message in the database", ours).times(
        median(bare) * 1000, "bare SQLite"
    )


if __name__ == "__main__":
    asked = [word for word in sys.argv[1:] if word != "--markdown"]
    sys.exit(0 if asyncio.run(main(asked, markdown="--markdown" in sys.argv)) else 1)
