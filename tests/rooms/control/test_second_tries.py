"""Turns that ran out of time, and are tried again from their card."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import TurnState
from bot.errors import LimitUsedUp, LLMError, LLMOverBudget, LLMRefused, LLMUnavailable
from bot.rooms.audit import NoSuchRoom
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.control.second_tries import NoSecondTry, TurnUnderWay
from tests.pausing import mark_paused
from tests.world import HARM, LOBBY, MAX, World

TIME_UP = LLMOverBudget("The turn's time was up before the model answered.")


async def run_out(world: World) -> None:
    """A turn whose Therapist does not answer in time."""
    world.script.reviews.append(TIME_UP)
    await world.say("cats")
    await world.settle()
    assert (await world.turn()).state is TurnState.WITHHELD


async def test_what_was_done_is_kept_and_the_turn_goes_on(world: World) -> None:
    await run_out(world)
    world.script.reviews.append(HARM)
    await world.control.second_tries.try_again(1, MAX)
    await world.heal()
    turn = await world.turn()
    assert turn.state is TurnState.SENT
    assert world.chat.texts() == [APOLOGY, "A kinder word about cats, thought through."]
    assert world.script.called.count("draft") == 1
    (act,) = await world.stores.acts.find(1)
    assert (act.kind, act.by, act.details.as_stored()) == ("try again", MAX, {"state": "drafted"})
    subjects = [one.subject for one in await world.stores.evaluations.of_turn(1)]
    assert len(subjects) == len(set(subjects)) == 2, "it is scored anew, and not twice"


async def test_once(world: World) -> None:
    await run_out(world)
    world.script.reviews.append(TIME_UP)
    await world.control.second_tries.try_again(1, MAX)
    await world.heal()
    assert (await world.turn()).state is TurnState.WITHHELD
    with pytest.raises(NoSecondTry):
        await world.control.second_tries.try_again(1, MAX)


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (LLMUnavailable("503"), True),
        (LLMRefused("declined"), False),
        (LimitUsedUp("the day's calls"), False),
    ],
)
async def test_only_what_may_pass_is_tried_again(world: World, error: LLMError, may: bool) -> None:
    world.script.drafts.append(error)
    await world.say("cats")
    await world.settle()
    turn = await world.turn()
    assert turn.state is TurnState.WITHHELD
    assert (turn.retry_from is TurnState.CLAIMED) == may
    if not may:
        with pytest.raises(NoSecondTry):
            await world.control.second_tries.try_again(1, MAX)


async def test_one_answer_at_a_time(world: World) -> None:
    await run_out(world)
    await mark_paused(world.stores, 10)
    await world.say("dogs")
    await world.stores.turns.claim(10)
    with pytest.raises(TurnUnderWay):
        await world.control.second_tries.try_again(1, MAX)


async def test_a_crash_forgets_no_second_try(world: World) -> None:
    await run_out(world)
    await world.control.second_tries.try_again(1, MAX)
    await world.crash()
    await world.heal()
    assert len(world.chat.replies()) == 1


async def test_a_room_that_is_none_any_more_gets_no_reply(world: World) -> None:
    await run_out(world)
    await world.control.release(LOBBY, "the Chat Room was removed")
    with pytest.raises(NoSuchRoom):
        await world.control.second_tries.try_again(1, MAX)


async def test_not_where_what_was_asked_is_forgotten(world: World) -> None:
    await run_out(world)
    await world.engine.privacy.forget_person(100, 1)
    await world.settle()
    with pytest.raises(NoSecondTry):
        await world.control.second_tries.try_again(1, MAX)
    await world.heal()
    assert world.chat.texts() == [APOLOGY]


async def test_not_where_the_days_for_which_words_are_kept_are_over(world: World) -> None:
    await run_out(world)
    await world.control.settings.change(LOBBY, MAX, retention_days="1")
    later = datetime.now(UTC) + timedelta(days=40)
    await world.scheduler.retention.look(later, lambda _: True)
    await world.scheduler.retention.workers.settled()
    with pytest.raises(NoSecondTry):
        await world.control.second_tries.try_again(1, MAX)
    await world.heal()
    assert world.chat.texts() == [APOLOGY]
