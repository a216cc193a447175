"""``python -m tests.benchmarks growth``: every command on a small database and on a large one.

The bot runs in this process, in an in-memory Discord; what draws is left out, since a picture is
made elsewhere and takes the same time whatever is stored. `/forget` is no part of it: it works
through all that may quote somebody, little by little.

With ``--folder FOLDER`` the databases are kept there, and used again within the hour: a large one
takes minutes. Of an older one, what looks at the last day would find nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Final

import structlog
from simcord.env import Env

from bot.domain.day_shares import whole_days
from bot.reports.report_maker import ReportMaker
from bot.storage.database.database import Database
from bot.storage.migrations import migrate
from bot.storage.stores.stores import Stores
from cogs.shared import pictures
from tests.benchmarks.figures import Figure
from tests.benchmarks.large_database import fill
from tests.cogs.conftest import Server, new_bot, new_server
from tests.cogs.patient_env import PatientEnv
from tests.world import Moments, Script

SMALL: Final = 1_000
LARGE: Final = 100_000
"""Turns: ten messages and ten calls each."""
STALE: Final = timedelta(hours=1)
"""How old the newest turn of a database may be that is used again."""
TIMES: Final = 7
MOST_MS: Final = 500.0
MOST_RATIO: Final = 1.5

Use = Callable[[Server], Awaitable[object]]


def _slash(name: str, **options: Any) -> Use:
    return lambda server: server.max.slash(server.lobby, name, **options)


def _since(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def _forget_nothing(server: Server) -> object:
    """The daily look of a room that keeps words for longer than there are any."""
    return await server.bot.stores.retention.forget(server.lobby.id, _since(400))


async def _conversation(server: Server) -> object:
    """What goes into a prompt, where nearly all that was said is forgotten."""
    stores = server.bot.stores
    _, second, *_ = sorted(room.id for room in await stores.rooms.all())
    (turn,) = await stores.turns.latest(second, 1)
    return await stores.messages.conversation(turn)


async def _old_conversation(server: Server) -> object:
    stores = server.bot.stores
    turn = await stores.turn_search.by_number(server.lobby.id, 40)
    assert turn is not None
    return await stores.messages.conversation(turn)


async def _day(server: Server) -> object:
    stores, now = server.bot.stores, datetime.now(UTC)
    await stores.score_sums.read([server.lobby.id], whole_days(7, now), whole_days(0, now))
    await stores.score_sums.read([server.lobby.id], now - timedelta(days=1), now)
    await stores.turn_history.said_of([server.lobby.id], now - timedelta(days=1), now)
    await stores.turn_history.ended_between(server.lobby.id, now - timedelta(days=1), now)
    return await stores.calls.usage([server.lobby.id], now - timedelta(days=1))


async def _person_slash(server: Server) -> object:
    return await server.max.slash(server.lobby, "person", who=server.ben)


USES: Final[dict[str, Use]] = {
    "/status": _slash("status"),
    "/usage, a week": _slash("usage"),
    "/usage, a year": _slash("usage", days=365),
    "/scores, a week": _slash("scores"),
    "/scores, a year": _slash("scores", days=365),
    "/session, the latest": _slash("session"),
    "/session 40": _slash("session", reply=40),
    "/find, nothing asked": _slash("find"),
    "/find, of everybody's words": _slash("find", words="exam"),
    "/find, what is not there": _slash("find", words="nowhere", days=365),
    "/person": _person_slash,
    "/review": _slash("review"),
    "/incident": _slash("incident", reply=40),
    "/log": _slash("log"),
    "/log, of a reply": _slash("log", reply=3),
    "/settings": lambda server: server.ada.slash(server.lobby, "settings"),
    "/guidance list": _slash("guidance list"),
    "/reflect": _slash("reflect"),
    "/query": _slash("query"),
    "/privacy show": lambda server: server.ana.slash(server.lobby, "privacy show"),
    "/privacy export": lambda server: server.ana.slash(server.lobby, "privacy export"),
    "/about": _slash("about"),
    "/help": _slash("help"),
    "what a shorter time of keeping would delete": lambda server: server.bot.stores.retention.count(
        server.lobby.id, _since(30)
    ),
    "daily look for old words": _forget_nothing,
    "digest of a day, its figures": _day,
    "stop rules after a resume": lambda server: server.bot.stores.turn_history.latest_ended(
        server.lobby.id, 10, datetime.now(UTC)
    ),
    "conversation, nearly all forgotten": _conversation,
    "conversation of an old turn": _old_conversation,
}


@contextmanager
def steady_ids(env: Env) -> Iterator[None]:
    """Give what is made meanwhile the ids that it had the last time: a kept database knows them."""
    ids = count(1 << 22)
    backend: Any = env.backend
    backend.snowflake = lambda: backend.reserve_id(next(ids))
    try:
        yield
    finally:
        del backend.snowflake


def newest_turn(file: Path) -> datetime:
    """Return the moment with which the newest turn of a database began; there has to be one."""
    with closing(sqlite3.connect(file)) as connection:
        (moment,) = connection.execute("SELECT max(created_at) FROM turns").fetchone()
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def _delete(file: Path) -> None:
    for end in ("", "-wal", "-shm"):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)


@asynccontextmanager
async def filled_server(folder: Path, turns: int) -> AsyncIterator[Server]:
    """A server with four rooms, of which the first is Max's lobby, and so many turns.

    What the folder holds of a run shortly before is used, and brought to the newest schema.
    """
    kept, unfinished = folder / f"{turns}.db", folder / f"{turns}-unfinished.db"
    full = kept.exists() and datetime.now(UTC) - newest_turn(kept) < STALE
    file = kept if full else unfinished
    if not full:
        for left in (kept, unfinished):
            _delete(left)
    await migrate(f"sqlite:///{file}")
    database = await Database.open(f"sqlite:///{file}")
    env = PatientEnv(new_bot(Stores.over(database), Script(Moments())))
    await env.start()
    try:
        with steady_ids(env):
            server = await new_server(env)
            names = ("second", "third", "fourth")
            chats = [server.lobby, *map(server.guild.create_text_channel, names)]
        if full:
            with env._bot_scope():
                await server.bot.tree.sync()  # this Discord has heard of none
        else:
            for chat in chats:
                await server.set_up(chat=chat)
            people = [server.ana.id, server.ben.id]
            ids = [chat.id for chat in chats]
            await asyncio.to_thread(fill, file, server.guild.id, ids, turns, people)
            full = True
        yield server
        await server.bot.engine.close(0)
    finally:
        await env.shutdown()
        await database.close()
        if full:
            file.replace(kept)


async def measure_growth(folder: Path, large: int = LARGE) -> list[Figure]:
    """Each command's time on the large database, with that on the small one beside.

    Each has a process of its own, and both take turns: the machine is shared.
    """
    processes = [await _start(folder, turns) for turns in (SMALL, large)]
    figures = []
    for name in USES:
        taken: list[list[float]] = [[] for _ in processes]
        for _ in range(1 + TIMES):
            for process, times in zip(processes, taken, strict=True):
                times.append(await _ask(process, name))
        # The first time is none, and of the others whoever shares the machine makes all but the
        # least longer.
        little, much = (min(times[1:]) for times in taken)
        sys.stderr.write(f"  {name}: {little:.1f} and {much:.1f} ms\n")
        ratio = much / little
        over = "" if ratio <= MOST_RATIO else ", over 1.5"
        beside = f"{little:.1f} ms of {SMALL:,} turns: {ratio:.2f} times{over}"
        figures.append(Figure(name, much, "ms", MOST_MS, beside))
    for process in processes:
        process.communicate()
    return figures


async def _start(folder: Path, turns: int) -> Popen[str]:
    """Start the process of a database, and wait until that is filled."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", str(folder), str(turns)]
    process = await asyncio.to_thread(Popen, command, stdin=PIPE, stdout=PIPE, text=True)
    await _answer(process)
    return process


