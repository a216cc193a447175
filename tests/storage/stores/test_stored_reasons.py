"""Reasons of the program in the database: codes with values, and sentences from before them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from bot.domain import NewPost, PostKind, PostTo, TurnState
from bot.domain.session import TurnedDown
from bot.reasons import because
from bot.storage.stores.stores import Stores
from bot.text.moderator_texts import reading, say_reason
from tests.storage.samples import ROOM, begin_turn, chatbot_reflects, said

LEAK = because(
    "{kind}: {detail}",
    kind=because("leak"),
    detail=because("the message tells of the session"),
)
IN_GERMAN = "Verrat von Privatem: die Nachricht erzählt von der Sitzung"


async def test_why_a_turn_was_withheld_is_stored_as_a_code(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    await stores.turns.save(
        replace(turn, state=TurnState.WITHHOLDING, withheld_because=LEAK), was=turn
    )
    async with stores.turns._database.read() as connection:
        query = text("SELECT withheld_because FROM turns")
        assert str(await connection.scalar(query)).startswith('reason:{"say": "{kind}: {detail}"')
    back = await stores.turns.get(turn.id)
    assert back is not None
    assert back.withheld_because == "leak: the message tells of the session"
    with reading("de"):
        assert say_reason(back.withheld_because) == IN_GERMAN


async def test_a_sentence_from_before_stays_one(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    await stores.turns.save(replace(turn, state=TurnState.WITHHOLDING), was=turn)
    async with stores.turns._database.write() as connection:
        await connection.execute(
            text("UPDATE turns SET withheld_because = 'the pause has run out'")
        )
    back = await stores.turns.get(turn.id)
    assert back is not None
    with reading("de"):
        assert say_reason(back.withheld_because or "") == "the pause has run out"


async def test_what_a_check_turned_down_is_stored_with_the_session(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    spoken = chatbot_reflects(1)
    assert spoken.reflection is not None
    down = TurnedDown(text="My Therapist says no.", why=LEAK)
    reflection = spoken.reflection.model_copy(update={"turned_down": (down,)})
    await stores.turns.save(
        replace(turn, state=TurnState.DRAFTED),
        was=turn,
        utterance=replace(spoken, reflection=reflection),
    )
    (back,) = await stores.turns.utterances(turn.id)
    assert back.reflection == reflection
    assert "reason:" not in reflection.model_dump_json(), "files have the English sentence"
    with reading("de"):
        assert say_reason(back.reflection.turned_down[0].why) == IN_GERMAN


async def test_a_post_keeps_what_it_says_until_it_is_posted(stores: Stores) -> None:
    await stores.outbox.add([NewPost(ROOM.id, PostTo.MODERATORS, PostKind.NOTICE, text=LEAK)])
    post = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert post is not None
    with reading("de"):
        assert say_reason(post.new.text) == IN_GERMAN
