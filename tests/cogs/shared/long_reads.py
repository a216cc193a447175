"""The statements of commands that may read much, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_QUOTED: Final = (
    "forgetting somebody, who waits for a minute, looks through all that may quote them"
)

EXCUSED: Final[Mapping[str, str]] = {
    "SELECT acts.id, acts.by_id, acts.reason, acts.details, acts.at FROM acts": _QUOTED,
    "SELECT count(*) AS count_1 FROM crises": "one by one row: somebody was in danger",
    "SELECT EXISTS (SELECT * FROM memories": "a room's crises: somebody was in danger",
    "SELECT DISTINCT acts.kind FROM acts": "names in an index, one a moderator's act",
}
"""The beginning of a statement, and why it may."""


def unexcused(long: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Those of the statements for whose long way there is no reason."""
    return {
        statement: steps
        for statement, steps in long.items()
        if not any(statement.startswith(start) for start in EXCUSED)
    }
