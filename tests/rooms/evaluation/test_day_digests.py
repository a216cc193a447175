"""A digest a day: when it is due, and that it comes once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import PostKind, Room, RoomSettings
from bot.rooms.evaluation.day_digests import DayDigests, due_at
from tests.world import LOBBY, World

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


def all_own(_: int) -> bool:
    return True


def none_own(_: int) -> bool:
    return False


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (NINE, NINE),
        (NINE + timedelta(minutes=59), NINE),
        (NINE + timedelta(hours=11), NINE),  # the bot was away
        (NINE + timedelta(hours=12), None),
        (NINE - timedelta(seconds=1), None),
    ],
)
def test_it_is_due_at_its_hour_and_a_while_later(now: datetime, due: datetime | None) -> None:
    assert due_at(Room(1, 2, 3, 4, settings=RoomSettings(digest_hour=9)), now) == due


def test_a_room_without_an_hour_and_a_simulated_one_have_none() -> None:
    assert due_at(Room(1, 2, 3, 4), NINE) is None
    hour = RoomSettings(digest_hour=9)
    assert due_at(Room(1, 2, 3, 4, settings=hour, simulated=True), NINE) is None


async def test_a_day_with_a_turn_has_one_digest_whatever_happens(tmp_path: Path) -> None:
    soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    world = await World(tmp_path).open(RoomSettings(digest_hour=soon.hour))
    await world.say("cats")
    await world.settle()
    digests = DayDigests(world.stores)
    assert await digests.look(soon - timedelta(minutes=1), all_own) == []
    assert await digests.look(soon, none_own) == []
    assert await DayDigests(world.stores).look(soon, all_own) == [LOBBY]
    assert await digests.look(soon + timedelta(minutes=1), all_own) == []
    assert await DayDigests(world.stores).look(soon, all_own) == [], "after a restart"
    assert await digests.look(soon + timedelta(days=1), all_own) == [], "nothing was said"
    await world.heal()
    (post,) = world.shown(PostKind.DAY)
    assert post.ref == int(soon.timestamp())
    await world.close()


async def test_the_clock_looks_for_it(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    world = await World(tmp_path).open(RoomSettings(digest_hour=now.hour))
    await world.scheduler.run_due()
    until = now.replace(minute=0, second=0, microsecond=0)
    assert not await world.stores.digests.make_day(LOBBY, until), "it was seen to already"
    await world.close()
