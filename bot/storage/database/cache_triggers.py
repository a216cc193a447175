"""The word that PostgreSQL gives to every process when what they keep in memory has changed.

SQLite has none of it: there one process writes what it caches.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

CHANNEL: Final = "four_rooms_changes"
"""Where a change is told, with the name of the table."""
CACHED: Final = {
    "rooms": (
        "guild_id", "moderator_channel_id", "therapy_parent_id", "moderator_role_id", "settings",
        "therapist_id", "therapist_name", "paused", "paused_until", "pause_reason", "paused_by_id",
        "paused_by_name", "paused_at", "resumed_at", "simulated", "released_at",
    ),
    "guilds": ("limits",),
    "guidance": (),
    "check_ins": (),
    "privacy_choices": (),
    "forgotten_people": (),
}  # fmt: skip
"""The tables that are kept in memory, each with the columns that count; none: all of them.

How far a room was read changes with every message and is in no cache.
"""

_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION four_rooms_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('{CHANNEL}', TG_TABLE_NAME);
    RETURN NULL;
END
$$
"""


def make_triggers(connection: Connection) -> None:
    """Make the triggers on PostgreSQL; done again, it changes nothing."""
    if connection.dialect.name != "postgresql":
        return
    for statement in _statements():
        connection.execute(text(statement))


def _statements() -> list[str]:
    made = [_FUNCTION]
    for table, columns in CACHED.items():
        of = f" OF {', '.join(columns)}" if columns else ""
        made.append(f"DROP TRIGGER IF EXISTS tell_change ON {table}")
        made.append(
            f"CREATE TRIGGER tell_change AFTER INSERT OR DELETE OR UPDATE{of} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION four_rooms_tell_change()"
        )
    return made
