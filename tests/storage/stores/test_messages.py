from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.domain import Conversation, Line, Turn
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, turns
from bot.storage.stores.stores import Stores
from tests.pausing import mark_paused, mark_resumed
from tests.storage.samples import NOON, OTHER_ROOM, ROOM, begin_turn, end_turn, said


def texts(conversation: Conversation) -> list[str]:
    return [line.text for line in conversation.lines]


async def test_a_message_is_kept_once(stores: Stores) -> None:
    assert await stores.messages.add(said(1, "first"))
    assert not await stores.messages.add(said(1, "again"))
    turn = await stores.turns.claim(said(1).room_id)
    assert turn is not None
    assert (await stores.messages.conversation(turn)).asked == (Line(speaker="Ann", text="first"),)


async def test_a_message_of_a_channel_that_is_no_chat_room_is_refused(stores: Stores) -> None:
    with pytest.raises(IntegrityError):
        await stores.messages.add(said(1, room_id=404))


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("nul\0 in it", "nul in it"),
        ("half a pair \ud83d", "half a pair \ufffd"),
        ("a pair in halves \ud83d\ude00", "a pair in halves 😀"),
        ("Z̷͑a̴l̶g̷o̸ ﷽", "Z̷͑a̴l̶g̷o̸ ﷽"),
        ("'); DROP TABLE messages; --", "'); DROP TABLE messages; --"),
        ("   ", "   "),
    ],
)
@pytest.mark.postgres
async def test_texts_are_stored_as_given_but_for_what_no_database_takes(
    stores: Stores, database: Database, given: str, stored: str
) -> None:
    assert await stores.messages.add(replace(said(1), text=given, author_name=given))
    async with database.read() as connection:
        row = (await connection.execute(select(messages))).one()
    assert (row.text, row.author_name) == (stored, stored)


async def claimed_at(database: Database, turn: Turn, seconds: float) -> None:
    """The turn began that many seconds after noon, by the host's clock."""
    at = NOON + timedelta(seconds=seconds)
    async with database.write() as connection:
        await connection.execute(turns.update().where(turns.c.id == turn.id).values(created_at=at))


async def test_a_conversation_is_what_came_before_and_what_is_asked(stores: Stores) -> None:
    first = await begin_turn(stores, said(1, "hello"), said(2, "anyone?"))
    await end_turn(stores, first, "hi there", seconds=3)
    second = await begin_turn(stores, said(4, "how are you?"))
    assert await stores.messages.conversation(second) == Conversation(
        lines=(
            Line(speaker="Ann", text="hello"),
            Line(speaker="Ann", text="anyone?"),
            Line(speaker="Chatbot", text="hi there", by_chatbot=True),
        ),
        asked=(Line(speaker="Ann", text="how are you?"),),
    )


@pytest.mark.parametrize("hours", [0, 1, -1])
async def test_lines_are_in_the_order_in_which_they_were_said(
    stores: Stores, database: Database, hours: int
) -> None:
    """The host's clock, which turns go by, may be that far ahead of Discord's."""
    off = 3600 * hours
    first = await begin_turn(stores, said(1, "one"))
    await claimed_at(database, first, 1 + off)
    await stores.messages.add(said(2, "two, while one was worked on"))
    await end_turn(stores, first, "reply to one", seconds=3 + off)
    second = await begin_turn(stores, said(4, "four"))
    await claimed_at(database, second, 4 + off)
    await end_turn(stores, second, "reply to two and four", seconds=4 + off)
    third = await begin_turn(stores, said(6))
    assert texts(await stores.messages.conversation(third)) == [
        "one",
        "two, while one was worked on",
        "reply to one",
        "four",
        "reply to two and four",
    ]


async def test_a_withheld_reply_was_never_said(stores: Stores) -> None:
    await end_turn(stores, await begin_turn(stores, said(1, "ouch")), None)
    turn = await begin_turn(stores, said(2))
    assert texts(await stores.messages.conversation(turn)) == ["ouch"]


async def test_what_came_later_is_not_in_the_conversation_of_an_earlier_turn(
    stores: Stores,
) -> None:
    first = await end_turn(stores, await begin_turn(stores, said(1, "one")), "reply", seconds=1)
    await end_turn(stores, await begin_turn(stores, said(2, "two")), "reply to two", seconds=2)
    await stores.messages.add(said(3, "waiting"))
    conversation = await stores.messages.conversation(first)
    assert texts(conversation) == []
    assert [line.text for line in conversation.asked] == ["one"]


