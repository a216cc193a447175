"""Whoever is forgotten is in no table, in no file, and in no post that is not on its way out."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain import (
    EvaluationState,
    Moderator,
    NewPost,
    PostKind,
    PostTo,
    RoomSettings,
    TurnState,
)
from bot.reasons import Reason, because
from bot.storage.database.database import Database
from bot.storage.database.tables import rooms
from bot.storage.stores.stores import Stores
from tests.storage.planting import (
    MAX,
    OTHER,
    PERSON,
    all_rows,
    deliver_everything,
    file_bytes,
    notices,
    person_acts,
    places,
    plant,
    whole_turn,
    wrote,
)
from tests.storage.samples import ROOM, begin_turn, end_turn

WORDS = st.lists(
    st.sampled_from(["my", "sister", "hides", "Løve", "犬が", "at", "home"]), min_size=4
)
NAMES = st.sampled_from(["Zebedee Quill", "ゼベデ", "Zé-Quill", "q7"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    said=WORDS,
    name=NAMES,
    columns=st.sets(st.sampled_from(places()), min_size=1),
    late=st.booleans(),
)
async def test_no_word_and_no_name_is_left_anywhere(
    migrated_file: Path, said: list[str], name: str, columns: set[object], late: bool
) -> None:
    marker = f"{' '.join(said)} x91177"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(shutil.copy(migrated_file, Path(folder) / "four-rooms.db"))
        database = await Database.open(f"sqlite:///{file}")
        stores = Stores.over(database)
        await stores.rooms.bind(ROOM)
        await stores.outbox.add(notices())
        theirs = await whole_turn(stores, wrote(1, PERSON, name, f"I say {marker}"))
        await whole_turn(stores, wrote(2, OTHER, "Ben", f"@{name} is that so?"))
        await person_acts(stores, theirs, Moderator(PERSON, name))
        await person_acts(stores, theirs, MAX)
        if late:
            await deliver_everything(stores)
        await plant(database, columns, f"{name}: {marker}")  # type: ignore[arg-type]
        assert (await all_rows(database)).count("x91177") > 1
        await stores.forgetting.person(PERSON, ROOM.guild_id)
        left = await all_rows(database)
        for trace in ("x91177", name, str(PERSON)):
            assert trace not in left
        found = file_bytes(file)
        assert b"x91177" not in found
        assert name.encode() not in found
        await database.close()


@pytest.mark.postgres
async def test_figures_and_what_others_said_stay(stores: Stores, database: Database) -> None:
    theirs = await whole_turn(stores, wrote(1, PERSON, "Zoe", "my secret garden is green"))
    others = await whole_turn(stores, wrote(2, OTHER, "Ben", "and mine is blue"))
    erased = await stores.forgetting.person(PERSON, ROOM.guild_id)
    assert (erased.messages, erased.turns, erased.others) == (1, 1, 0)
    (evaluation,) = await stores.evaluations.of_turn(theirs)
    assert evaluation.scores.worst == 40
    kept = await stores.turns.get(others)
    assert kept is not None
    assert kept.reply == "A reply."
    assert "and mine is blue" in await all_rows(database)


@pytest.mark.postgres
async def test_a_turn_under_way_is_closed_and_others_in_it_wait_again(stores: Stores) -> None:
    mine, bens = wrote(1, PERSON, "Zoe", "hello there"), wrote(2, OTHER, "Ben", "me too")
    turn = await begin_turn(stores, mine, bens)
    drafted = await stores.turns.save(
        replace(turn, state=TurnState.DRAFTED, draft="hello there, Zoe"), was=turn
    )
    await stores.forgetting.person(PERSON, ROOM.guild_id)
    closed = await stores.turns.get(turn.id)
    assert closed is not None
    assert (closed.state, closed.evaluation) == (TurnState.WITHHELD, EvaluationState.FAILED)
    assert closed.version > drafted.version
    assert await stores.messages.waiting(ROOM.id) == [bens.id]
    post = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert post is not None
    assert post.new.kind is PostKind.CARD


async def test_a_turn_that_was_made_with_the_words_in_view_is_made_anew(stores: Stores) -> None:
    await whole_turn(stores, wrote(1, PERSON, "Zoe", "my secret garden is green"))
    open_turn = await begin_turn(stores, wrote(2, OTHER, "Ben", "what now?"))
    await stores.forgetting.person(PERSON, ROOM.guild_id)
    again = await stores.turns.claim(ROOM.id)
    assert again is not None
    assert again.id != open_turn.id
    assert again.message_ids == open_turn.message_ids


@pytest.mark.postgres
async def test_posts_that_show_it_go_and_cards_are_shown_anew(stores: Stores) -> None:
    turn_id = await whole_turn(stores, wrote(1, PERSON, "Zoe", "my secret garden is green"))
    turn = await stores.turns.get(turn_id)
    assert turn is not None
    await stores.threads.keep_thread(ROOM.id, turn.created_at.date(), 333)
    posts = [
        NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.DRAFT, turn_id),
        NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.REPLY, turn_id),
        NewPost(ROOM.id, PostTo.MODERATORS, PostKind.GATE, turn_id),
    ]
    await stores.outbox.add(posts)
    await deliver_everything(stores)
    erased = await stores.forgetting.person(PERSON, ROOM.guild_id)
    going = []
    while (post := await stores.outbox.next(ROOM.id, PostTo.ERASURE)) is not None:
        going.append((post.new.kind, post.new.text, post.new.turn_id))
        await stores.outbox.delivered(post.id, 1)
    moderators = str(ROOM.moderator_channel_id)
    assert going == [
        (PostKind.REMOVAL, "333:333", None),
        (PostKind.REMOVAL, moderators, None),
        (PostKind.RENEWAL, "", turn_id),
        (PostKind.REMOVAL, str(ROOM.id), None),
    ]
    assert erased.posts == 4


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("forgotten", "going"), [(0, ["333:333", "333:2"]), (1, ["333:1", "333:3"])]
)
async def test_posts_of_a_session_among_those_of_another_go_and_no_others(
    stores: Stores, forgotten: int, going: list[str]
) -> None:
    """As where a reply is sent late: its turn's last post comes behind those of a later turn."""
    people = ((PERSON, "Zoe"), (OTHER, "Ben"))
    turn_ids = []
    for number, (person, name) in enumerate(people, 1):
        turn = await begin_turn(stores, wrote(number, person, name, "hello"))
        turn_ids.append((await end_turn(stores, turn, "A reply.", ids=(number + 5000,))).id)
    await stores.threads.keep_thread(ROOM.id, turn.created_at.date(), 333)
    for message_id, turn_id in enumerate([*turn_ids, *turn_ids], 1):
        await stores.outbox.add([NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.DRAFT, turn_id)])
        post = await stores.outbox.next(ROOM.id, PostTo.THERAPY_ROOM)
        assert post is not None
        await stores.outbox.delivered(post.id, message_id)
    await stores.forgetting.person(people[forgotten][0], ROOM.guild_id)
    removed = []
    while (post := await stores.outbox.next(ROOM.id, PostTo.ERASURE)) is not None:
        if post.new.text.startswith("333:"):
            removed.append((post.new.text, post.new.ref))
        await stores.outbox.delivered(post.id, 1)
    assert removed == list(zip(going, [1 + forgotten, 3 + forgotten], strict=True))


