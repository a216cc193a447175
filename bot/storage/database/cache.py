"""A cache in memory of what is read far more often than it changes.

Right only because all that changes it in this database goes through one process: a room belongs
to one. Whoever writes calls `ReadCache.forget` when it is done, however that ended.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class ReadCache(Generic[ValueT]):
    """The latest known value by id."""

    def __init__(self, read: Callable[[int], Awaitable[ValueT]]) -> None:
        self._read = read
        self._values: dict[int, ValueT] = {}
        self._changes = 0

    async def get(self, key: int) -> ValueT:
        """Return the value, and read it if it is not known."""
        if key in self._values:
            return self._values[key]
        changes = self._changes
        value = await self._read(key)
        if changes == self._changes:  # else it may be of before a change
            self._values[key] = value
        return value

    def known(self, key: int) -> ValueT | None:
        """Return the value if it is known."""
        return self._values.get(key)

    def forget(self) -> None:
        """Forget all values: something has changed. Few rooms have to be read anew."""
        self._changes += 1
        self._values.clear()
