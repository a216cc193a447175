"""A database as after a year: any number of turns, by SQLite itself, in some seconds.

Each turn answers ten messages and took ten calls; one in twenty was withheld, one in fifty has a
rating, one in fifty a member's word. The first room has half of all turns; in the second nobody has
spoken for a month, and nearly all words are forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.storage.database.sum_tables import call_days, reply_days, scale_days
from bot.storage.migrations.versions.r0020_daily_sums import fills

DAYS: Final = 365
EACH: Final = 10
"""Messages, and calls, of a turn."""
PEOPLE: Final = 200

# Milliseconds since 1970 as the text that a moment is stored as.
_AT: Final = "strftime('%Y-%m-%d %H:%M:%f', {0} / 1000.0, 'unixepoch') || '000'"
_SNOWFLAKE: Final = "((({0}) - 1420070400000) << 22)"
_NUMBERS: Final = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :turns)
INSERT INTO many SELECT n, :begin + (:end - :begin) * n / :turns, CASE
  WHEN n % 2 THEN 0 WHEN n % 10 = 2 AND n < :turns * 11 / 12 THEN 1
  ELSE 2 + n / 2 % (:rooms - 2) END FROM counted
"""
_INSERTS: Final = (
    f"""
INSERT INTO turns (id, room_id, number, state, evaluation, round, attempts, delivery_tries, draft,
                   candidate, reply, withheld_because, created_at, replied_at, changed_at)
SELECT n, room_id, row_number() OVER (PARTITION BY room_id ORDER BY n),
  CASE WHEN n % 20 THEN 'sent' ELSE 'withheld' END, 'scored', 1, 1, 1, 'A draft about exam ' || n,
  'A reply about exam ' || n, CASE WHEN n % 20 THEN 'A reply about exam ' || n END,
  CASE WHEN n % 20 THEN NULL ELSE 'no model answered' END,
  {_AT.format("ms")}, {_AT.format("(ms + 4000)")}, {_AT.format("(ms + 4000)")}
FROM many JOIN places ON places.place = many.place
""",
    f"""
INSERT INTO messages (id, room_id, turn_id, author_id, author_name, text, sent_at)
SELECT {_SNOWFLAKE.format("turns.ms - 11000 + k * 1000")} + turns.n % 4096, room_id, turns.n,
  100000 + (turns.n * 7 + k) % {PEOPLE}, 'Person ' || (turns.n * 7 + k) % {PEOPLE},
  'I have an exam on day ' || (turns.n % 365) || ', and ' || k || ' questions about it.',
  {_AT.format("(turns.ms - 11000 + k * 1000)")}
FROM many AS turns JOIN places ON places.place = turns.place JOIN ten
""",
    """
INSERT INTO reply_posts (message_id, turn_id, part)
SELECT ((ms - 1420070395900) << 22) + n % 4096, n, 0 FROM many WHERE n % 20
""",
    f"""
INSERT INTO utterances (turn_id, number, round, speaker, text, at)
SELECT n, k, 1, CASE k WHEN 1 THEN 'therapist' ELSE 'chatbot' END, 'Something about it.',
  {_AT.format("ms")} FROM many JOIN ten WHERE k <= 2
""",
    f"""
INSERT INTO evaluations (id, turn_id, subject, rater, reason, method, model, prompt_version, at,
                         empathetic)
SELECT n * 2 + k - 2, n, CASE k WHEN 1 THEN 'draft' ELSE 'reply' END, 'critic', 'Friendly.',
  'written 1', 'a-model', '0123456789ab', {_AT.format("ms")}, 60
FROM many JOIN ten WHERE k <= 2 AND (k = 1 OR n % 20)
""",
    """
INSERT INTO scores (evaluation_id, scale, value)
SELECT evaluations.id, scale, CASE subject WHEN 'draft' THEN turn_id * 37 % 101
  ELSE turn_id * 37 % 101 / 3 END
FROM evaluations JOIN (SELECT 'manipulative' AS scale UNION SELECT 'gaslighting'
  UNION SELECT 'narcissistic')
""",
    f"""
INSERT INTO llm_calls (room_id, turn_id, agent, model, prompt_name, prompt_version, attempt,
  started_at, seconds, prompt_tokens, cached_tokens, completion_tokens, cost, outcome)
SELECT room_id, n, CASE k % 3 WHEN 0 THEN 'chatbot' WHEN 1 THEN 'therapist' ELSE 'critic' END,
  'a-model', 'draft', '0123456789ab', 1, {_AT.format("(ms + k * 100)")}, 0.4, 900, 600, 80, 0.0004,
  CASE WHEN n % 97 THEN 'ok' ELSE 'unavailable' END
FROM many JOIN places ON places.place = many.place JOIN ten
""",
    f"""
INSERT INTO outbox (room_id, place, kind, turn_id, text, tries, created_at, done_at, message_id)
SELECT room_id, 'moderators', CASE k WHEN 1 THEN 'card' ELSE 'notice' END,
  CASE k WHEN 1 THEN n END, '', 1, {_AT.format("ms")}, {_AT.format("ms")}, n * 2 + k
FROM many JOIN places ON places.place = many.place JOIN ten WHERE k = 1 OR (k = 2 AND n % 20 = 0)
""",
    f"""
INSERT INTO ratings (turn_id, person_id, person_name, kind, why, at)
SELECT n, 5, 'Max', 'agree', '', {_AT.format("ms")} FROM many WHERE n % 50 = 7
""",
    f"""
INSERT INTO feedback (turn_id, person_id, person_name, kind, words, at)
SELECT n, 100000 + n % {PEOPLE}, 'Person', CASE WHEN n % 100 = 9 THEN 'hurt' ELSE 'helped' END, '',
  {_AT.format("ms")} FROM many WHERE n % 50 = 9
""",
    f"""
INSERT INTO acts (guild_id, room_id, turn_id, by_id, by_name, kind, reason, details, at)
SELECT :guild, room_id, n, 5, 'Max', 'rate', '', '{{}}', {_AT.format("ms")}
FROM many JOIN places ON places.place = many.place WHERE n % 20 = 3
""",
    # In the second room all but the last words are forgotten.
    """
UPDATE messages SET author_id = 0, author_name = 'someone', text = '(no longer kept)'
WHERE room_id = (SELECT room_id FROM places WHERE place = 1)
  AND turn_id < (SELECT max(n) - 40 FROM many WHERE place = 1)
""",
    """
UPDATE turns SET draft = NULL, candidate = NULL, reply = NULL
WHERE room_id = (SELECT room_id FROM places WHERE place = 1)
  AND id < (SELECT max(n) - 40 FROM many WHERE place = 1)
""",
)


