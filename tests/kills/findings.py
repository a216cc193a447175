"""What a run of kills left behind: what people saw in Discord, held against the record."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import make_url

from bot.rooms.chat.fixed_texts import DELAY_TEXT
from bot.sandbox import Message, SandboxUser

QUIET = (
    "SELECT count(*) FROM outbox WHERE done_at IS NULL",
    "SELECT count(*) FROM turns WHERE evaluation IN ('none', 'pending')",
    "SELECT count(*) FROM messages WHERE turn_id IS NULL AND set_aside_at IS NULL",
)
"""What is left to do; all of them 0 when nothing is."""


@dataclass(frozen=True)
class Found:
    """What a run left behind; what `broken` names has to be 0."""

    kills: int
    messages: int
    replies: int
    lost: int
    doubled: int
    without_session: int
    cards_missing: int
    waits: Sequence[float] = field(default_factory=tuple)
    """Of several processes: the seconds from each kill until every shard was served again."""

    @property
    def broken(self) -> dict[str, int]:
        """Return what should not be, with how often it is."""
        names = ("lost", "doubled", "without_session", "cards_missing")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def __str__(self) -> str:
        waited = (
            f"; every shard was served again after {max(self.waits):.0f} s at most, "
            f"{sorted(self.waits)[len(self.waits) // 2]:.0f} s in the middle"
            if self.waits
            else ""
        )
        return (
            f"{self.kills} kills, {self.messages} messages, {self.replies} replies: "
            f"{self.lost} lost, {self.doubled} doubled, {self.without_session} without a finished "
            f"session, {self.cards_missing} cards missing{waited}"
        )


class Record:
    """The bot's database, read beside it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query gives."""
        if self._url.startswith("sqlite"):
            return self._sqlite_rows(query)
        import asyncpg  # noqa: PLC0415 - not every run needs it

        connection = await asyncpg.connect(self._url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def is_done(self) -> bool:
        """Return whether nothing is left to do."""
        counts = [(await self.rows(query))[0][0] for query in QUIET]
        return not any(counts)

    async def unheard(self, said: Sequence[Message]) -> int:
        """Return how many messages are not in it."""
        known = {row[0] for row in await self.rows("SELECT id FROM messages")}
        return sum(message.id not in known for message in said)

    def _sqlite_rows(self, query: str) -> list[tuple[Any, ...]]:
        file = make_url(self._url).database
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@dataclass(frozen=True)
class Seen:
    """What people saw in one server: the replies in its lobby, and its moderators' messages."""

    room_id: int
    replies: Sequence[Message]
    moderators: Sequence[Message]


def look_around(ana: SandboxUser, max_: SandboxUser) -> Seen:
    """Return what a member and a moderator of a server have before them, from the beginning."""
    lobby = ana.place_id("#lobby")
    said = (m for m in _all_messages(ana, "#lobby") if m.by_bot and m.reply_to)
    replies = [m for m in said if m.text != DELAY_TEXT]
    return Seen(lobby, replies, _all_messages(max_, "#moderators"))


def _all_messages(person: SandboxUser, where: str) -> list[Message]:
    found: list[Message] = []
    before: int | None = None
    while piece := person.messages(where, before=before):
        found = [*piece, *found]
        before = piece[0].id
    return found


async def count_broken(
    record: Record,
    seen: Sequence[Seen],
    said: Sequence[Message],
    kills: int,
    waits: Sequence[float] = (),
) -> Found:
    """Count in Discord what people see, and hold it against the record."""
    answered = {
        message: (room, number)
        for message, room, number in await record.rows(
            "SELECT messages.id, turns.room_id, turns.number FROM messages "
            "JOIN turns ON turns.id = messages.turn_id "
            "WHERE turns.state IN ('sent', 'withheld', 'helped')"
        )
    }
    posted = dict(await record.rows("SELECT message_id, turn_id FROM reply_posts"))
    # Whoever may be in danger reads help in place of a reply: it is counted as one of its turn.
    posted |= await record.rows(
        "SELECT message_id, coalesce(turn_id, -id) FROM outbox "
        "WHERE kind = 'help' AND message_id IS NOT NULL"
    )
    reviewed = {
        row[0]
        for row in await record.rows(
            "SELECT DISTINCT turns.id FROM turns JOIN utterances ON utterances.turn_id = turns.id "
            "WHERE turns.state = 'sent' AND utterances.speaker = 'therapist'"
        )
    }
    without = {
        row[0]
        for row in await record.rows("SELECT id FROM turns WHERE state IN ('withheld', 'helped')")
    }
    replies = [message for one in seen for message in one.replies]
    turns = [posted[m.id] for m in replies if m.id in posted]
    cards = Counter(
        (one.room_id, number) for one in seen for m in one.moderators for number in _cards_in(m)
    )
    twice = sum(count - 1 for times in (Counter(turns), cards) for count in times.values())
    return Found(
        kills=kills,
        messages=len(said),
        replies=len(replies),
        lost=sum(m.id not in answered for m in said),
        doubled=sum(m.id not in posted for m in replies) + twice,
        without_session=len({*turns} - reviewed - without),
        cards_missing=len({*answered.values()} - {*cards}),
        waits=waits,
    )


def _cards_in(message: Message) -> list[int]:
    """Return the numbers of the replies whose score cards a message has."""
    named = (re.search(r" Reply #(\d+) · ", embed.title or "") for embed in message.embeds)
    return [int(found[1]) for found in named if found]
