"""A cache in memory of what is read far more often than it changes.

What this process changes it forgets itself: whoever writes calls `ReadCache.forget` when it is
done, however that ended. What others change in the same database, they tell: see `CacheChanges`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar
from weakref import WeakSet

ValueT = TypeVar("ValueT")


class Forgetful(Protocol):
    """What is kept in memory, and can be forgotten."""

    def forget(self) -> None:
        """Forget all of it."""


class CacheChanges:
    """The word of changes in a database by any process, for the caches over it.

    Where one process alone writes, nobody tells, and caches may be kept all the same.
    """

    def __init__(self) -> None:
        self.may_keep = True
        """Whether a change would be heard of."""
        self._caches: dict[str, WeakSet[Forgetful]] = {}

    def add(self, table: str, cache: Forgetful) -> None:
        """Have a cache of rows of ``table`` hear of changes; nobody need take it back."""
        self._caches.setdefault(table, WeakSet()).add(cache)

    def tell(self, table: str) -> None:
        """Have all forget what they know of a table."""
        for cache in [*self._caches.get(table, ())]:
            cache.forget()

    def start(self) -> None:
        """Have values kept from now on: changes are heard of again."""
        self._forget_all()
        self.may_keep = True

    def stop(self) -> None:
        """Keep nothing from now on: changes are not heard of."""
        self.may_keep = False
        self._forget_all()

    def _forget_all(self) -> None:
        for table in self._caches:
            self.tell(table)


class ReadCache(Generic[ValueT]):
    """The latest known value by id."""

    def __init__(
        self,
        read: Callable[[int], Awaitable[ValueT]],
        changes: CacheChanges | None = None,  # none: nobody else writes
        *tables: str,
    ) -> None:
        """Read by ``read`` what is not known; ``changes`` tells of those in ``tables``."""
        self._read = read
        self._values: dict[int, ValueT] = {}
        self._changes = 0
        self._others = changes or CacheChanges()
        for table in tables:
            self._others.add(table, self)

    async def get(self, key: int) -> ValueT:
        """Return the value, and read it if it is not known."""
        if key in self._values:
            return self._values[key]
        changes = self._changes
        value = await self._read(key)
        if changes == self._changes and self._others.may_keep:  # else it may be of before a change
            self._values[key] = value
        return value

    def known(self, key: int) -> ValueT | None:
        """Return the value if it is known."""
        return self._values.get(key)

    def forget(self) -> None:
        """Forget all values: something has changed. Few rooms have to be read anew."""
        self._changes += 1
        self._values.clear()
