"""A marker in every place where a person's words, name or id can stand, and a search for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Table

from bot.domain import (
    EvaluationState,
    Guidance,
    Moderator,
    NewAct,
    NewPost,
    PostKind,
    PostTo,
    RoomSettings,
    Subject,
    Turn,
    TurnState,
    UserMessage,
)
from bot.domain.act_details import (
    PauseDetails,
    RateDetails,
    SettingChange,
    SettingsDetails,
)
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.memory import SessionMemory
from bot.domain.moderation import CheckInAnswer
from bot.domain.ratings import Opinion, Rating, RatingKind, Reward, Verdict
from bot.domain.session_acts import CheckInDetails
from bot.storage.database.column_types import JsonObject
from bot.storage.database.data_classes import Forgetting, Holds, classified
from bot.storage.database.database import Database
from bot.storage.database.tables import metadata
from bot.storage.stores.shown_posts import MessagePlace
from bot.storage.stores.stores import Stores
from tests.seating import mark_seated
from tests.storage.samples import (
    NOON,
    ROOM,
    begin_turn,
    chatbot_reflects,
    end_turn,
    scored,
    therapist_says,
)

PERSON: Final = 1_361_000_000_000_000_777
OTHER: Final = 1_361_000_000_000_000_888
MAX: Final = Moderator(5, "Max")


def wrote(number: int, author: int, name: str, text: str) -> UserMessage:
    return UserMessage(1_361_000_000_000_100_000 + number, ROOM.id, author, name, text, NOON)


async def whole_turn(stores: Stores, message: UserMessage) -> int:
    """A turn with a row in every table that is about turns, shown everywhere."""
    turn = await begin_turn(stores, message)
    drafted = await stores.turns.save(
        _with(turn, TurnState.DRAFTED), was=turn, utterance=therapist_says()
    )
    waiting = await stores.turns.save(
        _with(drafted, TurnState.WAITING), was=drafted, utterance=chatbot_reflects()
    )
    ended = await end_turn(stores, waiting, "A reply.", ids=(message.id + 5000,))
    verdict = Verdict(safe=Opinion.YES, ethical=Opinion.YES, good=Opinion.YES)
    done = _with(ended, ended.state, EvaluationState.SCORED)
    await stores.evaluations.finish(
        done,
        was=ended,
        evaluations=[scored(ended, Subject.DRAFT, 40)],
        verdict=verdict,
        reward=Reward("critic", 0.5),
    )
    await stores.alliance_curves.keep(turn.id, "[]")
    await stores.shown_posts.keep(turn.id, PostKind.CARD, MessagePlace(4, 40 + turn.id))
    await stores.wait_notices.note_delay(turn.id)
    person = message.author_id
    remembered = SessionMemory(turn.id, ROOM.id, ("gaslighting",), "Ask first.", NOON, person)
    await stores.memories.keep(remembered, guild_id=ROOM.guild_id)
    act = NewAct(ROOM.guild_id, ROOM.id, None, MAX, CheckInDetails("How is it?"))
    asked = await stores.check_ins.add(ROOM.id, act)
    assert asked is not None
    await stores.check_ins.answer(ROOM.id, CheckInAnswer(asked.id, turn.id, "It is fine."))
    return turn.id


async def person_acts(stores: Stores, turn_id: int, by: Moderator) -> None:
    """The person as a moderator: a row in every table that tells who it was."""
    rating = Rating(turn_id, by, RatingKind.AGREE, None, "because", NOON)
    act = NewAct(ROOM.guild_id, ROOM.id, turn_id, by, RateDetails(), shown_in=(ROOM.id,))
    await stores.evaluations.rate(rating, Reward(f"person {by.id}", 0.1), act)
    act = NewAct(ROOM.guild_id, ROOM.id, None, by, PauseDetails(), "a raid", (ROOM.id,))
    await stores.guidance.add(Guidance(0, ROOM.id, by, "be kind", NOON, 3), act)
    changed = SettingsDetails({"norms": SettingChange("", "so it is")})
    await stores.acts.put(NewAct(ROOM.guild_id, ROOM.id, None, by, changed))
    await mark_seated(stores, ROOM.id, by)
    await stores.wait_notices.note_pause(ROOM.id, None, by.id)
    said = Feedback(turn_id, by, FeedbackKind.HURT, "it stung", NOON)
    await stores.feedback.put(said, Reward(f"member {by.id}", -0.1), room_id=ROOM.id)


async def deliver_everything(stores: Stores) -> None:
    """All posts of the outbox arrive."""
    for place in PostTo:
        while (post := await stores.outbox.next(ROOM.id, place)) is not None:
            await stores.outbox.delivered(post.id, 9_000_000 + post.id)


def places() -> list[Column[Any]]:
    """Every column where words of a person can stand in what others said."""
    return [
        column
        for table in metadata.sorted_tables
        for column, data_class in classified(table)
        if data_class.holds is Holds.WORDS and data_class.forgotten is not Forgetting.ROW
    ]


async def plant(database: Database, columns: Iterable[Column[Any]], words: str) -> None:
    """Put the words into all rows of these columns."""
    async with database.write() as connection:
        for column in columns:
            table: Table = column.table
            values = {column.name: planted(column, words)}
            await connection.execute(table.update().values(values))


def planted(column: Column[Any], words: str) -> object:
    text = f"They said: {words}. So it is."
    if column.name == "settings":
        return RoomSettings(norms=text, paused_answer=words[:500]).model_dump_json()
    if isinstance(column.type, JsonObject):
        return {"answer": text, "norms": {"before": text, "after": [text]}}
    if column.name in ("review", "reflection"):
        return json.dumps({"says": text})
    return text


def notices() -> list[NewPost]:
    return [NewPost(ROOM.id, to, PostKind.NOTICE, text="x") for to in (PostTo.MODERATORS,)]


async def all_rows(database: Database) -> str:
    """All rows of all tables, as text."""
    rows: list[str] = []
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            found = await connection.execute(table.select())
            rows.extend(f"{table.name} {tuple(row)}" for row in found)
    return "\n".join(rows)


def file_bytes(file: Path) -> bytes:
    """The database file and all that lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


def _with(turn: Turn, state: TurnState, evaluation: EvaluationState | None = None) -> Turn:
    draft = "A draft."
    evaluation = evaluation or turn.evaluation
    return replace(turn, state=state, evaluation=evaluation, draft=draft, candidate=draft)