async def _ask(process: Popen[str], name: str) -> float:
    """Return the milliseconds that one use takes there."""
    assert process.stdin is not None
    process.stdin.write(f"{name}\n")
    process.stdin.flush()
    return float(await _answer(process))


async def _answer(process: Popen[str]) -> str:
    assert process.stdout is not None
    line = await asyncio.to_thread(process.stdout.readline)
    if not line:
        raise ChildProcessError("the process of a database has ended")
    return line


async def serve_uses(folder: Path, turns: int) -> None:
    """Do each use that a line names, and answer with its milliseconds of processor."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    _draw_nothing()
    async with filled_server(folder, turns) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while name := (await asyncio.to_thread(sys.stdin.readline)).strip():
            began = time.process_time()
            await USES[name](server)
            sys.stdout.write(f"{(time.process_time() - began) * 1000}\n")
            sys.stdout.flush()


def _draw_nothing() -> None:
    async def make(_: ReportMaker, function: Any, *args: Any, **options: Any) -> Any:
        return await asyncio.to_thread(function, *args, **options)

    ReportMaker.make = make  # type: ignore[assignment,method-assign]
    pictures.can_draw = lambda: False


if __name__ == "__main__":
    asyncio.run(serve_uses(Path(sys.argv[1]), int(sys.argv[2])))
