"""Every line of the log that is about a turn carries that turn's id, and no other's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.contextvars import bound_contextvars, get_contextvars, merge_contextvars
from structlog.testing import capture_logs

from bot.errors import DeliveryError
from bot.tasks import KeyedTasks
from tests.world import HARM, LOBBY, Mishap, World, llm_down


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World(tmp_path).open()
    yield opened
    await opened.close()


async def test_drafting_sending_posting_and_scoring_name_the_turn_they_are_about(
    world: World,
) -> None:
    with capture_logs(processors=[merge_contextvars]) as logs:
        world.post_mishaps.append(DeliveryError("503"))
        world.script.reviews.append(HARM)
        await world.say("You never listen to me.")
        await world.settle()
        world.script.drafts.append(llm_down())
        world.chat.mishaps.append(Mishap.DOWN)
        await world.say("Hello?")
        await world.settle()
        await world.engine.recover()
        await world.settle()
    ids: dict[str, list[int | None]] = {}
    for line in logs:
        ids.setdefault(line["event"], []).append(line.get("turn_id"))
        assert line["room_id"] == LOBBY
    assert ids["turn evaluated"] == [1, 2]
    assert ids["agent failed"] == [2]
    assert ids["reply not delivered"] == [2]
    assert ids["post not delivered"] == [1]
    assert None not in {turn_id for found in ids.values() for turn_id in found}


async def test_who_wakes_a_worker_lends_it_no_turn() -> None:
    seen: list[dict[str, object]] = []

    async def work(_: int) -> bool:
        seen.append(get_contextvars())
        return False

    workers = KeyedTasks[int]("test", work)
    with bound_contextvars(turn_id=1):
        workers.wake(7)
        await workers.settled()
    assert seen == [{}]
