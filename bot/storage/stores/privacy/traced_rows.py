"""The rows of a server that are about no turn in particular: acts, guidance, settings, notices.

They are looked through for a person's traces, and the person's own are signed by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, exists, false, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import PostKind, PostTo, RoomSettings, Speaker
from bot.domain.moderation import ActKind
from bot.domain.ratings import sources_of_person
from bot.storage.database.data_classes import (
    SOMEONE,
    Forgetting,
    Holds,
    classified,
    tables_with,
)
from bot.storage.database.member_tables import feedback
from bot.storage.database.moderation_tables import guidance, guidance_heard, rewards
from bot.storage.database.record_tables import acts
from bot.storage.database.tables import messages, outbox, rooms, turns, utterances
from bot.storage.stores.privacy.erased_words import emptied, redact
from bot.storage.stores.privacy.removals import remove_posts
from bot.text.traces import Traces

WRITTEN: Final = ("norms", "paused_answer", "alert_words")
"""Settings that somebody writes."""
OWN_DETAILS: Final = ("text", "words", "after", "question")
"""Details of acts that are the words of who did it."""


class Cleaned(NamedTuple):
    """The counts of rows that were emptied, and of posts on their way out."""

    rows: int
    posts: int


class Written(NamedTuple):
    """The words that a person wrote as a moderator, and the turns in which they did something."""

    texts: list[str]
    turn_ids: list[int]
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """The person who is looked for, and since when they may be quoted; None: they said nothing."""

    traces: Traces
    since: datetime | None
    person_id: int | None = None

    def without(self, text: str, *, at: datetime | None) -> str:
        """Return a text of that time without the person: empty where it quotes them.

        One that does not name them stays itself: a `Reason` keeps its code.
        """
        unnamed = self.traces.without_names(text, SOMEONE)
        later = self.since is not None and at is not None and at >= self.since
        if later and self.traces.quoted_in(unnamed):
            return ""
        return text if unnamed == text else unnamed


def in_guild(table: Table, guild_id: int, room_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition for the rows of a server."""
    if "guild_id" in table.c:
        return table.c.guild_id == guild_id
    if "room_id" in table.c:
        return table.c.room_id.in_(room_ids)
    # Row by row: a list of the server's turns would be made anew for a single row of a person's.
    return exists().where(turns.c.id == table.c.turn_id, turns.c.room_id.in_(room_ids))


async def find_names(
    connection: AsyncConnection, guild_id: int, room_ids: Sequence[int], person_id: int
) -> list[str]:
    """Return the names under which a person stands in any table."""
    names: set[str] = set()
    for table, columns in tables_with(holds=Holds.PERSON_NAME):
        for column in columns:
            signed = table.c[_id_of(column)] == person_id
            query = select(table.c[column]).where(in_guild(table, guild_id, room_ids), signed)
            names |= set(await connection.scalars(query.distinct()))
    return sorted(filter(None, names - {SOMEONE}))


async def find_written(
    connection: AsyncConnection, guild_id: int, room_ids: Sequence[int], person_id: int
) -> Written:
    """Return what a person wrote as a moderator: it may stand in sessions and replies."""
    written = Written([], [])
    mine = acts.c.by_id == person_id
    query = select(acts.c.turn_id, acts.c.reason, acts.c.details).where(mine)
    for row in await connection.execute(query.where(acts.c.guild_id == guild_id)):
        written.texts.append(row.reason)
        written.texts.extend(str(row.details[name]) for name in OWN_DETAILS if name in row.details)
        written.turn_ids.extend([] if row.turn_id is None else [row.turn_id])
    spoken = utterances.c.turn_id.in_(written.turn_ids)
    by_person = utterances.c.speaker == Speaker.MODERATOR
    written.texts.extend(
        await connection.scalars(select(utterances.c.text).where(spoken, by_person))
    )
    guided = guidance.c.room_id.in_(room_ids), guidance.c.by_id == person_id
    heard = select(guidance_heard.c.turn_id).join(
        guidance, guidance.c.id == guidance_heard.c.guidance_id
    )
    written.turn_ids.extend(await connection.scalars(heard.where(*guided)))
    first_at = await connection.scalar(
        select(func.min(acts.c.at)).where(mine, acts.c.guild_id == guild_id)
    )
    return written._replace(first_at=first_at)


async def clean_guild_rows(
    connection: AsyncConnection,
    guild_id: int,
    room_ids: Sequence[int],
    sought: Sought,
) -> Cleaned:
    """Empty what the person wrote, or is quoted in, and take their name out of the rest.

    What was written before they said anything does not quote them.
    """
    rows = await _clean_settings(connection, room_ids, sought)
    rows += await _clean_guidance(connection, room_ids, sought)
    notices = await _clean_notices(connection, room_ids, sought)
    act_ids = await _clean_acts(connection, guild_id, sought)
    posts = await _remove_act_posts(connection, act_ids)
    posts += await _remove_feedback_posts(connection, room_ids, sought.person_id)
    return Cleaned(rows + notices.rows + len(act_ids), notices.posts + posts)


async def unsign_rows(
    connection: AsyncConnection, guild_id: int, room_ids: Sequence[int], person_id: int
) -> int:
    """Delete the rows that are the person's own, and put nobody in their place in the others."""
    count = 0
    for table, _ in tables_with(holds=Holds.PERSON_ID, forgotten=Forgetting.ROW):
        if table is messages:
            continue
        here = in_guild(table, guild_id, room_ids)
        gone = await connection.execute(table.delete().where(here, _signed(table, person_id)))
        count += gone.rowcount
    for table, empties in tables_with(holds=Holds.PERSON_ID, forgotten=Forgetting.UNNAMED):
        for column, nobody in empties.items():
            values = {column: nobody, _name_of(column): None if nobody is None else SOMEONE}
            here = in_guild(table, guild_id, room_ids)
            change = table.update().where(here, table.c[column] == person_id)
            count += (await connection.execute(change.values(values))).rowcount
    return count


