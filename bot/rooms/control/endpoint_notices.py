"""The notices to moderators that an endpoint is away, and that it is back: one each.

A moderator channel reads of it once some turn of its rooms is concerned, however many turns are.
What it was told is kept before it is posted, so that a restart tells nobody twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import structlog

from bot.domain import NewPost, PostKind, PostTo, Room
from bot.llm.health import EndpointHealth, ReadHealth
from bot.reasons import Reason, because, because_count
from bot.storage.stores.stores import Stores

log = structlog.get_logger(__name__)

STEADY_SECONDS: Final = 60.0
"""For which an endpoint has to be well before it is called so: one that comes and goes is away."""
_KEY: Final = "endpoint away: {}"


class EndpointNotices:
    """The teller of moderators, for the clock."""

    def __init__(
        self, stores: Stores, health: ReadHealth, *, steady_seconds: float = STEADY_SECONDS
    ) -> None:
        self._stores = stores
        self._health = health
        self._steady_seconds = steady_seconds
        self._told: dict[str, dict[int, float]] = {}
        """By endpoint: the room through which each channel was told, with when it went away."""

    async def look(self, is_own: Callable[[int], bool] = lambda _: True) -> None:
        """Tell whom an endpoint that is away concerns, and whom it did once it is back."""
        for health in self._health():
            key = _KEY.format(health.title)
            if key not in self._told:
                kept = await self._kept(key)
                self._told[key] = {one: at for one, at in kept.items() if is_own(one)}
            if health.away_since is not None:
                await self._tell_away(key, health, is_own)
            elif self._told[key] and (health.steady_for or 0.0) >= self._steady_seconds:
                await self._tell_back(key, health, is_own)

    async def _tell_away(
        self, key: str, health: EndpointHealth, is_own: Callable[[int], bool]
    ) -> None:
        told, since = self._told[key], health.away_since or datetime.now(UTC)
        waiting = await self._stores.turns.rooms_with_work()
        concerned = {*waiting, *await self._stores.turns.rooms_to_evaluate()}
        rooms = await self._rooms(sorted(filter(is_own, concerned)))
        known = {room.moderator_channel_id for room in await self._rooms(told)}
        new = {room.moderator_channel_id: room for room in reversed(rooms)}
        for channel_id, first in new.items():
            if channel_id in known:
                continue
            there = [room for room in rooms if room.moderator_channel_id == channel_id]
            count = sum([await self._waiting(room) for room in there])
            told[first.id] = since.timestamp()
            await self._keep_and_post(key, [first.id], away_text(health, count), is_own)

    async def _tell_back(
        self, key: str, health: EndpointHealth, is_own: Callable[[int], bool]
    ) -> None:
        told = self._told[key]
        seconds = datetime.now(UTC).timestamp() - min(told.values()) - (health.steady_for or 0.0)
        rooms = [room.id for room in await self._rooms(told)]
        told.clear()
        await self._keep_and_post(key, rooms, back_text(health, seconds), is_own)

    async def _rooms(self, room_ids: Iterable[int]) -> list[Room]:
        found = [await self._stores.rooms.get(room_id) for room_id in room_ids]
        return [room for room in found if room is not None and not room.simulated]

    async def _waiting(self, room: Room) -> int:
        """Return how many messages of a room wait for an answer."""
        turn = await self._stores.turns.open_turn(room.id)
        under_way = len(turn.message_ids) if turn else 0
        return under_way + await self._stores.turns.backlog(room.id)

    async def _kept(self, key: str) -> dict[int, float]:
        """Return what is kept of an endpoint, for the rooms of every process."""
        kept = json.loads(await self._stores.key_value.get(key) or "{}")
        return {int(one): at for one, at in kept.items()}

    async def _keep_and_post(
        self, key: str, room_ids: Iterable[int], text: str, is_own: Callable[[int], bool]
    ) -> None:
        others = {one: at for one, at in (await self._kept(key)).items() if not is_own(one)}
        told = others | self._told[key]
        kept = json.dumps({str(one): at for one, at in told.items()})
        await self._stores.key_value.put(key, kept)
        posts = [
            NewPost(room_id, PostTo.MODERATORS, PostKind.NOTICE, text=text) for room_id in room_ids
        ]
        await self._stores.outbox.add(posts)
        log.info("moderators told of an endpoint", rooms=len(posts))


def away_text(health: EndpointHealth, waiting: int) -> Reason:
    """Return what moderators read when an endpoint is away; ``waiting`` messages are theirs."""
    failed = because_count(
        "{count} call has failed, because: {why}",
        "{count} calls in a row have failed, the last because: {why}",
        health.failures,
        why=health.why,
    )
    if health.is_replaced:
        then = because("The fallback model answers until then.")
    elif health.is_fallback:
        then = because("It is the fallback: if the first one fails too, nobody is answered.")
    else:
        then = because_count(
            "{count} message waits here; whoever cannot be answered in time gets an apology.",
            "{count} messages wait here; whoever cannot be answered in time gets an apology.",
            waiting,
        )
    return because(
        "⚠️ **A model does not answer**: {title}. {failed}\n{then} I keep checking, at "
        "least once a minute; `/status` says how it is. I say this only once.",
        title=health.title,
        failed=failed,
        then=then,
    )


def back_text(health: EndpointHealth, seconds: float) -> Reason:
    """Return what moderators read when it is back, after so many seconds."""
    minutes = max(1, round(seconds / 60))
    return because_count(
        "✅ **A model answers again**: {title}, after {count} minute.",
        "✅ **A model answers again**: {title}, after {count} minutes.",
        minutes,
        title=health.title,
    )
