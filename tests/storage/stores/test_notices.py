"""What people were shown and told, and what was measured, is kept with its turn or room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.domain import PostKind
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, metadata, turns
from bot.storage.stores.shown_posts import MessagePlace
from bot.storage.stores.stores import Stores
from tests.pausing import mark_paused, mark_resumed
from tests.storage.samples import NOON, OTHER_ROOM, ROOM, begin_turn, said

LATER = NOON + timedelta(hours=1)
CARD = MessagePlace(ROOM.moderator_channel_id, ROOM.id + 9)


async def test_a_shown_message_is_found_by_turn_and_kind(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    shown = stores.shown_posts
    assert await shown.find(turn.id, PostKind.CARD) is None
    await shown.keep(turn.id, PostKind.CARD, MessagePlace(1, 2))
    await shown.keep(turn.id, PostKind.GATE, MessagePlace(3, 4))
    await shown.keep(turn.id, PostKind.CARD, CARD)
    assert await shown.find(turn.id, PostKind.CARD) == CARD
    await shown.forget(turn.id, PostKind.CARD)
    assert await shown.find(turn.id, PostKind.CARD) is None
    assert await shown.find(turn.id, PostKind.GATE) == MessagePlace(3, 4)


async def test_each_pause_has_its_own_people(stores: Stores, database: Database) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    notices = stores.wait_notices
    for person in (77, 78):
        await notices.note_pause(ROOM.id, None, person)
    await notices.note_pause(OTHER_ROOM.id, None, 79)
    assert await notices.told_of_pause(ROOM.id, None) == {77, 78}
    assert await notices.told_of_pause(ROOM.id, NOON) == set()
    await notices.note_pause(ROOM.id, NOON, 78)
    assert await notices.told_of_pause(ROOM.id, NOON) == {78}
    assert await notices.told_of_pause(ROOM.id, LATER) == set()
    assert await notices.told_of_pause(ROOM.id, None) == set(), "who was told then is forgotten"
    assert await notices.told_of_pause(OTHER_ROOM.id, None) == {79}


async def test_a_pause_is_known_by_the_resume_as_it_is_read(stores: Stores) -> None:
    await mark_paused(stores, ROOM.id)
    await mark_resumed(stores, ROOM.id)
    room = await stores.rooms.get(ROOM.id)
    assert room is not None
    assert room.resumed_at is not None
    assert room.resumed_at <= datetime.now(UTC)
    await stores.wait_notices.note_pause(ROOM.id, room.resumed_at, 77)
    assert await stores.wait_notices.told_of_pause(ROOM.id, room.resumed_at) == {77}


async def test_a_delay_is_noted_once(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    assert await stores.wait_notices.note_delay(turn.id)
    assert not await stores.wait_notices.note_delay(turn.id)


async def test_a_room_keeps_its_notice(stores: Stores) -> None:
    assert await stores.rooms.notice_of(ROOM.id) is None
    assert await stores.rooms.notice_of(404) is None
    await stores.rooms.bind(ROOM, notice_id=5)
    await stores.rooms.bind(ROOM)
    assert await stores.rooms.notice_of(ROOM.id) == 5


async def test_measurements_are_kept_in_place_of_earlier_ones(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    assert await stores.alliance_curves.get(turn.id) is None
    for curves in ("[]", "[1]"):
        await stores.alliance_curves.keep(turn.id, curves)
    assert await stores.alliance_curves.get(turn.id) == "[1]"
    for figures in ("{}", "{1}"):
        await stores.critic_trust.keep("written 1", "m", figures)
    assert await stores.critic_trust.get("written 1", "m") == "{1}"
    assert await stores.critic_trust.get("written 1", "n") is None
    assert await stores.critic_trust.get("written 2", "m") is None


@pytest.mark.postgres
async def test_nothing_is_kept_of_a_turn_or_room_that_is_not_there(stores: Stores) -> None:
    with pytest.raises(IntegrityError):
        await stores.shown_posts.keep(404, PostKind.CARD, CARD)
    with pytest.raises(IntegrityError):
        await stores.wait_notices.note_delay(404)
    with pytest.raises(IntegrityError):
        await stores.alliance_curves.keep(404, "[]")
    with pytest.raises(IntegrityError):
        await stores.wait_notices.note_pause(404, None, 77)


@pytest.mark.postgres
async def test_what_is_kept_of_a_turn_goes_with_it(stores: Stores, database: Database) -> None:
    turn = await begin_turn(stores, said(1))
    await stores.shown_posts.keep(turn.id, PostKind.CARD, CARD)
    await stores.wait_notices.note_delay(turn.id)
    await stores.alliance_curves.keep(turn.id, "[]")
    async with database.write() as connection:
        await connection.execute(messages.delete())
        await connection.execute(turns.delete())
    async with database.read() as connection:
        for name in ("shown_messages", "delay_notices", "alliance_curves"):
            count = select(func.count()).select_from(metadata.tables[name])
            assert await connection.scalar(count) == 0
