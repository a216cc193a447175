"""What a run of kills counts, and what it says of what it counts."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain import UserMessage
from bot.sandbox import Message, Sandbox
from bot.storage.database.database import Database
from bot.storage.migrations import migrate
from bot.storage.stores.stores import Stores
from tests.kills import load
from tests.kills.fates import Witness
from tests.kills.findings import Found, count_broken, look_around
from tests.kills.house import KilledHouse
from tests.kills.record import Record
from tests.stand_ins.openai_server import OpenAIServer
from tests.storage.samples import ROOM, end_turn


@dataclass
class World:
    """A Discord without a bot, and the database of one that has gone."""

    folder: Path
    sandbox: Sandbox
    stores: Stores
    witness: Witness

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'bot.db'}"

    @property
    def house(self) -> KilledHouse:
        return KilledHouse(self.folder, self.sandbox, OpenAIServer(strict=False))

    async def say(self, text: str) -> Message:
        return await self.sandbox.person("Ana").say("#lobby", text)

    async def keep(self, message: Message) -> None:
        assert await self.stores.messages.add(as_kept(message))

    async def reply(self, *answered: Message, ids: tuple[int, ...]) -> None:
        """What waits is answered, and scored, by a reply that is in Discord as these."""
        for message in answered:
            await self.keep(message)
        turn = await self.stores.turns.claim(ROOM.id)
        assert turn is not None
        await end_turn(self.stores, turn, "A reply.", ids=ids)
        self._score()

    async def withhold(self, message: Message, why: str) -> None:
        """No reply comes of a message, and no apology."""
        await self.keep(message)
        turn = await self.stores.turns.claim(ROOM.id)
        assert turn is not None
        await end_turn(self.stores, replace(turn, withheld_because=why), None)
        self._score()

    def _score(self) -> None:
        with closing(sqlite3.connect(self.folder / "bot.db")) as connection, connection:
            connection.execute("UPDATE turns SET evaluation = 'scored'")

    def post(self, message: Message, text: str = "A reply.") -> int:
        """What the bot posts in answer to a message."""
        backend = self.sandbox.backend
        reference = {"message_id": str(message.id), "channel_id": str(message.place_id)}
        me = backend.bot_user.id
        return backend.create_message(message.place_id, me, text, reference=reference).id

    async def found(self, *said: Message) -> Found:
        seen = look_around(self.sandbox.person("Ana"), self.sandbox.person("Max"))
        return await count_broken(Record(self.url), [seen], said, 1, self.witness)


def as_kept(message: Message) -> UserMessage:
    at = datetime.now(UTC)
    return UserMessage(message.id, ROOM.id, message.author_id, message.author, message.text, at)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    await asyncio.to_thread(asyncio.run, migrate(url))
    database = await Database.open(url)
    stores = Stores.over(database)
    await stores.rooms.bind(ROOM)
    async with Sandbox() as sandbox:
        yield World(tmp_path, sandbox, stores, Witness(sandbox, [tmp_path]))
    await database.close()


class MovingRecord(Record):
    """A record beside which the bot goes on: after each query it does the next of its acts."""

    def __init__(self, url: str, acts: Iterator[Callable[[], Awaitable[None]] | None]) -> None:
        super().__init__(url)
        self._acts = acts

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        rows = await super().rows(query)
        if act := next(self._acts, None):
            await act()
        return rows


@pytest.mark.parametrize("queries", range(5))
async def test_what_is_heard_between_two_looks_at_the_record_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, queries: int
) -> None:
    said = [await world.say("I have 0 cats today")]

    async def keep() -> None:
        await world.keep(said[0])

    async def answer() -> None:
        await world.reply(ids=(world.post(said[0]),))

    monkeypatch.setattr(load, "QUIET_FOR", 0.0)
    record = MovingRecord(world.url, iter([*[None] * queries, keep, *[None] * 3, answer]))
    await load.settle(record, [world.house], said)
    assert (await world.found(*said)).lost == 0


async def test_of_each_lost_message_it_says_what_became_of_it(world: World) -> None:
    texts = ("answered", "unseen", "failed", "begun", "left", "aside", "unheard")
    said = [await world.say(text) for text in texts]
    answered, unseen, failed, begun, left, aside, unheard = said
    await world.reply(answered, ids=(world.post(answered),))
    await world.reply(unseen, ids=(404,))
    await world.withhold(failed, "the model is away")
    await world.keep(begun)
    assert await world.stores.turns.claim(ROOM.id) is not None
    await world.keep(left)
    await world.stores.messages.add_context(as_kept(aside), datetime.now(UTC))
    log = [
        {"event": "history not read", "level": "warning", "room_id": 1},
        {"event": "message not taken in", "level": "error", "message_id": unheard.id},
    ]
    (world.folder / "log.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in log))
    found = await world.found(*said)
    assert found.broken["lost"] == 6
    way = "told to none, the history read 0 times since"
    trouble = "    trouble in the log: 1 x history not read; 1 x message not taken in"
    assert "\n".join(found.fates).splitlines() == [
        f"lost: {unseen.id} 'unseen', answered by turn 2, whose reply nobody saw; {way}", trouble,
        f"lost: {failed.id} 'failed', in turn 3, withheld without a word: the model is away; {way}",
        trouble,
        f"lost: {begun.id} 'begun', in turn 4, which is claimed still; {way}", trouble,
        f"lost: {left.id} 'left', kept, but no turn claimed it; {way}", trouble,
        f"lost: {aside.id} 'aside', kept and set aside: context; {way}", trouble,
        f"lost: {unheard.id} 'unheard', not kept; {way}", trouble, f"    {json.dumps(log[1])}",
    ]  # fmt: skip
    assert str(found).endswith("\n".join(found.fates))


async def test_of_each_post_too_many_it_says_of_which_turn_it_is(world: World) -> None:
    said = await world.say("hello")
    first, second, strange = world.post(said), world.post(said, "Again."), world.post(said, "Hm.")
    await world.reply(said, ids=(first, second))
    found = await world.found(said)
    assert found.broken["doubled"] == 2
    answer = f"in answer to {said.id}"
    assert [fate.splitlines()[0] for fate in found.fates] == [
        f"doubled: {second} 'Again.' {answer}, of turn 1 as [{first}]",
        f"doubled: {strange} 'Hm.' {answer}, which no turn has on record",
    ]
