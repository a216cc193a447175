"""Tables of their own for what was in marks, and a version that counts a turn's steps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

MARKS = sa.table("marks", sa.column("name", sa.String()), sa.column("value", sa.Text()))
SHOWN_MESSAGES = sa.table(
    "shown_messages",
    sa.column("turn_id", ID),
    sa.column("kind", sa.String()),
    sa.column("channel_id", ID),
    sa.column("message_id", ID),
)
PAUSE_NOTICES = sa.table(
    "pause_notices",
    sa.column("room_id", ID),
    sa.column("person_id", ID),
    sa.column("resumed_at", MOMENT),
)
DELAY_NOTICES = sa.table("delay_notices", sa.column("turn_id", ID))
ALLIANCE_CURVES = sa.table(
    "alliance_curves", sa.column("turn_id", ID), sa.column("curves", sa.Text())
)
CRITIC_TRUST = sa.table(
    "critic_trust",
    sa.column("method", sa.Text()),
    sa.column("model", sa.Text()),
    sa.column("figures", sa.Text()),
)
ROOMS = sa.table("rooms", sa.column("id", ID), sa.column("notice_message_id", ID))
TURNS = sa.table("turns", sa.column("id", ID))


def upgrade() -> None:
    """Apply the revision."""
    op.add_column(
        "turns", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("rooms", sa.Column("notice_message_id", ID))
    _make_notices()
    _make_measurements()
    _move_marks()


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _of(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{owner}"
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def _make_notices() -> None:
    op.create_table(
        "shown_messages",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        _of("shown_messages", "turn_id", "turns"),
        _key("shown_messages", "turn_id", "kind"),
    )
    op.create_table(
        "pause_notices",
        sa.Column("room_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("resumed_at", MOMENT),
        _of("pause_notices", "room_id", "rooms"),
        _key("pause_notices", "room_id", "person_id"),
    )
    op.create_table(
        "delay_notices",
        sa.Column("turn_id", ID, nullable=False, autoincrement=False),
        _of("delay_notices", "turn_id", "turns"),
        _key("delay_notices", "turn_id"),
    )


def _make_measurements() -> None:
    op.create_table(
        "alliance_curves",
        sa.Column("turn_id", ID, nullable=False, autoincrement=False),
        sa.Column("curves", sa.Text(), nullable=False),
        _of("alliance_curves", "turn_id", "turns"),
        _key("alliance_curves", "turn_id"),
    )
    op.create_table(
        "critic_trust",
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        _key("critic_trust", "method", "model"),
    )


def _move_marks() -> None:
    """Move each mark into its table; one whose turn or room is gone is dropped."""
    connection = op.get_bind()
    for name, value in connection.execute(sa.select(MARKS.c.name, MARKS.c.value)).all():
        for pattern, move in MOVES:
            if match := pattern.fullmatch(name):
                move(connection, match, value)
                connection.execute(MARKS.delete().where(MARKS.c.name == name))


def _move_shown_message(connection: sa.Connection, name: re.Match[str], value: str) -> None:
    turn_id = int(name["turn"])
    if value and _is_there(connection, TURNS, turn_id):  # empty: forgotten
        channel_id, message_id = map(int, value.split())
        row = {"turn_id": turn_id, "kind": name["kind"]}
        row |= {"channel_id": channel_id, "message_id": message_id}
        connection.execute(SHOWN_MESSAGES.insert().values(row))


def _move_pause_notice(connection: sa.Connection, name: re.Match[str], value: str) -> None:
    """Move who was told: the value is the resume before the pause, or "first", and their ids."""
    room_id, (pause, *people) = int(name["room"]), value.split()
    resumed_at = None if pause == "first" else datetime.fromisoformat(pause).astimezone(UTC)
    if _is_there(connection, ROOMS, room_id):
        for person_id in map(int, people):
            row = {"room_id": room_id, "person_id": person_id, "resumed_at": resumed_at}
            connection.execute(PAUSE_NOTICES.insert().values(row))


def _move_delay_notice(connection: sa.Connection, _: re.Match[str], value: str) -> None:
    if _is_there(connection, TURNS, int(value)):
        connection.execute(DELAY_NOTICES.insert().values(turn_id=int(value)))


def _move_room_notice(connection: sa.Connection, name: re.Match[str], value: str) -> None:
    room = ROOMS.update().where(ROOMS.c.id == int(name["room"]))
    connection.execute(room.values(notice_message_id=int(value)))


def _move_alliance(connection: sa.Connection, name: re.Match[str], value: str) -> None:
    turn_id = int(name["turn"])
    if _is_there(connection, TURNS, turn_id):
        connection.execute(ALLIANCE_CURVES.insert().values(turn_id=turn_id, curves=value))


def _move_trust(connection: sa.Connection, _: re.Match[str], value: str) -> None:
    """Move a self-test by the method and model in its value: the name runs them together."""
    try:
        trust = json.loads(value)
        row = {"method": trust["method"], "model": trust["model"], "figures": value}
    except (ValueError, KeyError, TypeError):  # of no use to anybody
        return
    connection.execute(CRITIC_TRUST.insert().values(row))


def _drop(_: sa.Connection, __: re.Match[str], ___: str) -> None:
    """Move nothing: nobody reads it any more."""


def _is_there(connection: sa.Connection, table: sa.TableClause, row_id: int) -> bool:
    return bool(connection.scalar(sa.select(sa.exists().where(table.c.id == row_id))))


MOVES: tuple[tuple[re.Pattern[str], Callable[[sa.Connection, re.Match[str], str], None]], ...] = (
    (re.compile(r"(?P<kind>card|gate|seat) of turn (?P<turn>\d+)"), _move_shown_message),
    (re.compile(r"told in pause, room (?P<room>\d+)"), _move_pause_notice),
    (re.compile(r"told of hold, room \d+"), _move_delay_notice),
    (re.compile(r"notice in (?P<room>\d+)"), _move_room_notice),
    (re.compile(r"alliance of turn (?P<turn>\d+)"), _move_alliance),
    (re.compile(r"trust .*", re.DOTALL), _move_trust),
    (re.compile(r"simulation ordered"), _drop),
)
