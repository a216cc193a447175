"""What a person replied to stands in the conversation, chain and all, and is forgotten with it."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Line, UserMessage
from bot.storage.stores.reply_chains import MAX_LINK_CHARACTERS, MAX_LINKS
from bot.storage.stores.stores import Stores
from tests.pausing import mark_paused
from tests.storage.samples import NOON, OTHER_ROOM, ROOM, begin_turn, end_turn, said

BEN = 88


def by_ben(number: int, text: str, reply_to_id: int | None = None) -> UserMessage:
    said_by_ben = replace(said(number, text), author_id=BEN, author_name="Ben")
    return replace(said_by_ben, reply_to_id=reply_to_id)


async def replied_to(stores: Stores, message: UserMessage) -> list[tuple[str, str]]:
    turn = await begin_turn(stores, message)
    asked = (await stores.messages.conversation(turn, max_lines=2)).asked
    return [(line.speaker, line.text) for line in asked[-1].replied_to]


async def test_an_old_reply_is_there_with_what_it_answered(stores: Stores) -> None:
    first = await begin_turn(stores, said(1, "What is the capital of Australia?"))
    await end_turn(stores, first, "Canberra.", seconds=2, ids=[2])
    for number in (3, 4, 5):
        await end_turn(stores, await begin_turn(stores, said(number)), None)
    asking = replace(said(6, "are you sure?"), reply_to_id=2)
    assert await replied_to(stores, asking) == [
        ("Ann", "What is the capital of Australia?"),
        ("Chatbot", "Canberra."),
    ]


async def test_what_others_said_is_there_but_answered_by_no_turn(stores: Stores) -> None:
    assert await stores.messages.add_context(by_ben(1, "Quasars are stars."), NOON)
    assert not await stores.messages.add_context(by_ben(1, "again"), NOON)
    assert await stores.turns.claim(ROOM.id) is None
    turn = await begin_turn(stores, replace(said(2, "is that true?"), reply_to_id=1))
    conversation = await stores.messages.conversation(turn)
    assert conversation.lines == ()
    assert conversation.asked[0].replied_to == (Line(speaker="Ben", text="Quasars are stars."),)
    await end_turn(stores, turn, "No.", seconds=3)
    later = await begin_turn(stores, said(4))
    assert "Quasars" not in str(await stores.messages.conversation(later))


async def test_a_reply_to_the_latest_line_needs_no_telling(stores: Stores) -> None:
    await end_turn(stores, await begin_turn(stores, said(1)), "Canberra.", seconds=2, ids=[2])
    assert await replied_to(stores, replace(said(3), reply_to_id=2)) == []


async def test_a_chain_is_bounded_in_links_and_characters(stores: Stores) -> None:
    for number in range(1, 9):
        earlier = by_ben(number, f"{number} {'x' * 1000}", number - 1 or None)
        await stores.messages.add_context(earlier, NOON)
    chain = await replied_to(stores, replace(said(9), reply_to_id=8))
    assert [text.split()[0] for _, text in chain] == ["5", "6", "7", "8"]
    assert len(chain) == MAX_LINKS
    assert {len(text) for _, text in chain} == {MAX_LINK_CHARACTERS}


async def test_who_was_only_replied_to_in_a_pause_is_told_of_none(stores: Stores) -> None:
    await mark_paused(stores, ROOM.id)
    await stores.messages.add_context(by_ben(1, "Quasars are stars."), NOON)
    await stores.messages.add(replace(said(2, "is that true?"), reply_to_id=1))
    assert await stores.messages.said_in_pause(ROOM.id) == [(said(2).author_id, 2)]


async def test_another_rooms_message_and_an_unknown_one_are_none(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    elsewhere = replace(by_ben(1, "secret"), room_id=OTHER_ROOM.id)
    await stores.messages.add_context(elsewhere, NOON)
    assert await replied_to(stores, replace(said(2), reply_to_id=1)) == []
    await end_turn(stores, await begin_turn(stores, said(3)), None)
    assert await replied_to(stores, replace(said(4), reply_to_id=404)) == []


async def test_who_was_replied_to_long_ago_is_forgotten_where_the_reply_quotes_them(
    stores: Stores,
) -> None:
    words = "my sister hides the key under the blue stone"
    await stores.messages.add_context(by_ben(1, words), NOON)
    turn = await begin_turn(stores, replace(said(2, "what does he mean?"), reply_to_id=1))
    await end_turn(stores, turn, f"Ben says: {words}.", seconds=3)
    await stores.forgetting.person(BEN, ROOM.guild_id)
    after = await stores.turns.get(turn.id)
    assert after is not None
    assert "sister" not in str(after.reply)
    conversation = await stores.messages.conversation(after)
    assert conversation.asked == (Line(speaker="Ann", text="what does he mean?"),)
