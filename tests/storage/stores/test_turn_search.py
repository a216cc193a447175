"""What is looked for among a room's turns, and how far a page looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.domain import EvaluationState, Subject, Turn
from bot.domain.search import TurnFilter
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, turns
from bot.storage.stores import turn_search
from bot.storage.stores.stores import Stores
from tests.storage.samples import OTHER_ROOM, ROOM, begin_turn, end_turn, said, scored

EVER = datetime(2015, 1, 1, tzinfo=UTC)
TALK = (
    (77, "My exam went badly.", "I am sorry about your exam."),
    (88, "Meine Pr\u00fcfung ist schlecht gelaufen, ich bin traurig.", "Das tut mir leid."),
    (77, "What about the weather?", None),
    (88, "Thank you for listening to me.", "Always. How was the EXAM?"),
)


@pytest.fixture
async def talked(stores: Stores) -> list[Turn]:
    """Four turns of two people, the third withheld; scores 5, 60, none, 20."""
    await stores.rooms.bind(OTHER_ROOM)
    await end_turn(stores, await begin_turn(stores, said(100, "exam", room_id=2)), "elsewhere")
    ended = []
    for number, (author, text, reply) in enumerate(TALK, 1):
        message = replace(said(number, text), author_id=author)
        ids = (200 + number,) if reply else ()
        turn = await end_turn(stores, await begin_turn(stores, message), reply, ids=ids)
        ended.append(await stores.turns.get(turn.id) or turn)
    for turn, value in zip(ended, (5, 60, None, 20), strict=True):
        if value is not None:
            done = replace(turn, evaluation=EvaluationState.SCORED)
            await stores.evaluations.finish(
                done, was=turn, evaluations=[scored(turn, Subject.REPLY, value)]
            )
    return ended


async def numbers(stores: Stores, wanted: TurnFilter, since: datetime = EVER) -> list[int]:
    page = await stores.turn_search.find(ROOM.id, wanted, since=since)
    return [one.turn.number for one in page.found]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TurnFilter(), [4, 3, 2, 1]),
        (TurnFilter(words="exam"), [4, 1]),
        (TurnFilter(words="Exam BADLY"), [1]),
        (TurnFilter(words="badly weather"), []),
        (TurnFilter(person_id=88), [4, 2]),
        (TurnFilter(least_score=20), [4, 2]),
        (TurnFilter(least_score=61), []),
        (TurnFilter(withheld=True), [3]),
        (TurnFilter(withheld=False), [4, 2, 1]),
        (TurnFilter(language="de"), [2]),
        (TurnFilter(words="exam", person_id=88, withheld=False), [4]),
    ],
)
async def test_what_fits_is_found_newest_first(
    stores: Stores, talked: Sequence[Turn], wanted: TurnFilter, expected: list[int]
) -> None:
    assert await numbers(stores, wanted) == expected


async def test_what_is_found_says_who_asked_and_the_worst_score(
    stores: Stores, talked: Sequence[Turn]
) -> None:
    page = await stores.turn_search.find(ROOM.id, TurnFilter(words="traurig"), since=EVER)
    (found,) = page.found
    assert [(line.speaker, found.worst) for line in found.asked] == [("Ann", 60)]
    assert found.turn == await stores.turns.get(found.turn.id)


async def test_pages_follow_each_other_to_the_end(stores: Stores, talked: Sequence[Turn]) -> None:
    seen, before = [], None
    for _ in range(4):
        page = await stores.turn_search.find(
            ROOM.id, TurnFilter(), since=EVER, before=before, most=1
        )
        seen += [one.turn.number for one in page.found]
        before = page.older
    assert (seen, before) == ([4, 3, 2, 1], None)


@pytest.mark.postgres
async def test_only_the_time_that_is_asked_for_is_looked_at(
    stores: Stores, database: Database, talked: Sequence[Turn]
) -> None:
    now = datetime.now(UTC)
    for turn, days in zip(talked, (40, 20, 10, 0), strict=True):
        at = now - timedelta(days=days)
        async with database.write() as connection:
            old = turns.update().where(turns.c.id == turn.id).values(created_at=at)
            await connection.execute(old)
    page = await stores.turn_search.find(ROOM.id, TurnFilter(), since=now - timedelta(days=30))
    assert [one.turn.number for one in page.found] == [4, 3, 2]
    assert page.older is None
    assert page.back_to == now - timedelta(days=20)
    ago = now - timedelta(days=25), now - timedelta(days=5)
    between = await stores.turn_search.between(ROOM.id, *ago, most=5)
    assert [one.turn.number for one in between] == [2, 3]
    newest = await stores.turn_search.between(ROOM.id, *ago, most=1)
    assert [one.turn.number for one in newest] == [3]


async def test_a_page_looks_at_so_many_and_says_where_it_stopped(
    stores: Stores, talked: Sequence[Turn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_search, "FIRST_BATCH", 1)
    monkeypatch.setattr(turn_search, "BATCH", 2)
    monkeypatch.setattr(turn_search, "MOST_LOOKED_AT", 3)
    wanted = TurnFilter(words="badly")
    first = await stores.turn_search.find(ROOM.id, wanted, since=EVER)
    assert (first.found, first.older) == ((), 2)
    second = await stores.turn_search.find(ROOM.id, wanted, since=EVER, before=first.older)
    assert [one.turn.number for one in second.found] == [1]
    assert second.older is None


async def test_what_is_forgotten_is_not_found(
    stores: Stores, database: Database, talked: Sequence[Turn]
) -> None:
    await stores.retention.forget(ROOM.id, datetime(2100, 1, 1, tzinfo=UTC))
    assert await numbers(stores, TurnFilter(words="exam")) == []


async def test_a_message_to_look_at_is_the_reply_or_what_was_asked(
    stores: Stores, talked: Sequence[Turn]
) -> None:
    ids = [turn.id for turn in talked]
    assert await stores.turn_search.messages_of(ids) == dict(
        zip(ids, (201, 202, 3, 204), strict=True)
    )
    assert await stores.turn_search.messages_of([]) == {}


@pytest.mark.postgres
async def test_the_last_that_a_turn_answers_is_looked_at_in_its_order(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {number: f"I said {number} of the words." for number in range(1, 41)}
    order = [*range(40, 20, -1), *range(1, 21)]
    await begin_turn(stores, *(said(number, texts[number]) for number in order))
    seen: list[str] = []

    def guess(text: str) -> str:
        seen.append(text)
        return "en"

    monkeypatch.setattr(turn_search, "guess_language", guess)
    assert await numbers(stores, TurnFilter(language="en")) == [1]
    assert seen == ["\n".join(texts[number] for number in range(11, 41))]
    assert await numbers(stores, TurnFilter(words="11 words")) == [1]
    assert await numbers(stores, TurnFilter(words="10 words")) == []


async def test_what_is_deleted_between_the_reads_leaves_its_number_to_go_on_from(
    stores: Stores, database: Database, talked: Sequence[Turn], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, fetched = database.fetch, 0

    async def delete_meanwhile(work: Callable[[Connection], Any]) -> Any:
        nonlocal fetched
        fetched += 1
        if fetched == 3:  # what fits is found by then, and not read yet
            async with database.write() as connection:
                gone = [turn.id for turn in talked[2:]]
                await connection.execute(messages.delete().where(messages.c.turn_id.in_(gone)))
                await connection.execute(turns.delete().where(turns.c.id.in_(gone)))
        return await fetch(work)

    monkeypatch.setattr(database, "fetch", delete_meanwhile)
    page = await stores.turn_search.find(ROOM.id, TurnFilter(), since=EVER, most=2)
    assert (page.found, page.older) == ((), 3)
    older = await stores.turn_search.find(ROOM.id, TurnFilter(), since=EVER, before=page.older)
    assert [one.turn.number for one in older.found] == [2, 1]
