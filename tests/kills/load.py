"""A load on the bot, kills at random moments of it, and the count of what is missing after all."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.rooms.chat.fixed_texts import DELAY_TEXT
from bot.sandbox import Message, Sandbox
from tests.e2e.mind import HARM, Mind
from tests.e2e.process import House
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import OpenAIServer, Request

PEOPLE = ("Ana", "Ben")
LONGEST_LIFE = 1.5
"""Seconds after which a process is killed at the latest, once it is connected, or works."""
BUSY = 0.8
"""The share of kills that come while the bot works, and not while it starts."""
QUIET_FOR = 1.5
"""Seconds without anything new after which all is taken to be done."""


@dataclass(frozen=True)
class Found:
    """What a run left behind; all but the first three have to be 0."""

    kills: int
    messages: int
    replies: int
    lost: int
    doubled: int
    without_session: int
    cards_missing: int

    @property
    def broken(self) -> dict[str, int]:
        """Return what should not be, with how often it is."""
        names = ("lost", "doubled", "without_session", "cards_missing")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.messages} messages, {self.replies} replies: "
            f"{self.lost} lost, {self.doubled} doubled, {self.without_session} without a finished "
            f"session, {self.cards_missing} cards missing"
        )


class KilledHouse(House):
    """A house whose bot is forked from a process that has loaded it."""

    nursery: asyncio.subprocess.Process | None = None
    child: int | None = None
    _log_began: int = 0

    async def open(self) -> None:
        """Start the process that has the bot's code."""
        self.nursery = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.kills.nursery",
            cwd=self.folder, env=self._environment(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def begin(self) -> None:
        """Start the bot; return once it is connected."""
        assert self.nursery is not None
        assert self.nursery.stdin is not None
        log = self.folder / "log.jsonl"
        self._log_began = log.stat().st_size if log.exists() else 0
        self.nursery.stdin.write(b"start\n")
        self.child = await self._told("started")
        await self.sandbox.gateway.wait_connected(PATIENCE)

    async def work(self) -> None:
        """Return once the bot takes up what was said before, as its log tells."""
        async with asyncio.timeout(PATIENCE):
            while b'"connected"' not in self._logged():  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.02)

    def _logged(self) -> bytes:
        """Return what the bot that runs now has logged."""
        with (self.folder / "log.jsonl").open("rb") as log:
            log.seek(self._log_began)
            return log.read()

    async def end(self, how: signal.Signals) -> None:
        """End the bot; return once it is gone, and Discord knows."""
        assert self.child is not None
        os.kill(self.child, how)
        await self._told("ended")
        self.child = None
        async with asyncio.timeout(PATIENCE):
            while self.sandbox.gateway.connected:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """End all processes."""
        if self.child is not None:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
        if self.nursery is not None:
            self.nursery.kill()
            await self.nursery.wait()

    async def _told(self, what: str) -> int:
        assert self.nursery is not None
        assert self.nursery.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = (await self.nursery.stdout.readline()).decode().split()
        assert line[:1] == [what], f"the bot ended:\n{self.log[-2000:]}"
        return int(line[1])


async def run_kills(
    folder: Path,
    kills: int,
    *,
    seed: int = 0,
    seconds: float | None = None,
    show: Callable[[str], None] = lambda _: None,
) -> Found:
    """Kill the bot so often, or for so long, while people talk; return what is left."""
    chance, mind = random.Random(seed), Mind()  # noqa: S311 - chance that can be repeated

    async def answer(request: Request) -> object:
        await asyncio.sleep(chance.random() * 0.05)
        if chance.random() < 0.3:
            mind.reviews.append(HARM)
        return await mind.answer(request)

    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
        server.always(answer)
        house = KilledHouse(folder, sandbox, server)
        await house.open()
        try:
            await house.begin()
            await house.set_up()
            said: list[Message] = []
            talking = asyncio.create_task(_talk(house, chance, said))
            done, until = 0, asyncio.get_running_loop().time() + (seconds or float("inf"))
            while done < kills and asyncio.get_running_loop().time() < until:
                if chance.random() < BUSY:
                    await house.work()
                await asyncio.sleep(chance.random() * LONGEST_LIFE)
                await house.end(signal.SIGKILL)
                await house.begin()
                done += 1
                show(
                    f"kill {done} of {kills}: {len(said)} messages, {len(house.replies())} replies"
                )
            talking.cancel()
            await asyncio.wait([talking])
            await _quiet(house, said)
            await house.end(signal.SIGTERM)
            return _count(house, said, done)
        finally:
            await house.close()