async def test_rooms_do_not_hear_each_other(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    there = await begin_turn(stores, said(1, "a secret", room_id=OTHER_ROOM.id))
    await end_turn(stores, there, "kept")
    here = await begin_turn(stores, said(2))
    assert texts(await stores.messages.conversation(here)) == []


async def talk_of_five(stores: Stores) -> Conversation:
    for number in range(1, 10, 2):
        turn = await begin_turn(stores, said(number, f"m{number}"))
        await end_turn(stores, turn, f"r{number + 1}", seconds=number + 1)
    turn = await begin_turn(stores, said(20))
    return await stores.messages.conversation(turn, max_lines=3, max_characters=100)


async def test_the_newest_lines_are_kept(stores: Stores) -> None:
    assert texts(await talk_of_five(stores)) == ["r8", "m9", "r10"]


@pytest.mark.parametrize(
    ("characters", "kept"),
    [(0, []), (2, []), (3, ["r10"]), (4, ["r10"]), (5, ["m9", "r10"]), (7, ["r8", "m9", "r10"])],
)
async def test_lines_are_whole_or_not_at_all(
    stores: Stores, characters: int, kept: list[str]
) -> None:
    await talk_of_five(stores)
    turn = await stores.turns.claim(said(20).room_id)
    assert turn is not None
    conversation = await stores.messages.conversation(turn, max_lines=9, max_characters=characters)
    assert texts(conversation) == kept
    assert [line.text for line in conversation.asked] == ["message 20"]


async def test_no_lines_are_asked_for(stores: Stores) -> None:
    await end_turn(stores, await begin_turn(stores, said(1)), "reply")
    turn = await begin_turn(stores, said(2))
    conversation = await stores.messages.conversation(turn, max_lines=0)
    assert conversation == Conversation(asked=(Line(speaker="Ann", text="message 2"),))


async def test_after_a_long_pause_the_newest_questions_are_asked(stores: Stores) -> None:
    turn = await begin_turn(stores, *(said(number, f"m{number}") for number in range(1, 9)))
    few = await stores.messages.conversation(turn, max_lines=3)
    assert [line.text for line in few.asked] == ["m6", "m7", "m8"]
    short = await stores.messages.conversation(turn, max_characters=4)
    assert [line.text for line in short.asked] == ["m7", "m8"]
    assert [line.text for line in short.lines] == []


# ── changed and deleted before a turn claims them ───────────────────────────────────────────


async def asked_by(stores: Stores, room_id: int = ROOM.id) -> list[str]:
    """What the room's next turn answers."""
    turn = await stores.turns.claim(room_id)
    assert turn is not None
    return [line.text for line in (await stores.messages.conversation(turn)).asked]


async def test_a_turn_answers_what_a_message_says_when_it_is_claimed(stores: Stores) -> None:
    await stores.messages.add(said(1, "I hate you"))
    assert await stores.messages.revise(said(1, "I ate stew"))
    assert await asked_by(stores) == ["I ate stew"]


async def test_a_revision_that_changes_nothing_says_so(stores: Stores) -> None:
    await stores.messages.add(said(1, "same"))
    assert not await stores.messages.revise(said(1, "same"))
    assert not await stores.messages.revise(said(2, "never heard of"))
    assert await stores.messages.waiting(ROOM.id) == [1]


async def test_a_withdrawn_message_is_claimed_by_no_turn(stores: Stores) -> None:
    for number in (1, 2, 3):
        await stores.messages.add(said(number))
    assert await stores.messages.withdraw(ROOM.id, [1, 3, 99]) == 2
    assert await stores.messages.waiting(ROOM.id) == [2]
    assert await asked_by(stores) == ["message 2"]


async def test_a_room_whose_only_message_is_withdrawn_has_no_work(stores: Stores) -> None:
    await stores.messages.add(said(1))
    assert await stores.messages.withdraw(ROOM.id, [1]) == 1
    assert await stores.turns.rooms_with_work() == []
    assert await stores.turns.claim(ROOM.id) is None


async def test_what_a_turn_has_claimed_stays_as_it_was(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1, "first"))
    assert not await stores.messages.revise(said(1, "second"))
    assert await stores.messages.withdraw(ROOM.id, [1]) == 0
    (line,) = (await stores.messages.conversation(turn)).asked
    assert line.text == "first"


async def test_a_room_changes_none_of_anothers_messages(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    await stores.messages.add(said(1, "theirs"))
    assert not await stores.messages.revise(said(1, "ours", room_id=OTHER_ROOM.id))
    assert await stores.messages.withdraw(OTHER_ROOM.id, [1]) == 0
    assert await asked_by(stores) == ["theirs"]


async def test_what_was_set_aside_waits_for_nothing_and_can_be_withdrawn(stores: Stores) -> None:
    await mark_paused(stores, ROOM.id)
    await stores.messages.add(said(1))
    assert await mark_resumed(stores, ROOM.id, set_aside=True) == 1
    assert await stores.messages.waiting(ROOM.id) == []
    assert await stores.messages.withdraw(ROOM.id, [1]) == 1
