"""Words that are not kept any longer are in no table; figures are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import EvaluationState, Guidance, Moderator, NewAct, Subject, Turn, TurnState
from bot.domain.act_details import (
    EditDetails,
    GuideDetails,
    QueryDetails,
    RateDetails,
    ReleaseSeatDetails,
    SettingChange,
    SettingsDetails,
)
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.ratings import Opinion, Rating, RatingKind, Reward, Verdict
from bot.storage.database.database import Database
from bot.storage.database.tables import metadata
from bot.storage.stores import retention
from bot.storage.stores.stores import Stores
from tests.pausing import mark_paused, mark_resumed
from tests.storage.samples import (
    NOON,
    OTHER_ROOM,
    ROOM,
    begin_turn,
    chatbot_reflects,
    end_turn,
    said,
    scored,
    therapist_says,
)

SOON = datetime.now(UTC) + timedelta(days=1)
SECRET = "submarine"
AUTHOR = 1_361_000_000_000_000_777
"""As long as Discord's: a short number may stand in the microseconds of any moment."""
MAX = Moderator(5, "Max")


async def whole_turn(stores: Stores, number: int, room_id: int = ROOM.id) -> Turn:
    """A turn with the secret in everything that anybody says in it, and scored."""
    words = f"my {SECRET} {number}"
    message = replace(said(number, words, room_id=room_id), author_name=SECRET, author_id=AUTHOR)
    turn = await begin_turn(stores, message)
    heard = replace(turn, state=TurnState.DRAFTED, draft=words, candidate=words)
    heard = await stores.turns.save(
        heard, was=turn, utterance=replace(therapist_says(), text=words)
    )
    heard = await stores.turns.save(
        replace(heard, state=TurnState.WAITING),
        was=heard,
        utterance=replace(chatbot_reflects(), text=words),
    )
    ended = replace(await end_turn(stores, heard, words, ids=(number + 1000,)), candidate=words)
    found = scored(ended, Subject.DRAFT, 40)
    found = replace(found, scores=found.scores.model_copy(update={"reason": words}))
    done = replace(ended, evaluation=EvaluationState.SCORED)
    verdict = Verdict(safe=Opinion.YES, ethical=Opinion.YES, good=Opinion.YES, reason=words)
    await stores.evaluations.finish(
        done, was=ended, evaluations=[found], verdict=verdict, reward=Reward("critic", 0.5, words)
    )
    rating = Rating(turn.id, MAX, RatingKind.AGREE, None, words, NOON)
    await stores.evaluations.rate(
        rating, None, NewAct(1, room_id, turn.id, MAX, RateDetails(), shown_in=(room_id,))
    )
    return done


async def everything(database: Database) -> str:
    """All rows of all tables, as text."""
    rows: list[str] = []
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            rows += [str(row) for row in await connection.execute(table.select())]
    return "\n".join(rows)


@pytest.mark.postgres
async def test_the_words_of_an_old_turn_are_nowhere_and_its_scores_are_there(
    stores: Stores, database: Database
) -> None:
    turn = await whole_turn(stores, 1)
    assert (await everything(database)).count(SECRET) > 5
    found = await stores.retention.forget(ROOM.id, SOON)
    assert (found.turns, found.after) == (1, None)
    left = await everything(database)
    assert SECRET not in left
    assert str(AUTHOR) not in left
    (evaluation,) = await stores.evaluations.of_turn(turn.id)
    assert evaluation.scores.worst == 40
    assert [reward.value for reward in await stores.evaluations.rewards_of(turn.id)] == [0.5]
    verdict = await stores.evaluations.verdict_of(turn.id)
    assert verdict is not None
    assert verdict.safe is Opinion.YES
    (rating,) = await stores.evaluations.ratings_of(turn.id)
    assert (rating.by, rating.kind) == (Moderator(-1, "someone"), RatingKind.AGREE)
    after = await stores.turns.get(turn.id)
    assert after is not None
    assert (after.state, after.message_ids) == (turn.state, (1,))
    assert await stores.turns.by_reply_message(1001) == after


async def test_what_is_forgotten_is_no_part_of_a_later_conversation(stores: Stores) -> None:
    await whole_turn(stores, 1)
    await stores.retention.forget(ROOM.id, SOON)
    turn = await begin_turn(stores, said(2, "hello"))
    conversation = await stores.messages.conversation(turn)
    assert conversation.lines == ()
    assert [line.text for line in conversation.asked] == ["hello"]


async def test_what_is_forgotten_is_not_heard_again(stores: Stores) -> None:
    await whole_turn(stores, 5)
    await stores.retention.forget(ROOM.id, SOON)
    assert await stores.rooms.last_seen(ROOM.id) == 5
    assert not await stores.messages.add(said(5))


