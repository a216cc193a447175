"""The classification of every text and id column: whose it is, and how it goes.

Forgetting, retention and export read it; a test fails on a column that is not in it, so that a
later table cannot be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, Table

from bot.storage.database.tables import metadata

NOBODY: Final = 0
"""The id in the place of a person who is forgotten."""
SOMEONE: Final = "someone"
"""The name in the place of a person who is forgotten."""


class Holds(StrEnum):
    """The kind of data in a column."""

    WORDS = "words"  # of a person, or of a model that had a person's words before it
    PERSON_ID = "a person's id"
    PERSON_MARK = "a hash of a person's id, which whoever has the ids can make again"
    PERSON_NAME = "a person's name"
    NEITHER = "neither"


class Forgetting(StrEnum):
    """The way of a column's data when a person is forgotten."""

    STAYS = "stays"
    ROW = "goes with the rows of the person"
    UNNAMED = "nobody stands in the person's place"
    AUTHOR = "goes from the rows that the person wrote, and where it quotes or names them"
    TURN = "goes from the turns of the person's words, and from those that quote or name them"
    TRACE = "goes where it quotes or names the person"


class Retention(StrEnum):
    """The way of a column's data when a room's days are over."""

    STAYS = "stays"
    TURN = "goes when the turn is older than the room keeps"
    AGE = "goes when the row is older than the room keeps"


@dataclass(frozen=True, slots=True)
class DataClass:
    """The class of one column. ``empty`` takes the place of what goes."""

    holds: Holds
    forgotten: Forgetting = Forgetting.STAYS
    retained: Retention = Retention.STAYS
    empty: Any = None


Columns = dict[str, DataClass]


def _neither(*names: str) -> Columns:
    return dict.fromkeys(names, DataClass(Holds.NEITHER))


def _words(
    *names: str, forgotten: Forgetting, retained: Retention = Retention.STAYS, empty: Any = ""
) -> Columns:
    return dict.fromkeys(names, DataClass(Holds.WORDS, forgotten, retained, empty))


def _turn_words(*names: str, empty: Any = "") -> Columns:
    return _words(*names, forgotten=Forgetting.TURN, retained=Retention.TURN, empty=empty)


def _person(
    prefix: str, forgotten: Forgetting, retained: Retention = Retention.STAYS, empty: Any = NOBODY
) -> Columns:
    """Classify the columns of a person's id and name that begin with ``prefix``."""
    return {
        f"{prefix}_id": DataClass(Holds.PERSON_ID, forgotten, retained, empty),
        f"{prefix}_name": DataClass(
            Holds.PERSON_NAME, forgotten, retained, None if empty is None else SOMEONE
        ),
    }


def _chosen(choice: str) -> Columns:
    # Without it a person who wants nothing stored would be stored again.
    return {f"{choice}_by_id": DataClass(Holds.PERSON_ID)}


