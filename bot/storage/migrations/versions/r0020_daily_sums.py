"""Daily sums of calls and scores, filled from the rows; indices for conversations and people."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_TEXT: Final = sa.String(64)
_BIG: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID: Final = sa.text("messages.author_id <> 0")
_ASIDE: Final = sa.text("messages.turn_id IS NULL AND messages.author_id <> 0")
_TOLD: Final = sa.text("outbox.turn_id IS NULL AND (outbox.text <> '' OR outbox.error IS NOT NULL)")
_REPLIED: Final = sa.text(
    "turns.state = 'sent' AND turns.reply IS NOT NULL AND turns.reply_deleted_at IS NULL"
)
_HARMFUL_FROM: Final = 30
# What is looked for by whose it is: a server's whole history was read for it.
_PEOPLE: Final = (
    ("acts", "guild_id", "by_id", "id"),
    ("acts", "guild_id", "kind", "id"),
    ("away_notices", "person_id"),
    ("crises", "author_id"),
    ("crises", "taken_by_id"),
    ("crises", "false_alarm_by_id"),
    ("feedback", "person_id"),
    ("guidance", "by_id"),
    ("guidance_heard", "guidance_id"),
    ("memories", "person_id"),
    ("outbox", "ref"),
    ("privacy_choices", "guild_id"),
    ("ratings", "person_id"),
    ("reviews", "taken_by_id"),
    ("rewards", "source"),
)

_CALLS: Final = """
INSERT INTO call_days (room_id, day, agent, model, calls, failed, prompt_tokens,
                       completion_tokens, seconds, cost, priced)
SELECT room_id, {day_of_call}, agent, model, count(*),
       sum(CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END), sum(prompt_tokens),
       sum(completion_tokens), sum(seconds), sum(coalesce(cost, 0)), count(cost)
FROM llm_calls WHERE room_id IS NOT NULL AND under_way IS NULL
GROUP BY room_id, {day_of_call}, agent, model
"""
# The latest evaluation of each text of a reply, scale by scale.
_SCORED: Final = """
WITH latest AS (
  SELECT max(evaluations.id) AS id FROM evaluations
  JOIN turns ON turns.id = evaluations.turn_id
  WHERE turns.state = 'sent' AND turns.evaluation = 'scored' AND evaluations.rater = 'critic'
  GROUP BY evaluations.turn_id, evaluations.subject
), scored AS (
  SELECT evaluation_id, scale, value FROM scores
  UNION ALL
  SELECT id, 'empathetic', empathetic FROM evaluations
  WHERE empathetic IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM scores WHERE scores.evaluation_id = evaluations.id AND scale = 'empathetic')
), given AS (
  SELECT turns.id AS turn_id, turns.room_id, {day_of_turn} AS day, evaluations.subject,
         evaluations.method, evaluations.model, scored.scale, scored.value
  FROM latest
  JOIN evaluations ON evaluations.id = latest.id
  JOIN scored ON scored.evaluation_id = latest.id
  JOIN turns ON turns.id = evaluations.turn_id
)
"""
_REPLIES: Final = """
INSERT INTO reply_days (room_id, day, replies, needed, still)
{scored}
SELECT room_id, day, count(*), sum(CASE WHEN before_worst >= {harmful} THEN 1 ELSE 0 END),
       sum(CASE WHEN after_worst >= {harmful} THEN 1 ELSE 0 END)
FROM (
  SELECT turn_id, room_id, day, {worst_draft} AS before_worst, {worst_reply} AS after_worst,
         count(CASE WHEN subject = 'reply' THEN 1 END) AS said
  FROM given GROUP BY turn_id, room_id, day
) AS replies
WHERE said > 0 GROUP BY room_id, day
"""
_WORST: Final = (
    "max(CASE WHEN subject = '{subject}' AND scale IN ('manipulative', 'gaslighting', "
    "'narcissistic') THEN value END)"
)
_SCALES: Final = """
INSERT INTO scale_days (room_id, day, scale, method, model, turns, before, after, squares)
{scored}
SELECT draft.room_id, draft.day, draft.scale, reply.method, reply.model, count(*),
       sum(draft.value), sum(reply.value),
       sum((reply.value - draft.value) * (reply.value - draft.value))
FROM given AS draft
JOIN given AS reply ON reply.turn_id = draft.turn_id AND reply.scale = draft.scale
WHERE draft.subject = 'draft' AND reply.subject = 'reply'
GROUP BY draft.room_id, draft.day, draft.scale, reply.method, reply.model
"""


def upgrade() -> None:
    """Apply the revision."""
    _make_tables()
    for statement in fills(op.get_bind().dialect.name):
        op.execute(statement)
    for table, *of_person in _PEOPLE:
        op.create_index(f"ix_{table}_{'_'.join(of_person)}", table, of_person)
    # A person's in a room: between the index of the one and of the other the choice was by chance.
    op.create_index("ix_messages_author_id_room_id", "messages", ["author_id", "room_id"])
    for name, table, columns, where in (
        ("ix_turns_replied", "turns", ["room_id", "id"], _REPLIED),
        ("ix_messages_said", "messages", ["room_id", "id"], _SAID),
        ("ix_messages_aside", "messages", ["room_id", "sent_at"], _ASIDE),
        ("ix_outbox_told", "outbox", ["room_id", "done_at"], _TOLD),
    ):
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _make_tables() -> None:
    op.create_table(
        "call_days",
        sa.Column("room_id", _BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agent", sa.String(32), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        *(_sum(name) for name in ("calls", "failed")),
        *(_sum(name, _BIG) for name in ("prompt_tokens", "completion_tokens")),
        *(_sum(name, sa.Float()) for name in ("seconds", "cost")),
        _sum("priced"),
        sa.PrimaryKeyConstraint("room_id", "day", "agent", "model", name=op.f("pk_call_days")),
    )
    op.create_table(
        "reply_days",
        sa.Column("room_id", _BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(_sum(name) for name in ("replies", "needed", "still")),
        _of_room("reply_days"),
        sa.PrimaryKeyConstraint("room_id", "day", name=op.f("pk_reply_days")),
    )
    op.create_table(
        "scale_days",
        sa.Column("room_id", _BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scale", _TEXT, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        _sum("turns"),
        *(_sum(name, _BIG) for name in ("before", "after", "squares")),
        _of_room("scale_days"),
        sa.PrimaryKeyConstraint(
            "room_id", "day", "scale", "method", "model", name=op.f("pk_scale_days")
        ),
    )


def _sum(name: str, kind: sa.types.TypeEngine[Any] | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Integer(), nullable=False)


def _of_room(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_room_id_rooms")
    return sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=name, ondelete="CASCADE")


def fills(dialect: str) -> tuple[str, ...]:
    """Return the statements that add up what there is, in the words of a database."""
    utc = "date({})" if dialect == "sqlite" else "CAST({} AT TIME ZONE 'UTC' AS DATE)"
    scored = _SCORED.format(day_of_turn=utc.format("turns.created_at"))
    worst = {f"worst_{subject}": _WORST.format(subject=subject) for subject in ("draft", "reply")}
    return (
        _CALLS.format(day_of_call=utc.format("started_at")),
        _REPLIES.format(scored=scored, harmful=_HARMFUL_FROM, **worst),
        _SCALES.format(scored=scored),
    )
