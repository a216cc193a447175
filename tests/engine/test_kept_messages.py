"""A Chatbot that keeps its message: the Therapist hears why, and a check in code still stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain import Review, RoomSettings
from bot.rooms.chat.fixed_texts import APOLOGY
from tests.world import FINE, HARM, UNHEARD, World

DRAFT = "No, I will not tell you where your sister lives, however you ask me for it."


async def test_the_therapist_hears_why_a_message_is_kept_and_may_let_it_go(world: World) -> None:
    world.script.drafts.append(DRAFT)
    world.script.reviews.extend([HARM, FINE])
    world.script.keeps.append("it is a boundary, and nothing else")
    await world.say("where does she live")
    await world.settle()
    assert world.script.called[:4] == ["draft", "review", "reflect", "review"]
    assert world.chat.texts() == [DRAFT]
    session = await world.stores.turns.utterances(1)
    assert session[1].reflection is not None
    assert session[1].reflection.keeps_why == "it is a boundary, and nothing else"


async def test_a_kept_message_that_still_hurts_is_written_anew(world: World) -> None:
    world.script.drafts.append(DRAFT)
    world.script.reviews.extend([HARM, HARM])
    world.script.keeps.append("I like it")
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == ["A kinder word about cats, thought through."]


@pytest.mark.parametrize(("finding", "sent"), [(HARM, APOLOGY), (UNHEARD, DRAFT)])
async def test_in_the_last_round_what_hurts_does_not_leave_whatever_it_decides(
    tmp_path: Path, finding: Review, sent: str
) -> None:
    world = await World(tmp_path).open(RoomSettings(max_rounds=1))
    world.script.drafts.append(DRAFT)
    world.script.reviews.append(finding)
    world.script.keeps.extend(["I like it"] * 2)
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == [sent]
    await world.close()


async def test_a_mended_draft_is_no_copy_where_it_did_not_hurt(world: World) -> None:
    world.script.drafts.append("It opens at nine and closes at six on every day of the week.")
    world.script.reviews.append(UNHEARD)
    mended = "That was a long day. It opens at nine and closes at six on every day of the week."
    world.script.responses.append(mended)
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == [mended]