def _signed(table: Table, person_id: int) -> ColumnElement[bool]:
    """Return the condition for the rows that are a person's own."""
    if table is rewards:
        return table.c.source.in_(sources_of_person(person_id))
    for column, data_class in classified(table):
        own = data_class.holds is Holds.PERSON_ID and data_class.forgotten is Forgetting.ROW
        if own and column.name in ("person_id", "author_id"):
            return column == person_id
    return false()


def _id_of(name_column: str) -> str:
    return name_column.removesuffix("name") + "id"


def _name_of(id_column: str) -> str:
    return id_column.removesuffix("id") + "name"


async def _clean_acts(connection: AsyncConnection, guild_id: int, sought: Sought) -> list[int]:
    query = select(acts.c.id, acts.c.by_id, acts.c.reason, acts.c.details, acts.c.at)
    cleaned = []
    for row in (await connection.execute(query.where(acts.c.guild_id == guild_id))).all():
        theirs = row.by_id == sought.person_id
        change = emptied if theirs else partial(sought.without, at=row.at)
        after = (change(row.reason), redact(row.details, change, ids=theirs))
        if after != (row.reason, row.details):
            values = {"reason": after[0], "details": after[1]}
            await connection.execute(acts.update().where(acts.c.id == row.id).values(values))
        if theirs or after != (row.reason, row.details):
            cleaned.append(row.id)
    return cleaned


async def _clean_guidance(
    connection: AsyncConnection, room_ids: Sequence[int], sought: Sought
) -> int:
    """Clean guidance; what is emptied is in force no more."""
    query = select(guidance.c.id, guidance.c.by_id, guidance.c.text, guidance.c.created_at)
    count = 0
    for row in (await connection.execute(query.where(guidance.c.room_id.in_(room_ids)))).all():
        theirs = row.by_id == sought.person_id
        text = "" if theirs else sought.without(row.text, at=row.created_at)
        if text != row.text:
            values = {"text": text} if text else {"text": "", "withdrawn": True, "turns_left": 0}
            change = guidance.update().where(guidance.c.id == row.id)
            await connection.execute(change.values(values))
            count += 1
    return count


async def _clean_settings(
    connection: AsyncConnection, room_ids: Sequence[int], sought: Sought
) -> int:
    """Take the person out of what is written in a room's settings, and out of why it is paused."""
    count = 0
    query = select(rooms.c.id, rooms.c.settings, rooms.c.pause_reason, rooms.c.paused)
    for row in (await connection.execute(query.where(rooms.c.id.in_(room_ids)))).all():
        written_at = await connection.scalar(
            select(func.max(acts.c.at)).where(
                acts.c.room_id == row.id, acts.c.kind == ActKind.SETTINGS.value
            )
        )
        settings = RoomSettings.model_validate_json(row.settings)
        written = {name: sought.without(getattr(settings, name), at=written_at) for name in WRITTEN}
        others = tuple(one for one in settings.alert_people if one != sought.person_id)
        kept = settings.model_copy(update={**written, "alert_people": others})
        values = {
            "settings": kept.model_dump_json(),
            "pause_reason": sought.without(row.pause_reason, at=sought.since),
        }
        if values != {"settings": row.settings, "pause_reason": row.pause_reason}:
            await connection.execute(rooms.update().where(rooms.c.id == row.id).values(values))
            count += 1
    return count


async def _clean_notices(
    connection: AsyncConnection, room_ids: Sequence[int], sought: Sought
) -> Cleaned:
    """Empty posts about no turn that quote or name the person, and have those that are out go."""
    query = select(outbox.c.id, outbox.c.text, outbox.c.error).where(
        outbox.c.room_id.in_(room_ids),
        outbox.c.turn_id.is_(None),
        outbox.c.place != PostTo.ERASURE,
    )
    in_text = sought.traces.in_text
    rows = (await connection.execute(query)).all()
    found = [row.id for row in rows if in_text(row.text) or in_text(row.error)]
    if not found:
        return Cleaned(0, 0)
    posts = await remove_posts(connection, outbox.c.id.in_(found))
    waiting = and_(outbox.c.id.in_(found), outbox.c.done_at.is_(None))
    await connection.execute(outbox.delete().where(waiting))
    change = outbox.update().where(outbox.c.id.in_(found))
    await connection.execute(change.values(text="", error=None))
    return Cleaned(len(found), posts)


async def _remove_feedback_posts(
    connection: AsyncConnection, room_ids: Sequence[int], person_id: int | None
) -> int:
    """Have the posts go that tell of a person's words on replies, or were to."""
    here = in_guild(feedback, 0, room_ids)
    theirs = select(feedback.c.id).where(here, feedback.c.person_id == person_id)
    ids = list(await connection.scalars(theirs))
    told = and_(outbox.c.kind == PostKind.FEEDBACK, outbox.c.ref.in_(ids))
    posts = await remove_posts(connection, told)
    await connection.execute(outbox.delete().where(told, outbox.c.done_at.is_(None)))
    return posts


async def _remove_act_posts(connection: AsyncConnection, act_ids: Sequence[int]) -> int:
    """Have the posts of acts taken away; one on its way is as it is."""
    if not act_ids:
        return 0
    kinds = (PostKind.ACT, PostKind.CHECK_IN)  # a check-in has the id of its act
    shown = and_(outbox.c.kind.in_(kinds), outbox.c.ref.in_(act_ids))
    return await remove_posts(connection, shown)