async def test_each_session_of_a_person_is_taken_away_by_itself(stores: Stores) -> None:
    """A removal looks through so many messages only."""
    for number in (1, 2, 3):
        turn = await begin_turn(stores, wrote(number, PERSON, "Zoe", "hello"))
        ended = await end_turn(stores, turn, "A reply.", ids=(number + 5000,))
        for part in (1, 2):
            post = NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.DRAFT, ended.id)
            await stores.outbox.add([post])
            going = await stores.outbox.next(ROOM.id, PostTo.THERAPY_ROOM)
            assert going is not None
            await stores.outbox.delivered(going.id, 10 * number + part)
    await stores.threads.keep_thread(ROOM.id, turn.created_at.date(), 5)
    await stores.forgetting.person(PERSON, ROOM.guild_id)
    removed = []
    while (gone := await stores.outbox.next(ROOM.id, PostTo.ERASURE)) is not None:
        if gone.new.text.startswith("5:"):
            removed.append((gone.new.text, gone.new.ref))
        await stores.outbox.delivered(gone.id, 1)
    assert removed == [("5:5", 12), ("5:12", 22), ("5:22", 32)]


async def test_a_message_can_be_forgotten_by_itself(stores: Stores, database: Database) -> None:
    message = wrote(1, PERSON, "Zoe", "my secret garden is green")
    await whole_turn(stores, message)
    await whole_turn(stores, wrote(2, PERSON, "Zoe", "hello"))
    assert (await stores.forgetting.messages(ROOM.id, [message.id])).turns == 1
    left = await all_rows(database)
    assert "garden" not in left
    assert str(message.id) not in left
    assert "hello" in left
    assert (await stores.forgetting.messages(ROOM.id, [message.id])).messages == 0


@pytest.mark.parametrize("again", [1, 2])
async def test_who_was_forgotten_is_not_heard_from_the_history(stores: Stores, again: int) -> None:
    message = wrote(7, PERSON, "Zoe", "hi")
    await whole_turn(stores, message)
    for _ in range(again):
        await stores.forgetting.person(PERSON, ROOM.guild_id)
    assert await stores.rooms.last_seen(ROOM.id) == message.id


async def test_nobody_can_have_others_words_deleted_by_a_name_or_by_repeating_them(
    stores: Stores,
) -> None:
    norms = "The norms: be kind to each other at all times"
    settings = ROOM.settings.model_copy(update={"norms": norms})
    await stores.rooms.update_settings(ROOM.id, settings)
    await person_acts(stores, await whole_turn(stores, wrote(1, OTHER, "Ben", "hello")), MAX)
    late = replace(wrote(2, PERSON, "the", norms), sent_at=datetime.now(UTC))
    await whole_turn(stores, late)
    await stores.forgetting.person(PERSON, ROOM.guild_id, ["Kind"])
    room = await stores.rooms.get(ROOM.id)
    assert room is not None
    assert room.settings.norms == norms
    assert [one.text for one in await stores.guidance.in_force(ROOM.id)] == ["be kind"]


async def test_why_a_room_is_paused_is_still_said_in_each_language(
    stores: Stores, database: Database
) -> None:
    await begin_turn(stores, wrote(1, PERSON, "Zebedee Quill", "I say so"))
    why = because("the Chat Room was removed")
    norms = RoomSettings(norms="Be kind to Zebedee Quill.")
    values = {"paused": True, "pause_reason": why, "settings": norms.model_dump_json()}
    async with database.write() as connection:
        await connection.execute(rooms.update().values(values))
    await stores.forgetting.person(PERSON, ROOM.guild_id)
    async with database.read() as connection:
        kept, after = (
            await connection.execute(select(rooms.c.pause_reason, rooms.c.settings))
        ).one()
    assert "Be kind to someone." in after
    assert isinstance(kept, Reason)
    assert kept == why
