"""Which turn has its line in which message of the moderator channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain import NewPost, PostKind, PostTo
from bot.storage.stores.score_lists import MOST_LINES, OPEN_FOR
from bot.storage.stores.stores import Stores
from tests.storage.planting import PERSON, deliver_everything, whole_turn, wrote
from tests.storage.samples import ROOM, begin_turn, end_turn, said

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def turns(stores: Stores, count: int) -> list[int]:
    made = []
    for number in range(1, count + 1):
        turn = await end_turn(stores, await begin_turn(stores, said(number)), "reply")
        made.append(turn.id)
    return made


async def test_a_turn_has_one_line_however_often_it_is_asked_for(stores: Stores) -> None:
    (turn,) = await turns(stores, 1)
    first = await stores.score_lists.add(ROOM, turn, NOON)
    assert first.turn_ids == (turn,)
    assert (first.message_id, first.shown, first.channel_id) == (
        None, 0, ROOM.moderator_channel_id,
    )  # fmt: skip
    await stores.score_lists.note_shown(first, 77)
    again = await stores.score_lists.add(ROOM, turn, NOON + timedelta(days=1))
    assert again == replace(first, message_id=77, shown=1)
    assert await stores.score_lists.of_turn(turn) == again
    assert await stores.score_lists.of_turn(404) is None


async def test_a_list_ends_when_it_is_full_or_an_hour_old_or_the_channel_is_another(
    stores: Stores,
) -> None:
    ids = await turns(stores, MOST_LINES + 4)
    full = [await stores.score_lists.add(ROOM, turn, NOON) for turn in ids[:MOST_LINES]]
    assert {one.id for one in full} == {full[0].id}
    second = await stores.score_lists.add(ROOM, ids[MOST_LINES], NOON)
    assert second.id != full[0].id
    late = NOON + OPEN_FOR - timedelta(seconds=1)
    assert (await stores.score_lists.add(ROOM, ids[MOST_LINES + 1], late)).id == second.id
    third = await stores.score_lists.add(ROOM, ids[MOST_LINES + 2], NOON + OPEN_FOR)
    assert third.id != second.id
    elsewhere = replace(ROOM, moderator_channel_id=99)
    moved = await stores.score_lists.add(elsewhere, ids[MOST_LINES + 3], NOON + OPEN_FOR)
    assert (moved.id != third.id, moved.channel_id) == (True, 99)


async def test_lines_that_wait_come_together(stores: Stores) -> None:
    ids = await turns(stores, 3)
    posts = [NewPost(ROOM.id, PostTo.MODERATORS, PostKind.LINE, turn_id=turn) for turn in ids]
    await stores.outbox.add(posts)
    assert (await stores.score_lists.add(ROOM, ids[0], NOON)).turn_ids == tuple(ids)


async def test_a_message_that_is_gone_shows_none_of_its_lines(stores: Stores) -> None:
    (turn,) = await turns(stores, 1)
    made = await stores.score_lists.add(ROOM, turn, NOON)
    await stores.score_lists.note_shown(made, 77)
    await stores.score_lists.note_shown(made, None)
    assert await stores.score_lists.of_turn(turn) == made


async def test_a_list_with_words_of_whoever_is_forgotten_is_shown_anew(stores: Stores) -> None:
    turn = await whole_turn(stores, wrote(1, PERSON, "Zoe", "my secret garden is green"))
    await stores.outbox.add([NewPost(ROOM.id, PostTo.MODERATORS, PostKind.LINE, turn_id=turn)])
    made = await stores.score_lists.add(ROOM, turn)
    await stores.score_lists.note_shown(made, 77)
    await deliver_everything(stores)
    await stores.forgetting.person(PERSON, ROOM.guild_id)
    going = []
    while (post := await stores.outbox.next(ROOM.id, PostTo.ERASURE)) is not None:
        going.append((post.new.kind, post.new.turn_id))
        await stores.outbox.delivered(post.id, 1)
    assert (PostKind.LINE, turn) in going
    removed = [kind for kind, _ in going if kind is PostKind.REMOVAL]
    assert len(removed) == 1, "the reply's message, and not that of the list"
