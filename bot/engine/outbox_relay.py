"""The relay that takes the posts of the outbox to the Therapy Room and to the moderators.

A post is in the database before it is on its way, so that a crash loses none; posts to one
place go out in order. A task exists only while there is something to carry.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.domain import Post, PostKind, PostTo
from bot.errors import DeliveryError, DeliveryHeld
from bot.storage.database.troubles import DatabaseUnavailable
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
FOUND_AGAIN: Final = frozenset(
    {PostKind.DRAFT, PostKind.UTTERANCE, PostKind.REPLY, PostKind.WITHHELD, PostKind.CARD}
)
"""Kinds that are looked for before they are sent once more: noted with the next write."""
MOST_KNOWN: Final = 100
"""Posts of a room that are read at once."""
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
        self._queues: dict[Destination, list[Post]] = {}
        """What goes next, as far as it is known."""
        self._known: set[int] = set()
        """The rooms of which all that waits is in the queues, or under way."""
        self._changes: defaultdict[int, int] = defaultdict(int)
        """By room: what may have made a look at the outbox untrue while it was taken."""
        outbox.on_put = self._note_put
        self._under_way: set[int] = set()
        """The ids of the posts that are being delivered."""
        self._held_back: set[int] = set()
        self._held: dict[Destination, datetime] = {}
        """When a place was last open to people its posts are not for."""

    def defer(self, room_id: int) -> None:
        """Begin no delivery for that room until `resume`: a reply is to go first."""
        self._held_back.add(room_id)

    def resume(self, room_id: int) -> None:
        """End `defer`, and look for posts."""
        self._held_back.discard(room_id)
        self._looks.wake(room_id)

    def wake(self, room_id: int) -> None:
        """Look for posts of that room now, unless a place is known to be closed."""
        self._forget(room_id)
        self._looks.wake(room_id)

    def note_posts(self, room_id: int) -> None:
        """Deliver what was just put, unless it waits for the room's reply: `resume` goes on then.

        The outbox is not read where all of it is known.
        """
        if room_id not in self._held_back:
            self._looks.wake(room_id)

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
            if not is_own(place[0]) or self._is_waiting(place):
                continue
            if place in self._queues or self._workers.busy(place):
                self._wake(place)
            else:  # whoever put it has told nobody
                self.wake(place[0])

    async def behind(self, post: Post, most: int) -> list[Post]:
        """Return the posts that may share a message with one: see `Outbox.behind`."""
        place = (post.new.room_id, post.new.to)
        if post.new.room_id in self._known and place not in self._queues:
            return []
        return await self._outbox.behind(post, most)

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
        """Wake the places for which posts of the room wait: one question for all of them.

        True where something has changed meanwhile, so that another look is needed.
        """
        if room_id not in self._known:
            changes = self._changes[room_id]
            posts = await self._outbox.waiting_in(room_id, MOST_KNOWN)
            if changes != self._changes[room_id]:
                return True
            self._drop_queues(room_id)
            # What waits for long is read when it goes out: its words may be forgotten meanwhile.
            soon = [post for post in posts if not self._is_closed((room_id, post.new.to))]
            for post in soon:
                if post.id not in self._under_way:
                    self._queues.setdefault((room_id, post.new.to), []).append(post)
            if len(soon) == len(posts) < MOST_KNOWN:
                self._known.add(room_id)
        # Where not all was read, any place may have more: its worker asks for what is next.
        for place in PostTo:
            if (room_id, place) in self._queues or room_id not in self._known:
                self._wake((room_id, place))
        return False

    def _note_put(self, room_id: int, posts: Sequence[Post] | None) -> None:
        """Take along what was just put, where all that waits before it is known."""
        self._changes[room_id] += 1
        if posts is None:
            self._forget(room_id)
        elif room_id in self._known:
            for post in posts:
                self._queues.setdefault((room_id, post.new.to), []).append(post)

    def _forget(self, room_id: int) -> None:
        """Read anew what waits in a room."""
        self._changes[room_id] += 1
        self._known.discard(room_id)
        self._drop_queues(room_id)

    def _drop_queues(self, room_id: int) -> None:
        for place in PostTo:
            self._queues.pop((room_id, place), None)

    def _wake(self, place: Destination) -> None:
        if not self._is_waiting(place):
            self._workers.wake(place)

    def _is_waiting(self, place: Destination) -> bool:
        """Return whether the place is closed, or waits for a reply to go first; help never does."""
        return self._is_closed(place) or (place[0] in self._held_back and place[1] not in AT_ONCE)

    def _is_closed(self, place: Destination) -> bool:
        closed = self._closed.get(place)
        return closed is not None and time.monotonic() < closed.until

    async def _carry(self, place: Destination) -> bool:
        """Deliver the place's next post; say whether another may follow at once."""
        if self._is_waiting(place):  # it may have come to that since it was woken
            return False
        post = self._take(place)
        if post is None and place[0] not in self._known:
            post = await self._outbox.next(*place)
            self._leave_out(place, post)  # a look meanwhile may have found it too
        if post is None:
            return False
        self._under_way.add(post.id)
        try:
            with structlog.contextvars.bound_contextvars(
                turn_id=post.new.turn_id, room_id=place[0]
            ):
                return await self._try(place, post)
        except BaseException:
            self._forget(place[0])
            raise
        finally:
            self._under_way.discard(post.id)
            self._changes[place[0]] += 1

    def _leave_out(self, place: Destination, post: Post | None) -> None:
        """Take a post out of what goes next to a place."""
        left = [one for one in self._queues.pop(place, ()) if post is None or one.id != post.id]
        if left:
            self._queues[place] = left

    def _take(self, place: Destination) -> Post | None:
        """Return what goes next to a place, if it is known."""
        queue = self._queues.get(place)
        if not queue:
            return None
        post = queue.pop(0)
        if not queue:
            del self._queues[place]
        return post

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
        except (DeliveryError, DatabaseUnavailable) as error:  # it says nothing of the post
            return await self._not_delivered(place, post, error.detail, give_up=old)
        except Exception as error:  # a post that cannot be rendered must not block those behind it
            log.exception("post failed", post_id=post.id)
            give_up = old or post.tries + 1 >= MAX_FAULTS
            return await self._not_delivered(place, post, type(error).__name__, give_up=give_up)
        self._closed.pop(place, None)
        if post.new.kind in FOUND_AGAIN:
            self._outbox.delivered_soon(post.id, message_id)
        else:
            await self._outbox.delivered(post.id, message_id)
        return place in self._queues or place[0] not in self._known

    async def _not_delivered(
        self, place: Destination, post: Post, why: str, *, give_up: bool
    ) -> bool:
        await self._outbox.failed(post.id, give_up=give_up, error=why)
        log.warning(
            "post not delivered",
            post_id=post.id,
            to=place[1].value,
            tries=post.tries + 1,
            given_up=give_up,
            error=why,
        )
        if give_up:
            self._forget(place[0])
        else:
            self._shut(place)
        return give_up

    def _shut(self, place: Destination) -> None:
        self._forget(place[0])  # it waits still, and is to be found again
        before = self._closed.get(place)
        pause = min(before.pause * 2, LONGEST_BACKOFF) if before else FIRST_BACKOFF
        self._closed[place] = _Backoff(until=time.monotonic() + pause, pause=pause)
