"""A crisis is stored with its help, its call and its card, once, whatever else goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.domain import (
    EvaluationState,
    Moderator,
    NewAct,
    PostKind,
    PostTo,
    TurnState,
    UserMessage,
)
from bot.domain.act_details import FalseAlarmDetails, WithThemDetails
from bot.domain.crisis import Crisis, CrisisCause, CrisisKind, CrisisSign, NewCrisis
from bot.storage.database.crisis_tables import crises
from bot.storage.database.database import Database
from bot.storage.database.tables import outbox
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn
from tests.storage.samples import ROOM, begin_turn, end_turn, said

SIGN = CrisisSign(CrisisKind.SUICIDE, about_other=False, language="en", rule="want-to-die")
MAX = Moderator(5, "Max")


def crisis(message: UserMessage, *, sign: CrisisSign = SIGN, call: bool = True) -> NewCrisis:
    return NewCrisis(message, ROOM.id, sign, CrisisCause.RULE, "whole", "short", call=call)


async def opened(stores: Stores, message: UserMessage, *, call: bool = True) -> Crisis:
    found = await stores.crises.open(crisis(message, call=call))
    assert found is not None
    return found


async def posts(database: Database) -> list[tuple[PostTo, PostKind, str]]:
    query = select(outbox.c.place, outbox.c.kind, outbox.c.text).order_by(outbox.c.id)
    async with database.read() as connection:
        return [(row.place, row.kind, row.text) for row in await connection.execute(query)]


@pytest.mark.postgres
async def test_help_call_and_card_go_with_a_turn_of_its_own(
    stores: Stores, database: Database
) -> None:
    found = await opened(stores, said(1, "I want to die"))
    assert found.turn_id is not None
    turn = await stores.turns.get(found.turn_id)
    assert turn is not None
    assert (turn.state, turn.evaluation) == (TurnState.HELPED, EvaluationState.EXEMPT)
    assert turn.message_ids == (1,)
    assert await posts(database) == [
        (PostTo.HELP, PostKind.HELP, "whole"),
        (PostTo.CALL, PostKind.CALL, "I want to die"),
        (PostTo.MODERATORS, PostKind.CARD, ""),
    ]
    assert await stores.turns.claim(ROOM.id) is None  # no model answers it
    assert await stores.crises.get(found.id) == found
    assert await stores.crises.of_turn(turn.id) == found


async def test_a_message_is_answered_once(stores: Stores, database: Database) -> None:
    await opened(stores, said(1))
    assert await stores.crises.open(crisis(said(1))) is None
    assert len(await posts(database)) == 3


async def test_one_that_becomes_another_crisis_is_answered_again(stores: Stores) -> None:
    await opened(stores, said(1))
    worse = replace(SIGN, kind=CrisisKind.OVERDOSE)
    again = await stores.crises.open(crisis(said(1), sign=worse))
    assert again is not None
    assert again.turn_id is None  # its turn is closed already


async def test_later_ones_within_an_hour_get_the_short_text(
    stores: Stores, database: Database
) -> None:
    await opened(stores, said(1))
    second = await opened(stores, said(2))
    assert second.short
    assert [text for to, _, text in await posts(database) if to is PostTo.HELP] == [
        "whole",
        "short",
    ]
    async with database.write() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=61)
        await connection.execute(update(crises).values(created_at=long_ago))
    assert not (await opened(stores, said(3))).short
    other = replace(said(4), author_id=78)
    assert not (await opened(stores, other)).short


async def test_in_a_simulation_nobody_is_called(stores: Stores, database: Database) -> None:
    await opened(stores, said(1), call=False)
    assert [to for to, _, _ in await posts(database)] == [PostTo.HELP, PostTo.MODERATORS]


async def test_a_turn_about_that_person_alone_is_closed_with_it(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1, "I have the pills here"))
    found = await opened(stores, said(2, "I took them all"))
    assert found.turn_id == turn.id
    closed = await stores.turns.get(turn.id)
    assert closed is not None
    assert closed.state is TurnState.HELPED
    assert closed.message_ids == (1, 2)
    drafted = replace(turn, state=TurnState.DRAFTED, draft="d", candidate="d")
    with pytest.raises(StaleTurn):  # who worked on it cannot go on
        await stores.turns.save(drafted, was=turn)


async def test_what_others_said_is_still_answered(stores: Stores) -> None:
    turn = await begin_turn(stores, replace(said(1), author_id=78))
    found = await opened(stores, said(2))
    assert found.turn_id != turn.id
    assert await stores.turns.claim(ROOM.id) == turn


async def test_what_waits_of_that_person_is_answered_by_the_help(stores: Stores) -> None:
    await stores.messages.add(said(1, "I have the pills here"))
    await stores.messages.add(replace(said(2), author_id=78))
    await opened(stores, said(3, "I took them all"))
    turn = await stores.turns.claim(ROOM.id)
    assert turn is not None
    assert turn.message_ids == (2,)


async def test_a_message_that_was_answered_and_then_edited(stores: Stores) -> None:
    await end_turn(stores, await begin_turn(stores, said(1)), "reply")
    found = await opened(stores, said(1, "I want to die"))
    assert found.turn_id is None
    assert await stores.turns.claim(ROOM.id) is None


async def test_the_next_drafts_know_until_another_person_has_spoken(stores: Stores) -> None:
    assert await stores.crises.help_given(ROOM.id) is None
    found = await opened(stores, said(1))
    assert await stores.crises.help_given(ROOM.id) == found
    await stores.messages.add(said(2))
    assert await stores.crises.help_given(ROOM.id) == found
    await stores.messages.add(replace(said(3), author_id=78))
    assert await stores.crises.help_given(ROOM.id) is None


async def test_the_next_drafts_know_for_an_hour(stores: Stores, database: Database) -> None:
    await opened(stores, said(1))
    async with database.write() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=61)
        await connection.execute(update(crises).values(created_at=long_ago))
    assert await stores.crises.help_given(ROOM.id) is None


@pytest.mark.postgres
async def test_what_was_told_to_the_bot_alone_changes_nothing_that_the_room_sees(
    stores: Stores,
) -> None:
    told = replace(crisis(said(1)), cause=CrisisCause.FEEDBACK, is_private=True)
    assert await stores.crises.open(told) is not None
    assert await stores.crises.help_given(ROOM.id) is None
    seen = await opened(stores, said(2))
    assert not seen.short
    assert await stores.crises.open(replace(told, message=said(3))) is not None
    assert await stores.crises.help_given(ROOM.id) == seen


async def test_moderators_answer_it_once(stores: Stores) -> None:
    found = await opened(stores, said(1))
    act = NewAct(ROOM.guild_id, ROOM.id, found.turn_id, MAX, WithThemDetails(found.id))
    assert await stores.crises.take(found, act)
    assert not await stores.crises.take(found, act)
    false_alarm = replace(act, details=FalseAlarmDetails(found.id))
    assert await stores.crises.call_false(found, false_alarm)
    after = await stores.crises.get(found.id)
    assert after is not None
    assert (after.taken_by, after.false_alarm_by) == (MAX, MAX)
    assert await stores.crises.help_given(ROOM.id) is None
    assert [act.kind for act in await stores.acts.find(ROOM.guild_id)] == [
        "false alarm",
        "with them",
    ]
