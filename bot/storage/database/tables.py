"""The tables. Snowflakes are 64-bit integers, times UTC, and every constraint has a name.

Changing one needs a migration: see `bot.storage.migrations`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    false,
    text,
)

from bot.domain import EvaluationState, PostKind, PostTo, Speaker, Subject, TurnState
from bot.domain.limits import SetAsideReason
from bot.storage.database import (  # noqa: F401 - the rest of the catalogue
    crisis_tables,
    measurement_tables,
    member_tables,
    moderation_tables,
    notice_tables,
    privacy_tables,
    record_tables,
    shard_tables,
    sum_tables,
    therapy_tables,
    usage_tables,
)
from bot.storage.database.column_types import (
    BigId,
    EnumValue,
    ReasonText,
    StorableText,
    UtcDateTime,
)
from bot.storage.database.metadata import (
    COUNTED,
    metadata,
    of_turn,
    own_id,
    partial_index,
    snowflake,
)

__all__ = ["metadata"]  # whoever wants the catalogue wants it whole

# Conditions of partial indices. A query uses such an index only if it states the same condition
# with the same constants, so that both take it from here.
OPEN: Final = text("turns.state NOT IN ('sent', 'withheld', 'helped')")
TO_EVALUATE: Final = text("turns.evaluation = 'pending'")
WAITING: Final = text("outbox.done_at IS NULL")
TO_DIGEST: Final = text("turns.digest_due")
REPLIES: Final = text("messages.reply_to_id IS NOT NULL")
# What a conversation is made of: what is forgotten is in neither index, and not stepped over.
SAID: Final = text("messages.author_id <> 0")
# What retention has yet to forget, besides turns.
ASIDE: Final = text("messages.turn_id IS NULL AND messages.author_id <> 0")
TOLD: Final = text("outbox.turn_id IS NULL AND (outbox.text <> '' OR outbox.error IS NOT NULL)")
IN_THREAD: Final = text("outbox.place = 'therapy room' AND outbox.message_id IS NOT NULL")
REPLIED: Final = text(
    "turns.state = 'sent' AND turns.reply IS NOT NULL AND turns.reply_deleted_at IS NULL"
)

guilds = Table(
    "guilds",
    metadata,
    snowflake(),
    Column("created_at", UtcDateTime, nullable=False),
    # A `ServerLimits` as JSON; NULL: none of its own.
    Column("limits", StorableText),
    # Since when the bot is no member any more; NULL while it is one.
    Column("left_at", UtcDateTime),
    # When the bot said hello there; NULL: never.
    Column("greeted_at", UtcDateTime),
)

rooms = Table(
    "rooms",
    metadata,
    snowflake(),
    Column("guild_id", BigId, ForeignKey("guilds.id"), nullable=False, index=True),
    Column("moderator_channel_id", BigId, nullable=False),
    Column("therapy_parent_id", BigId, nullable=False),
    Column("moderator_role_id", BigId),
    Column("settings", StorableText, nullable=False),
    Column("therapist_id", BigId),
    Column("therapist_name", StorableText),
    Column("paused", Boolean, nullable=False),
    Column("paused_until", UtcDateTime),
    Column("pause_reason", ReasonText, nullable=False),
    Column("paused_by_id", BigId),
    Column("paused_by_name", StorableText),
    Column("paused_at", UtcDateTime),
    # Messages with a higher id were said while it was paused.
    Column("paused_after_message_id", BigId),
    Column("resumed_at", UtcDateTime),
    Column("simulated", Boolean, nullable=False),
    Column("last_seen_message_id", BigId),
    # Messages with a higher id may be unread, whatever newer ones are kept; NULL: none are.
    Column("unread_after_message_id", BigId),
    # Where people are told that they talk with an AI.
    Column("notice_message_id", BigId),
    # A room no more, such as that of a simulation that has ended; its turns stay.
    Column("released_at", UtcDateTime),
    # The last turn of before it was: who talks here later has no part in that conversation.
    Column("released_after_turn_id", BigId),
    Column("created_at", UtcDateTime, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    own_id(),
    Column("room_id", BigId, ForeignKey("rooms.id"), nullable=False),
    # For people: counts the replies of its room alone, from 1.
    Column("number", Integer, nullable=False, server_default=text("0")),
    Column("state", EnumValue(TurnState), nullable=False),
    Column("evaluation", EnumValue(EvaluationState), nullable=False),
    Column("evaluation_failure", ReasonText),
    Column("round", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("delivery_tries", Integer, nullable=False),
    Column("draft", StorableText),
    Column("candidate", StorableText),
    Column("reply", StorableText),
    Column("withheld_because", ReasonText),
    Column("created_at", UtcDateTime, nullable=False),
    # When its present try began, where that is later.
    Column("began_at", UtcDateTime),
    Column("replied_at", UtcDateTime),
    Column("waits_until", UtcDateTime),
    Column("unattended", Boolean, nullable=False, server_default=false()),
    Column("approved", Boolean, nullable=False, server_default=false()),
    Column("changed_at", UtcDateTime),
    Column("reply_deleted_at", UtcDateTime),
    Column("digest_due", Boolean, nullable=False, server_default=false()),  # it has no card
    Column("digest_id", BigId),
    # Of a turn that ran out of time: from which state it may be tried again, and if it was.
    Column("retry_from", EnumValue(TurnState)),
    Column("retried", Boolean, nullable=False, server_default=false()),
    # One more with each step: who holds another has an old turn.
    Column("version", Integer, nullable=False, server_default=text("0")),
    **COUNTED,
)
Index("ix_turns_room_id_id", turns.c.room_id, turns.c.id)
Index("ix_turns_room_id_created_at", turns.c.room_id, turns.c.created_at, turns.c.id)
Index("uq_turns_room_id_number", turns.c.room_id, turns.c.number, unique=True)
# That a room has one open turn at most is not left to the program.
partial_index("uq_turns_open", OPEN, turns.c.room_id, unique=True)
partial_index("ix_turns_to_evaluate", TO_EVALUATE, turns.c.room_id, turns.c.id)
partial_index("ix_turns_to_digest", TO_DIGEST, turns.c.room_id, turns.c.id)
Index("ix_turns_digest_id", turns.c.digest_id)
partial_index("ix_turns_replied", REPLIED, turns.c.room_id, turns.c.id)

messages = Table(
    "messages",
    metadata,
    snowflake(),
    Column("room_id", BigId, ForeignKey("rooms.id"), nullable=False),
    # NULL: waits for a turn. Not set to NULL with the turn, or it would be answered again.
    Column("turn_id", BigId, ForeignKey("turns.id")),
    Column("author_id", BigId, nullable=False),
    Column("author_name", StorableText, nullable=False),
    Column("text", StorableText, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    # Kept but never to be answered, and why.
    Column("set_aside_at", UtcDateTime),
    Column("set_aside_reason", EnumValue(SetAsideReason)),
    # Said by somebody whom the limits of a person do not hold for.
    Column("limit_exempt", Boolean, nullable=False, server_default=false()),
    # Of a person or of the Chatbot, in Discord; it may not be kept here.
    Column("reply_to_id", BigId),
)
Index("ix_messages_turn_id_room_id", messages.c.turn_id, messages.c.room_id)
Index("ix_messages_room_id_id", messages.c.room_id, messages.c.id)
partial_index("ix_messages_aside", ASIDE, messages.c.room_id, messages.c.sent_at)
partial_index("ix_messages_said", SAID, messages.c.room_id, messages.c.id)
Index("ix_messages_author_id_id", messages.c.author_id, messages.c.id)
# What a person said in a room, by turn: counted, and looked for in one turn, without the rows.
Index(
    "ix_messages_of_person",
    messages.c.author_id,
    messages.c.room_id,
    messages.c.turn_id,
    messages.c.sent_at,
)
partial_index("ix_messages_reply_to_id", REPLIES, messages.c.reply_to_id)

reply_posts = Table(
    "reply_posts",
    metadata,
    Column("message_id", BigId, primary_key=True, autoincrement=False),
    of_turn(nullable=False, index=True),
    Column("part", Integer, nullable=False),
)

utterances = Table(
    "utterances",
    metadata,
    of_turn(nullable=False),
    Column("number", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("speaker", EnumValue(Speaker), nullable=False),
    Column("text", StorableText, nullable=False),
    Column("review", StorableText),
    Column("reflection", StorableText),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("turn_id", "number"),
)

evaluations = Table(
    "evaluations",
    metadata,
    own_id(),
    of_turn(nullable=False, index=True),
    Column("subject", EnumValue(Subject), nullable=False),
    Column("rater", String(64), nullable=False),
    Column("reason", ReasonText, nullable=False),
    Column("method", StorableText, nullable=False),
    Column("model", StorableText, nullable=False),
    Column("prompt_version", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Beside the scales, 0-100, higher is better; NULL where it was not measured.
    Column("empathetic", Integer),
    **COUNTED,
)

scores = Table(
    "scores",
    metadata,
    Column(
        "evaluation_id", BigId, ForeignKey("evaluations.id", ondelete="CASCADE"), nullable=False
    ),
    Column("scale", String(64), nullable=False),
    Column("value", Integer, nullable=False),
    Column("spread", Integer),
    PrimaryKeyConstraint("evaluation_id", "scale"),
    CheckConstraint("value BETWEEN 0 AND 100", name="value_range"),
)

outbox = Table(
    "outbox",
    metadata,
    own_id(),
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("place", EnumValue(PostTo), nullable=False),
    Column("kind", EnumValue(PostKind), nullable=False),
    of_turn(index=True),
    Column("ref", BigId, index=True),
    Column("text", ReasonText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", StorableText),
    Column("created_at", UtcDateTime, nullable=False),
    # NULL: waits. Then delivered as `message_id`, or given up if that is NULL.
    Column("done_at", UtcDateTime),
    Column("message_id", BigId),
    **COUNTED,
)
partial_index("ix_outbox_waiting", WAITING, outbox.c.room_id, outbox.c.place, outbox.c.id)

partial_index("ix_outbox_told", TOLD, outbox.c.room_id, outbox.c.done_at)
partial_index("ix_outbox_in_thread", IN_THREAD, outbox.c.room_id, outbox.c.message_id)

# Facts of the process, such as a hash: what is about a room or a turn has a table of its own.
key_value = Table(
    "marks",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("value", StorableText, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
