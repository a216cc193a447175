from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from bot.domain import Moderator, NewAct, ReplyWhen, Room, RoomSettings
from bot.domain.act_details import ExtendPauseDetails
from bot.storage.stores.stores import Stores
from tests.pausing import KIM, mark_paused, mark_resumed
from tests.storage.samples import NOON, OTHER_ROOM, ROOM, begin_turn, end_turn, said


@pytest.mark.postgres
async def test_a_bound_room_comes_back_as_it_was(stores: Stores) -> None:
    settings = RoomSettings(
        persona="narcissist", norms="Be kind.", max_rounds=2, reply_when=ReplyWhen.MENTIONED
    )
    room = replace(
        OTHER_ROOM, settings=settings, moderator_role_id=5, simulated=True, paused_until=NOON
    )
    await stores.rooms.bind(room)
    assert await stores.rooms.get(room.id) == room
    assert await stores.rooms.get(404) is None


async def test_binding_again_changes_the_room_and_forgets_nothing_else(stores: Stores) -> None:
    await stores.rooms.see(ROOM.id, 9)
    moved = replace(ROOM, moderator_channel_id=8)
    await stores.rooms.bind(moved)
    assert await stores.rooms.all() == [moved]
    assert await stores.rooms.last_seen(ROOM.id) == 9


async def test_a_room_that_is_opened_again_is_not_read_from_an_earlier_gap(stores: Stores) -> None:
    await stores.rooms.note_unread(ROOM.id, 5)
    await stores.rooms.release(ROOM.id)
    await stores.rooms.bind(ROOM, heard_after=9)
    assert await stores.rooms.last_seen(ROOM.id) == 9


async def test_rooms_of_a_server(stores: Stores) -> None:
    elsewhere = replace(ROOM, id=3, guild_id=30)
    await stores.rooms.bind(OTHER_ROOM)
    await stores.rooms.bind(elsewhere)
    assert await stores.rooms.of_guild(ROOM.guild_id) == [OTHER_ROOM, ROOM]
    assert await stores.rooms.of_guild(30) == [elsewhere]
    assert await stores.rooms.of_guild(31) == []
    assert await stores.rooms.all() == [OTHER_ROOM, elsewhere, ROOM]