async def test_what_is_younger_or_anothers_or_still_on_its_way_stays(
    stores: Stores, database: Database
) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    await whole_turn(stores, 1, OTHER_ROOM.id)
    turn = await whole_turn(stores, 2)
    pending = await end_turn(stores, await begin_turn(stores, said(3, SECRET)), SECRET)
    await begin_turn(stores, said(4, SECRET))
    await stores.messages.add(said(5, SECRET))
    before = await everything(database)
    assert (await stores.retention.forget(ROOM.id, turn.created_at)).turns == 0
    assert await everything(database) == before
    assert (await stores.retention.forget(ROOM.id, SOON)).turns == 1
    kept = await stores.turns.get(pending.id)
    assert kept is not None
    assert kept.reply == SECRET
    assert await stores.messages.waiting(ROOM.id) == [5]
    there = await stores.turns.latest(OTHER_ROOM.id, 1)
    assert SECRET in (there[0].reply or "")


async def test_what_was_set_aside_is_forgotten_by_its_own_age(
    stores: Stores, database: Database
) -> None:
    await mark_paused(stores, ROOM.id)
    await stores.messages.add(said(1, SECRET))
    await mark_resumed(stores, ROOM.id, set_aside=True)
    assert (await stores.retention.forget(ROOM.id, said(1).sent_at)).messages == 0
    assert (await stores.retention.forget(ROOM.id, SOON)).messages == 1
    assert SECRET not in await everything(database)
    assert (await stores.retention.forget(ROOM.id, SOON)).messages == 0


@pytest.mark.postgres
async def test_it_goes_on_batch_by_batch(
    stores: Stores, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "_OLD_TURNS", retention._OLD_TURNS.limit(2))
    for number in range(1, 6):
        await whole_turn(stores, number)
    after: int | None = 0
    sizes = []
    while after is not None:
        found = await stores.retention.forget(ROOM.id, SOON, after=after)
        sizes.append(found.turns)
        after = found.after
    assert sizes == [2, 2, 1]
    assert SECRET not in await everything(database)


async def test_what_moderators_wrote_goes_too_and_who_did_what_stays(
    stores: Stores, database: Database
) -> None:
    turn = await whole_turn(stores, 1)
    details = (
        EditDetails(f"my {SECRET}", f"your {SECRET}"),
        QueryDetails(question=SECRET, answer=f"the {SECRET} it is"),
        ReleaseSeatDetails(SECRET),
        SettingsDetails({"norms": SettingChange(SECRET, ""), "gate": SettingChange(None, 50)}),
    )
    for given in details:
        await stores.acts.put(NewAct(ROOM.guild_id, ROOM.id, turn.id, MAX, given, SECRET))
    guide = NewAct(ROOM.guild_id, ROOM.id, None, MAX, GuideDetails(SECRET))
    ended = await stores.guidance.add(Guidance(0, ROOM.id, MAX, SECRET, NOON, 0), guide)
    await stores.guidance.add(Guidance(0, ROOM.id, MAX, "be kind", NOON, 3), guide)
    await stores.retention.forget(ROOM.id, SOON)
    assert SECRET not in await everything(database)
    kept = await stores.acts.find(ROOM.guild_id)
    assert {act.by for act in kept} == {MAX}
    (changed,) = [act.details for act in kept if isinstance(act.details, SettingsDetails)]
    assert changed.changes["gate"].after == 50
    assert [one.text for one in await stores.guidance.in_force(ROOM.id)] == ["be kind"]
    gone = await stores.guidance.get(ended.id)
    assert gone is not None
    assert gone.by == Moderator(0, "someone")


async def test_whoever_says_something_of_an_old_reply_is_forgotten_too(
    stores: Stores, database: Database
) -> None:
    turn = await whole_turn(stores, 1)
    for person in (AUTHOR, AUTHOR + 1, AUTHOR + 2):
        given = Feedback(turn.id, Moderator(person, SECRET), FeedbackKind.HURT, SECRET, NOON)
        await stores.feedback.put(given, Reward(f"member {person}", -1.0, ""), room_id=ROOM.id)
        await stores.wait_notices.note_outage(turn.id, person)
        await stores.retention.forget(ROOM.id, SOON)
        kept = await everything(database)
        assert SECRET not in kept
        assert str(person) not in kept
    (kept_of_it,) = (await stores.feedback.of_turns([turn.id])).values()
    assert sorted(one.by.id for one in kept_of_it) == [-3, -2, -1], "what they said counts on"
