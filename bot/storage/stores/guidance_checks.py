"""Whether replies kept to guidance: what is yet to be looked at, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, or_, select

from bot.domain import NewPost, TurnState
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import guidance, guidance_heard
from bot.storage.database.tables import turns
from bot.storage.stores.outbox import put_posts

_LATEST: Final = 3
"""Turns of a room that are looked at: of an older one nobody would do anything."""
_NEXT: Final = (
    select(
        guidance_heard.c.turn_id,
        guidance_heard.c.guidance_id,
        turns.c.round,
        turns.c.reply,
        guidance.c.text,
    )
    .join(turns, turns.c.id == guidance_heard.c.turn_id)
    .join(guidance, guidance.c.id == guidance_heard.c.guidance_id)
    .where(
        guidance_heard.c.turn_id.in_(
            select(turns.c.id)
            .where(turns.c.room_id == bindparam("room_id"))
            .order_by(turns.c.id.desc())
            .limit(_LATEST)
        ),
        turns.c.state.in_((TurnState.GATED, TurnState.SENT)),
        turns.c.reply.is_not(None),
        guidance.c.text != "",
        or_(
            guidance_heard.c.checked_round.is_(None),
            guidance_heard.c.checked_round != turns.c.round,
        ),
    )
    .order_by(guidance_heard.c.turn_id, guidance_heard.c.guidance_id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class UncheckedGuidance:
    """A reply at a round of its session, and guidance that took part in it."""

    turn_id: int
    guidance_id: int
    round: int
    reply: str
    guidance: str


class GuidanceCheckStore:
    """What was seen of guidance in replies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next(self, room_id: int) -> UncheckedGuidance | None:
        """Return the oldest of a room's latest replies that is yet to be looked at."""

        def read(connection: Connection) -> UncheckedGuidance | None:
            row = connection.execute(_NEXT, {"room_id": room_id}).first()
            if row is None:
                return None
            return UncheckedGuidance(row.turn_id, row.guidance_id, row.round, row.reply, row.text)

        return await self._database.fetch(read)

    async def note(
        self, seen: UncheckedGuidance, followed: bool | None, posts: Sequence[NewPost] = ()
    ) -> None:
        """Keep what was seen, with the posts that tell it; None: it could not be said."""
        change = guidance_heard.update().where(
            guidance_heard.c.turn_id == seen.turn_id,
            guidance_heard.c.guidance_id == seen.guidance_id,
        )
        async with self._database.write() as connection:
            values = {"checked_round": seen.round, "followed": followed}
            await connection.execute(change.values(values))
            await connection.run_sync(put_posts, posts)