def fill(
    file: Path, guild_id: int, room_ids: Sequence[int], turns: int, people: Sequence[int] = ()
) -> None:
    """Fill a database that knows these rooms, three at least, with so many turns of a year.

    ``people`` are some of those who talk in it.

    What the database holds of turns has to be nothing.
    """
    end = datetime.now(UTC) - timedelta(minutes=5)
    span = {
        "turns": turns,
        "rooms": len(room_ids),
        "guild": guild_id,
        "begin": int((end - timedelta(days=DAYS)).timestamp() * 1000),
        "end": int(end.timestamp() * 1000),
    }
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; PRAGMA temp_store=MEMORY; BEGIN;"
            "CREATE TEMP TABLE many (n INTEGER PRIMARY KEY, ms INTEGER, place INTEGER);"
            "CREATE TEMP TABLE ten (k INTEGER PRIMARY KEY);"
            "CREATE TEMP TABLE places (place INTEGER PRIMARY KEY, room_id INTEGER);"
        )
        connection.executemany("INSERT INTO ten VALUES (?)", [(k,) for k in range(1, EACH + 1)])
        connection.executemany("INSERT INTO places VALUES (?, ?)", [*enumerate(room_ids)])
        # An index that is made at the end takes a fraction of one that is kept up to date.
        indices = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indices:
            connection.execute(f"DROP INDEX {name}")
        for statement in (_NUMBERS, *_INSERTS):
            connection.execute(statement, span)
        for number, person in enumerate(people):
            which = (person, 100_000 + number)
            connection.execute("UPDATE messages SET author_id = ? WHERE author_id = ?", which)
        for _, sql in indices:
            connection.execute(sql)
        for statement in _sums():
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sums() -> list[str]:
    emptied = [f"DELETE FROM {table.name}" for table in (call_days, reply_days, scale_days)]
    return [*emptied, *fills("sqlite")]