CLASSES: Final[Mapping[str, Columns]] = {
    "guilds": _neither("id", "limits"),
    "rooms": {
        **_neither("id", "guild_id", "moderator_channel_id", "therapy_parent_id"),
        **_neither("moderator_role_id", "notice_message_id"),
        # How far a channel was read, whoever wrote there.
        **_neither("paused_after_message_id", "last_seen_message_id"),
        **_neither("unread_after_message_id"),
        **_words("settings", "pause_reason", forgotten=Forgetting.TRACE),
        **_neither("released_after_turn_id"),
        **_person("therapist", Forgetting.UNNAMED, empty=None),
        **_person("paused_by", Forgetting.UNNAMED, empty=None),
    },
    "therapy_threads": _neither("room_id", "thread_id"),
    "turns": {
        **_neither("id", "room_id", "state", "evaluation", "digest_id", "retry_from"),
        **_turn_words("draft", "candidate", "reply", "withheld_because", empty=None),
        **_turn_words("evaluation_failure", empty=None),
    },
    "messages": {
        # What stands in Discord under this id tells who wrote it. Retention leaves it, so that
        # the message is not heard a second time.
        "id": DataClass(Holds.PERSON_ID, Forgetting.ROW),
        "reply_to_id": DataClass(Holds.PERSON_ID, Forgetting.ROW),
        **_neither("room_id", "turn_id", "set_aside_reason"),
        **_person("author", Forgetting.ROW, Retention.TURN),
        **_words(
            "text",
            forgotten=Forgetting.ROW,
            retained=Retention.TURN,
            empty="(no longer kept)",
        ),
    },
    "reply_posts": _neither("message_id", "turn_id"),
    "utterances": {
        **_neither("turn_id", "speaker"),
        **_turn_words("text"),
        **_turn_words("review", "reflection", empty=None),
    },
    "evaluations": {
        **_neither("id", "turn_id", "subject", "rater", "method", "model", "prompt_version"),
        **_turn_words("reason"),
    },
    "scores": _neither("evaluation_id", "scale"),
    "rewards": {
        **_neither("id", "turn_id"),
        "source": DataClass(Holds.PERSON_ID, Forgetting.ROW, Retention.TURN),
        **_turn_words("reason"),
    },
    "outbox": {
        **_neither("id", "room_id", "place", "kind", "turn_id", "ref", "message_id"),
        **_turn_words("text"),
        **_turn_words("error", empty=None),
    },
    "privacy_choices": {
        **_neither("guild_id"),
        "user_id": DataClass(Holds.PERSON_ID),
        **_chosen("storage"),
        **_chosen("feedback"),
        **_chosen("training"),
        **_chosen("memory"),
    },
    "forgotten_people": {
        "person_mark": DataClass(Holds.PERSON_MARK),
        **_neither("guild_id", "up_to_id"),
    },
    "marks": _neither("name", "value"),
    "acts": {
        **_neither("id", "guild_id", "room_id", "turn_id", "kind"),
        **_person("by", Forgetting.UNNAMED),
        **_words("reason", forgotten=Forgetting.AUTHOR, retained=Retention.AGE),
        **_words("details", forgotten=Forgetting.AUTHOR, retained=Retention.AGE, empty={}),
    },
    "llm_calls": {
        **_neither("id", "room_id", "turn_id", "agent", "model", "prompt_name", "prompt_version"),
        **_neither("outcome", "adapter", "under_way"),
    },
    # Figures of rooms and days, of which nobody in particular is the author.
    "call_days": _neither("room_id", "agent", "model", "prompt_tokens", "completion_tokens"),
    "reply_days": _neither("room_id"),
    "scale_days": _neither("room_id", "scale", "method", "model", "before", "after", "squares"),
    "guidance": {
        **_neither("id", "room_id"),
        **_person("by", Forgetting.UNNAMED, Retention.AGE),
        **_words("text", forgotten=Forgetting.AUTHOR, retained=Retention.AGE),
    },
    "guidance_heard": _neither("turn_id", "guidance_id"),
    "check_ins": {
        **_neither("act_id", "room_id", "turn_id"),
        **_turn_words("answer", empty=None),
    },
    "memories": {
        **_neither("turn_id", "room_id"),
        "person_id": DataClass(Holds.PERSON_ID, Forgetting.ROW, Retention.TURN, None),
        **_turn_words("themes", "keep_in_mind"),
    },
    "ratings": {
        **_neither("turn_id", "kind", "scores"),
        **_person("person", Forgetting.ROW, Retention.TURN),
        **_turn_words("why"),
    },
    "feedback": {
        **_neither("id", "turn_id", "kind"),
        **_person("person", Forgetting.ROW, Retention.TURN),
        **_turn_words("words"),
    },
    "verdicts": {
        **_neither("turn_id", "safe", "ethical", "good", "method", "model"),
        **_turn_words("reason"),
    },
    "reviews": {**_neither("turn_id"), **_person("taken_by", Forgetting.UNNAMED, empty=None)},
    "digests": _neither("id", "room_id"),
    "shown_messages": _neither("turn_id", "kind", "channel_id", "message_id"),
    "day_digests": _neither("room_id"),
    # Opinions, and numbers of replies: no word of anybody, and no word on one of them.
    "day_looks": _neither("room_id", "safe", "ethical", "good", "seen", "method", "model"),
    "score_lists": _neither("id", "room_id", "channel_id", "message_id"),
    "score_lines": _neither("turn_id", "list_id"),
    "pause_notices": {
        **_neither("room_id"),
        "person_id": DataClass(Holds.PERSON_ID, Forgetting.ROW),
    },
    "away_notices": {
        **_neither("turn_id"),
        "person_id": DataClass(Holds.PERSON_ID, Forgetting.ROW),
    },
    "delay_notices": _neither("turn_id"),
    # Figures, but of what somebody said.
    "alliance_curves": {**_neither("turn_id"), **_words("curves", forgotten=Forgetting.TURN)},
    "critic_trust": _neither("method", "model", "figures"),
    # Whoever is forgotten today must not begin their limits of the day anew; tomorrow it is gone.
    "usage_days": {
        **_neither("scope", "guild_id", "calls", "tokens", "cost"),
        "subject_id": DataClass(Holds.PERSON_ID),
    },
    "limit_notices": {
        **_neither("scope", "guild_id"),
        "subject_id": DataClass(Holds.PERSON_ID),
    },
    "limit_texts": {"person_id": DataClass(Holds.PERSON_ID)},
    "shard_leases": _neither("token", "process_id"),
    "shard_processes": _neither("id", "name"),
    "crises": {
        **_neither("id", "room_id", "turn_id", "channel_id", "kind", "cause", "language", "rule"),
        "message_id": DataClass(Holds.PERSON_ID, Forgetting.ROW),
        **_person("author", Forgetting.ROW, Retention.AGE),
        **_person("taken_by", Forgetting.UNNAMED),
        **_person("false_alarm_by", Forgetting.UNNAMED),
    },
}
"""Every text and id column, by table; those of a table that does not exist yet are passed over."""

ONE_DAY: Final = ("usage_days", "limit_notices", "limit_texts")
"""Tables of a person's figures of a day, which are gone the day after, whoever is forgotten."""
ROWS_OF_TURN: Final = ("utterances", "alliance_curves", "memories")
"""Tables whose rows hold nothing but words of a turn: they go whole."""


def classified(table: Table) -> Iterator[tuple[Column[Any], DataClass]]:
    """Yield the columns of a table that are classified, each with its class."""
    for name, data_class in CLASSES.get(table.name, {}).items():
        if name in table.c:
            yield table.c[name], data_class


def tables_with(
    *, holds: Holds, forgotten: Forgetting | None = None, retained: Retention | None = None
) -> list[tuple[Table, dict[str, Any]]]:
    """Return the tables with columns of that class, each with the values that empty those."""
    found: list[tuple[Table, dict[str, Any]]] = []
    for table in metadata.sorted_tables:
        empties = {
            column.name: data_class.empty
            for column, data_class in classified(table)
            if data_class.holds is holds
            and forgotten in (None, data_class.forgotten)
            and retained in (None, data_class.retained)
        }
        if empties:
            found.append((table, empties))
    return found


def words_of(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that hold words."""
    return [column for column, data_class in classified(table) if data_class.holds is Holds.WORDS]
