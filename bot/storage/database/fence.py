"""The fence around what a process writes for a shard that may be another's by now.

A process that was stopped for long, or cut off, does not know that its lease has ended. The
database does: each holder of a shard has a token of its own, and who comes with an older one
writes nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select, Update, bindparam, select

from bot.storage.database.shard_tables import shard_leases
from bot.storage.database.troubles import DatabaseUnavailable

_HOLDS: Final[Select[Any]] = select(shard_leases.c.token).where(
    shard_leases.c.shard_id == bindparam("of_shard"), shard_leases.c.token == bindparam("by_token")
)
_HOLDS_TO_THE_END: Final = _HOLDS.with_for_update(read=True)


class LeaseLost(DatabaseUnavailable):
    """The error of a process that wants to write, or speak, for a shard that is not its own."""


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to write for a shard, which ends when another process has taken it."""

    shard_id: int
    token: int

    def require(self, connection: Connection) -> None:
        """Look whether the lease is still ours. Raises LeaseLost."""
        self._look(connection, _HOLDS)

    def hold(self, connection: Connection) -> None:
        """Do the same, and let nobody take it before the transaction ends. Raises LeaseLost."""
        self._look(connection, _HOLDS_TO_THE_END)

    def guard(self, change: Update, row: Mapping[str, Any]) -> tuple[Update, dict[str, Any]]:
        """Return a change that changes nothing where the lease is another's by then."""
        return _guarded(change), {**row, "of_shard": self.shard_id, "by_token": self.token}

    def _look(self, connection: Connection, query: Select[Any]) -> None:
        keys = {"of_shard": self.shard_id, "by_token": self.token}
        if connection.scalar(query, keys) is None:
            raise LeaseLost(f"the lease of shard {self.shard_id} is another process's by now")


@lru_cache
def _guarded(change: Update) -> Update:
    return change.where(_HOLDS_TO_THE_END.exists())
