"""The statements of commands that may read much, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_QUOTED: Final = (
    "forgetting somebody, who waits for a minute, looks through all that may quote them"
)

EXCUSED: Final[Mapping[str, str]] = {
    "SELECT acts.id, acts.by_id, acts.reason, acts.details, acts.at FROM acts": _QUOTED,
    "SELECT messages.id, messages.room_id, messages.turn_id, messages.author_id, "
    "messages.author_name, messages.text, messages.sent_at, messages.set_aside_at, "
    "messages.set_aside_reason, messages.limit_exempt, messages.reply_to_id FROM messages "
    "WHERE messages.author_id = ?": "forgetting somebody reads, and sorts, all that they wrote",
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
