"""Values that the tests of the stores share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import (
    HARMS,
    ChatbotState,
    Evaluation,
    EvaluationState,
    HarmFinding,
    NewPost,
    PostKind,
    PostTo,
    Reflection,
    Review,
    Room,
    Scores,
    Speaker,
    Subject,
    Turn,
    TurnState,
    UserMessage,
    Utterance,
)
from bot.domain.transitions import TRANSITIONS
from bot.storage.database.database import Database
from bot.storage.database.tables import key_value
from bot.storage.stores.stores import Stores

# A snowflake above 2**53, as the ones of today: no float on the way may touch it.
ROOM: Final = Room(
    id=1_361_000_000_000_000_001,
    guild_id=1_361_000_000_000_000_000,
    moderator_channel_id=1_361_000_000_000_000_002,
    therapy_parent_id=1_361_000_000_000_000_001,
)
OTHER_ROOM: Final = replace(ROOM, id=2)
NOON: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)


def said(
    number: int, text: str = "", *, room_id: int = ROOM.id, seconds: float | None = None
) -> UserMessage:
    """A message of Ann's, sent that many seconds after noon."""
    return UserMessage(
        id=number,
        room_id=room_id,
        author_id=77,
        author_name="Ann",
        text=text or f"message {number}",
        sent_at=NOON + timedelta(seconds=number if seconds is None else seconds),
    )


async def begin_turn(stores: Stores, *messages: UserMessage) -> Turn:
    """A turn that has claimed those messages."""
    for message in messages:
        assert await stores.messages.add(message)
    turn = await stores.turns.claim(messages[0].room_id)
    assert turn is not None
    return turn


async def end_turn(
    stores: Stores, turn: Turn, reply: str | None, *, seconds: float = 0, ids: Sequence[int] = ()
) -> Turn:
    """That turn with its reply sent that many seconds after noon, or withheld if there is none."""
    for state in (TurnState.DRAFTED, TurnState.READY) if reply else (TurnState.WITHHOLDING,):
        if state in TRANSITIONS[turn.state]:
            turn = await stores.turns.save(replace(turn, state=state), was=turn)
    done = replace(
        turn,
        state=TurnState.SENT if reply else TurnState.WITHHELD,
        evaluation=EvaluationState.PENDING,
        draft="a draft",
        reply=reply,
        reply_message_ids=tuple(ids),
        replied_at=NOON + timedelta(seconds=seconds),
    )
    return await stores.turns.save(done, was=turn)


def therapist_says(number: int = 1) -> Utterance:
    review = Review(
        user_feels="proud",
        user_needs="to be seen",
        harms=(HarmFinding(harm="narcissistic", why='it is about "you"'),),
        says="Where is she in this? 💛",
        something_left=True,
    )
    return Utterance(number, 1, Speaker.THERAPIST, review.says, review=review)


def chatbot_reflects(number: int = 2) -> Utterance:
    reflection = Reflection(
        reflection="I made it about me.",
        wants_another_round=False,
        state=ChatbotState(therapy_progression=60, confusion=10, urgency=0),
        response="Congratulations!",
    )
    return Utterance(number, 1, Speaker.CHATBOT, reflection.reflection, reflection=reflection)


def scored(turn: Turn, subject: Subject, value: int, **more: int) -> Evaluation:
    scores = Scores(
        values={**dict.fromkeys(HARMS, value), **more}, reason="because", method="written v1"
    )
    return Evaluation(turn.id, subject, "critic", scores, "a-model", "0123456789ab", NOON)


def with_empathy(evaluation: Evaluation, value: int) -> Evaluation:
    scores = evaluation.scores.model_copy(update={"empathetic": value})
    return replace(evaluation, scores=scores)


def card(turn: Turn) -> NewPost:
    return NewPost(turn.room_id, PostTo.MODERATORS, PostKind.CARD, turn_id=turn.id)


def notice(text: str, *, room_id: int = ROOM.id, to: PostTo = PostTo.MODERATORS) -> NewPost:
    return NewPost(room_id, to, PostKind.NOTICE, text=text)


async def put(connection: AsyncConnection, name: str) -> None:
    await connection.execute(key_value.insert().values(name=name, value="x", changed_at=NOON))


async def names(database: Database) -> list[str]:
    async with database.read() as connection:
        return list(await connection.scalars(select(key_value.c.name).order_by(key_value.c.name)))


async def write(database: Database, *mark_names: str) -> None:
    async with database.write() as connection:
        for name in mark_names:
            await put(connection, name)