async def _talk(house: KilledHouse, chance: random.Random, said: list[Message]) -> None:
    while True:
        person = house.sandbox.person(chance.choice(PEOPLE))
        said.append(await person.say("#lobby", f"I have {len(said)} cats today"))
        await asyncio.sleep(chance.random() * 1.5)


async def _quiet(house: KilledHouse, said: Sequence[Message]) -> None:
    """Return once every turn is over and every post is out, and nothing new comes.

    What the bot has not heard yet is waited for longer: a start takes its time on a busy machine.
    """
    quiet_since, seen = asyncio.get_running_loop().time(), (0, 0)
    async with asyncio.timeout(10 * PATIENCE):
        while True:
            now = (len(house.replies()), len(house.max.messages("#moderators")))
            if now != seen or _left_to_do(house):
                quiet_since, seen = asyncio.get_running_loop().time(), now
            elif asyncio.get_running_loop().time() - quiet_since > QUIET_FOR:
                waited = asyncio.get_running_loop().time() - quiet_since
                if waited > PATIENCE or not _unheard(house, said):
                    return
            await asyncio.sleep(0.1)


def _unheard(house: KilledHouse, said: Sequence[Message]) -> bool:
    known = {row[0] for row in _rows(house, "SELECT id FROM messages")}
    return any(message.id not in known for message in said)


def _left_to_do(house: KilledHouse) -> bool:
    queries = (
        "SELECT count(*) FROM outbox WHERE done_at IS NULL",
        "SELECT count(*) FROM turns WHERE evaluation IN ('none', 'pending')",
        "SELECT count(*) FROM messages WHERE turn_id IS NULL AND set_aside_at IS NULL",
    )
    return any(row[0] for query in queries for row in _rows(house, query))


def _rows(house: KilledHouse, query: str) -> list[tuple[int, ...]]:
    connection = sqlite3.connect(f"file:{house.folder / 'bot.db'}?mode=ro", uri=True, timeout=20)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _count(house: KilledHouse, said: list[Message], kills: int) -> Found:
    """Count in Discord what people see, and hold it against the record."""
    answered = {
        row[0]: row[1]
        for row in _rows(
            house,
            "SELECT messages.id, turns.id FROM messages JOIN turns ON turns.id = messages.turn_id "
            "WHERE turns.state IN ('sent', 'withheld')",
        )
    }
    posted = {row[0]: row[1] for row in _rows(house, "SELECT message_id, turn_id FROM reply_posts")}
    reviewed = {
        row[0]
        for row in _rows(
            house,
            "SELECT DISTINCT turns.id FROM turns JOIN utterances ON utterances.turn_id = turns.id "
            "WHERE turns.state = 'sent' AND utterances.speaker = 'therapist'",
        )
    }
    replies = [m for m in house.replies() if m.text != DELAY_TEXT]
    turns = [posted[m.id] for m in replies if m.id in posted]
    per_turn = Counter(turns)
    unknown = sum(m.id not in posted for m in replies)
    withheld = {row[0] for row in _rows(house, "SELECT id FROM turns WHERE state = 'withheld'")}
    cards = Counter(card for m in house.max.messages("#moderators") for card in _cards_in(m))
    return Found(
        kills=kills,
        messages=len(said),
        replies=len(replies),
        lost=sum(m.id not in answered for m in said),
        doubled=unknown
        + sum(count - 1 for count in per_turn.values())
        + sum(count - 1 for count in cards.values()),
        without_session=len({*turns} - reviewed - withheld),
        cards_missing=len({*answered.values()} - {*cards}),
    )


def _cards_in(message: Message) -> list[int]:
    """Return the turns whose score cards a message has."""
    named = (re.search(r" Reply #(\d+) · ", embed.title or "") for embed in message.embeds)
    return [int(found[1]) for found in named if found]
