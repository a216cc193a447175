"""A load on the bot, and kills at random moments of it."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from bot.sandbox import Message, Sandbox
from tests.e2e.mind import HARM, Mind
from tests.kills.fates import Witness
from tests.kills.findings import Found, count_broken, look_around
from tests.kills.house import KilledHouse
from tests.kills.record import Record
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import OpenAIServer, Request

PEOPLE = ("Ana", "Ben")
LONGEST_LIFE = 1.5
"""Seconds after which a process is killed at the latest, once it is connected, or works."""
BUSY = 0.8
"""The share of kills that come while the bot works, and not while it starts."""
QUIET_FOR = 1.5
"""Seconds without anything new after which all is taken to be done."""
SHORT_LEASE = "6 2 0.5"
"""Of a process alone on PostgreSQL, so that each start need not wait for the last one's end."""

Show = Callable[[str], None]


def silent(line: str) -> None:
    """Show nothing."""


async def run_kills(
    folder: Path,
    kills: int,
    *,
    seed: int = 0,
    seconds: float | None = None,
    postgres_url: str | None = None,
    show: Show = silent,
) -> Found:
    """Kill the bot so often, or for so long, while people talk; return what is left.

    ``postgres_url`` is where its database is, if not in a file.
    """
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
    extra = {"DATABASE_URL": postgres_url, "LEASE_TIMES": SHORT_LEASE} if postgres_url else {}
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox, patient_people():
        let_answer(server, chance)
        house, witness = KilledHouse(folder, sandbox, server, extra), Witness(sandbox, [folder])
        await house.open()
        try:
            await house.begin()
            await house.set_up()
            said: list[Message] = []
            talking = asyncio.create_task(talk(house, chance, said))
            done, until = 0, asyncio.get_running_loop().time() + (seconds or float("inf"))
            while done < kills and asyncio.get_running_loop().time() < until:
                if chance.random() < BUSY:
                    await house.work()
                await asyncio.sleep(chance.random() * LONGEST_LIFE)
                await house.end_seen(signal.SIGKILL)
                await house.begin()
                done += 1
                show(
                    f"kill {done} of {kills}: {len(said)} messages, {len(house.replies())} replies"
                )
            await end_talk(talking)
            record = Record(house.environment["DATABASE_URL"])
            await settle(record, [house], said)
            await house.end_seen(signal.SIGTERM)
            seen = [look_around(house.ana, house.max)]
            return await count_broken(record, seen, said, done, witness)
        finally:
            await house.close()


@asynccontextmanager
async def patient_people() -> AsyncIterator[None]:
    """Let a bot on a busy machine answer later than Discord would wait."""
    with patch("bot.sandbox.users.user.FIRST_RESPONSE", PATIENCE):
        yield


def let_answer(server: OpenAIServer, chance: random.Random) -> None:
    """Have a model answer after a moment, and find harm now and then."""
    mind = Mind()

    async def answer(request: Request) -> object:
        await asyncio.sleep(chance.random() * 0.05)
        if chance.random() < 0.3:
            mind.reviews.append(HARM)
        return await mind.answer(request)

    server.always(answer)


async def talk(
    house: KilledHouse, chance: random.Random, said: list[Message], longest: float = 1.5
) -> None:
    """Have people talk in a house's lobby, until cancelled."""
    while True:
        person = house.sandbox.person(chance.choice(PEOPLE), of=house.guild)
        said.append(await person.say("#lobby", f"I have {len(said)} cats today"))
        await asyncio.sleep(chance.random() * longest)


async def end_talk(*talking: asyncio.Task[None]) -> None:
    """Have people say no more; raise what kept them from talking, if anything did."""
    for task in talking:
        task.cancel()
    await asyncio.wait(talking)
    for task in talking:
        if not task.cancelled():
            task.result()


async def settle(record: Record, houses: Sequence[KilledHouse], said: Sequence[Message]) -> None:
    """Return once every turn is over and every post is out, and nothing new comes.

    What the bot has not heard yet is waited for longer: a start takes its time on a busy machine.
    """
    now = asyncio.get_running_loop().time
    quiet_since, before = now(), [(0, 0)]
    async with asyncio.timeout(10 * PATIENCE):
        while True:
            seen = [(len(one.replies()), len(one.max.messages("#moderators"))) for one in houses]
            rest = await record.rest(said)
            if seen != before or rest.undone:
                quiet_since, before = now(), seen
            elif now() - quiet_since > (PATIENCE if rest.unheard else QUIET_FOR):
                return
            await asyncio.sleep(0.2)