async def test_settings_change_only_the_named_room(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    settings = RoomSettings(persona="narcissist", max_rounds=1)
    await stores.rooms.update_settings(ROOM.id, settings)
    assert await stores.rooms.get(ROOM.id) == replace(ROOM, settings=settings)
    assert await stores.rooms.get(OTHER_ROOM.id) == OTHER_ROOM


async def test_pause_and_resume(stores: Stores) -> None:
    await mark_paused(stores, ROOM.id, until=NOON, reason="a raid")
    paused = replace(ROOM, paused=True, paused_until=NOON, pause_reason="a raid", paused_by=KIM)
    assert await stores.rooms.get(ROOM.id) == paused
    await mark_resumed(stores, ROOM.id)
    assert await stores.rooms.get(ROOM.id) == ROOM


async def test_due_resumes_are_those_whose_time_has_come(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    await mark_paused(stores, ROOM.id, until=NOON)
    await mark_paused(stores, OTHER_ROOM.id)
    assert await stores.rooms.due_resumes(NOON - timedelta(seconds=1)) == []
    assert await stores.rooms.due_resumes(NOON) == [ROOM.id]
    await mark_resumed(stores, ROOM.id)
    assert await stores.rooms.due_resumes(NOON) == []


@pytest.mark.postgres
async def test_times_come_back_in_utc_whatever_zone_they_were_in(stores: Stores) -> None:
    there = datetime(2026, 5, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    await mark_paused(stores, ROOM.id, until=there)
    room = await stores.rooms.get(ROOM.id)
    assert room is not None
    assert room.paused_until == NOON
    assert room.paused_until.tzinfo is UTC


@pytest.mark.postgres
async def test_a_time_without_a_zone_is_refused(stores: Stores) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        await mark_paused(stores, ROOM.id, until=NOON.replace(tzinfo=None))
    assert await stores.rooms.get(ROOM.id) == ROOM


@pytest.mark.postgres
async def test_a_thread_for_each_room_and_day(stores: Stores) -> None:
    today, tomorrow = date(2026, 5, 1), date(2026, 5, 2)
    await stores.rooms.bind(OTHER_ROOM)
    await stores.threads.keep_thread(ROOM.id, today, 100)
    await stores.threads.keep_thread(OTHER_ROOM.id, today, 200)
    assert await stores.threads.thread_of(ROOM.id, today) == 100
    assert await stores.threads.thread_of(ROOM.id, tomorrow) is None
    await stores.threads.keep_thread(ROOM.id, today, 101)
    assert await stores.threads.thread_of(ROOM.id, today) == 101
    assert await stores.threads.thread_of(OTHER_ROOM.id, today) == 200


async def test_last_seen_is_the_highest_id_kept_or_passed_by(stores: Stores) -> None:
    assert await stores.rooms.last_seen(ROOM.id) is None
    assert await stores.rooms.last_seen(404) is None
    await begin_turn(stores, said(5))
    assert await stores.rooms.last_seen(ROOM.id) == 5
    await stores.rooms.see(ROOM.id, 9)
    assert await stores.rooms.last_seen(ROOM.id) == 9
    await stores.rooms.see(ROOM.id, 7)
    assert await stores.rooms.last_seen(ROOM.id) == 9
    await stores.messages.add(said(11))
    assert await stores.rooms.last_seen(ROOM.id) == 11


async def test_a_pause_is_replaced_only_by_who_knows_it(stores: Stores) -> None:
    kim, max_ = Moderator(1, "Kim"), Moderator(2, "Max")
    assert await mark_paused(stores, ROOM.id, until=NOON, reason="a raid", by=kim, instead_of=0)
    first = await stores.rooms.get(ROOM.id)
    assert first is not None
    assert first.paused_by == kim
    assert first.pause_mark > 1
    assert not await mark_paused(stores, ROOM.id, by=max_, instead_of=0)
    assert not await mark_paused(stores, ROOM.id, by=max_, instead_of=first.pause_mark - 1)
    assert await stores.rooms.get(ROOM.id) == first
    assert await mark_paused(stores, ROOM.id, by=max_, instead_of=first.pause_mark)
    second = await stores.rooms.get(ROOM.id)
    assert second is not None
    assert (second.paused_by, second.paused_until, second.pause_reason) == (max_, None, "")
    await mark_resumed(stores, ROOM.id)
    assert await stores.rooms.get(ROOM.id) == ROOM


def longer(room: Room) -> NewAct:
    return NewAct(room.guild_id, room.id, None, KIM, ExtendPauseDetails(10))


async def test_only_a_pause_with_an_end_lasts_longer(stores: Stores) -> None:
    assert await stores.pausing.extend(ROOM.id, 10, longer) is None
    await mark_paused(stores, ROOM.id)
    assert await stores.pausing.extend(ROOM.id, 10, longer) is None
    soon = datetime.now(UTC) + timedelta(minutes=3)
    await mark_paused(stores, ROOM.id, until=soon)
    extended = await stores.pausing.extend(ROOM.id, 10, longer)
    assert extended is not None
    room, act = extended
    assert room == await stores.rooms.get(ROOM.id)
    assert room.paused_until == soon + timedelta(minutes=10)
    assert await stores.acts.find(ROOM.guild_id) == [act]


async def test_a_therapy_thread_knows_its_room(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    await stores.threads.keep_thread(OTHER_ROOM.id, NOON.date(), 77)
    assert await stores.threads.room_of_thread(77) == OTHER_ROOM.id
    assert await stores.threads.room_of_thread(78) is None


async def test_who_talks_in_a_channel_later_hears_nothing_of_before(stores: Stores) -> None:
    await end_turn(stores, await begin_turn(stores, said(1)), "reply", ids=(2,))
    await stores.rooms.release(ROOM.id)
    assert await stores.rooms.all() == []
    await stores.rooms.bind(ROOM)
    first = await begin_turn(stores, said(3, "anew"))
    conversation = await stores.messages.conversation(first)
    assert conversation.lines == ()
    await end_turn(stores, first, "yes", ids=(4,))
    second = await begin_turn(stores, said(5))
    lines = (await stores.messages.conversation(second)).lines
    assert {line.text for line in lines} == {"anew", "yes"}
