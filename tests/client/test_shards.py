"""Of which rooms a process hears."""

from __future__ import annotations

import pytest

from bot.client.shards import select_own_rooms
from bot.domain import Room

GUILDS = [number << 22 for number in range(4)]
ROOMS = [Room(10 + number, guild, 20, 10) for number, guild in enumerate(GUILDS)]


@pytest.mark.parametrize(
    ("shard_ids", "shard_count", "own"),
    [
        ((), 1, [10, 11, 12, 13]),
        ((), 2, [10, 11, 12, 13]),
        ((0,), 2, [10, 12]),
        ((1,), 2, [11, 13]),
        ((0, 1), 2, [10, 11, 12, 13]),
        ((3, 1), 4, [11, 13]),
        ((5,), 6, []),
    ],
)
def test_a_room_belongs_to_the_shard_of_its_server(
    shard_ids: tuple[int, ...], shard_count: int, own: list[int]
) -> None:
    found = select_own_rooms(ROOMS, shard_ids, shard_count)
    assert sorted(found) == own
    assert all(found[room.id] == room.guild_id for room in ROOMS if room.id in own)


def test_a_simulated_room_is_nobodys() -> None:
    assert select_own_rooms([Room(10, 1, 20, 10, simulated=True)], (), 1) == {}
