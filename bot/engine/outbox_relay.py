"""The relay that takes the posts of the outbox to the Therapy Room and to the moderators.

A post is in the database before it is on its way, so that a crash loses none; posts to one
place go out in order. A task exists only while there is something to carry.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.domain import Post, PostTo
from bot.errors import DeliveryError, DeliveryHeld
from bot.storage.stores.outbox import Outbox
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

Destination = tuple[int, PostTo]

FIRST_BACKOFF: Final = 5.0
"""Seconds after a first failure; doubled at each further one."""
LONGEST_BACKOFF: Final = 600.0
"""Seconds. A channel that stays closed must not eat Discord's allowance of invalid requests."""
KEPT_FOR: Final = timedelta(days=1)
"""How long a post that Discord refuses is tried: time for an admin to mend a permission."""
AT_ONCE: Final = frozenset({PostTo.HELP, PostTo.CALL})
"""Places for which nothing else is waited."""
MAX_FAULTS: Final = 5
"""Tries of a post that fails by a fault of ours rather than Discord's."""


@dataclass(slots=True)
class _Backoff:
    """A place that did not take a post, and the time of the next try (monotonic seconds)."""

    until: float
    pause: float


class OutboxRelay:
    """The relay of the outbox's posts through ``deliver``, which renders and sends one."""

    def __init__(self, outbox: Outbox, deliver: Callable[[Post], Awaitable[int]]) -> None:
        self._outbox = outbox
        self._deliver = deliver
        self._looks = KeyedTasks[int]("outbox", self._look)
        self._workers = KeyedTasks[Destination]("postman", self._carry)
        self._closed: dict[Destination, _Backoff] = {}
        self._following: dict[Destination, Post] = {}
        """What goes next, where it has just been read."""
        self._held_back: set[int] = set()
        self._ended = 0
        """Posts that were delivered or given up: whoever read the outbox before one is late."""
        self._held: dict[Destination, datetime] = {}
        """When a place was last open to people its posts are not for."""

    def defer(self, room_id: int) -> None:
        """Begin no delivery for that room until `resume`: a reply is to go first."""
        self._held_back.add(room_id)

    def resume(self, room_id: int) -> None:
        """End `defer`, and look for posts."""
        self._held_back.discard(room_id)
        self.wake(room_id)

    def wake(self, room_id: int) -> None:
        """Look for posts of that room now, unless a place is known to be closed."""
        self._looks.wake(room_id)

    def note_posts(self, room_id: int) -> None:
        """Look for posts of that room, unless they wait for its reply: `resume` looks then."""
        if room_id not in self._held_back:
            self.wake(room_id)

    def reset_backoff(self, room_id: int) -> None:
        """Try that room's places again at once: someone says they are mended."""
        for place in PostTo:
            self._closed.pop((room_id, place), None)
            self._workers.forget_failures((room_id, place))
        self._looks.forget_failures(room_id)
        self.wake(room_id)

    async def wake_all(self, is_own: Callable[[int], bool]) -> None:
        """Look for posts of every room that is our own, as after a restart."""
        for place in await self._outbox.places_with_work():
            if is_own(place[0]):
                self._wake(place)

    async def overdue_seconds(self, is_own: Callable[[int], bool]) -> float:
        """Return the age of the oldest post of an own room that nothing is known to hold up.

        A place that refused its last post, or is held, is not counted: who can mend it is told.
        """
        now, waiting = datetime.now(UTC), await self._outbox.oldest()
        ages = [
            (now - since).total_seconds()
            for room_id, place, since in waiting
            if is_own(room_id) and (room_id, place) not in self._closed
        ]
        return max(ages, default=0.0)

    async def settled(self) -> None:
        """Return once nothing is on its way."""
        while not (self._looks.is_idle and self._workers.is_idle):
            await self._looks.settled()
            await self._workers.settled()

    async def close(self) -> None:
        """End the deliveries under way; what is not delivered stays in the outbox."""
        await self._looks.close()
        await self._workers.close()

    async def _look(self, room_id: int) -> bool:
        """Wake the places for which posts of the room wait: one question for all of them."""
        ended = self._ended
        for post in await self._outbox.next_of_each(room_id):
            place = (room_id, post.new.to)
            # What was read before another post ended may be that very one.
            is_fresh = ended == self._ended and not self._workers.busy(place)
            if is_fresh and not self._is_waiting(place):
                self._following[place] = post
            self._wake(place)
        return False

    def _wake(self, place: Destination) -> None:
        if not self._is_waiting(place):
            self._workers.wake(place)

    def _is_waiting(self, place: Destination) -> bool:
        """Return whether the place is closed, or waits for a reply to go first; help never does."""
        closed = self._closed.get(place)
        if closed is not None and time.monotonic() < closed.until:
            return True
        return place[0] in self._held_back and place[1] not in AT_ONCE

    async def _carry(self, place: Destination) -> bool:
        """Deliver the place's next post; say whether another may follow at once."""
        following = self._following.pop(place, None)
        if self._is_waiting(place):  # it may have come to that since it was woken
            return False
        post = following or await self._outbox.next(*place)
        if post is None:
            return False
        with structlog.contextvars.bound_contextvars(turn_id=post.new.turn_id, room_id=place[0]):
            return await self._try(place, post)

    async def _try(self, place: Destination, post: Post) -> bool:
        """Try to deliver the post; say whether the next may follow."""
        since = max(post.created_at, self._held.get(place, post.created_at))
        old = datetime.now(UTC) - since > KEPT_FOR
        try:
            message_id = await self._deliver(post)
        except DeliveryHeld:  # whoever holds it says so, once; the time that it has stands still
            self._held[place] = datetime.now(UTC)
            self._shut(place)
            return False
        except DeliveryError as error:
            return await self._not_delivered(place, post, error.detail, give_up=old)
        except Exception as error:  # a post that cannot be rendered must not block those behind it
            log.exception("post failed", post_id=post.id)
            give_up = old or post.tries + 1 >= MAX_FAULTS
            return await self._not_delivered(place, post, type(error).__name__, give_up=give_up)
        self._closed.pop(place, None)
        self._ended += 1
        following = await self._outbox.go_on(post, message_id)
        if following is None:
            return False
        self._following[place] = following
        return True

    async def _not_delivered(
        self, place: Destination, post: Post, why: str, *, give_up: bool
    ) -> bool:
        self._ended += give_up
        await self._outbox.failed(post.id, give_up=give_up, error=why)
        log.warning(
            "post not delivered",
            post_id=post.id,
            to=place[1].value,
            tries=post.tries + 1,
            given_up=give_up,
            error=why,
        )
        if not give_up:
            self._shut(place)
        return give_up

    def _shut(self, place: Destination) -> None:
        before = self._closed.get(place)
        pause = min(before.pause * 2, LONGEST_BACKOFF) if before else FIRST_BACKOFF
        self._closed[place] = _Backoff(until=time.monotonic() + pause, pause=pause)
