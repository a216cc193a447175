"""A moderator's words in the sessions, for some turns."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import PostKind
from bot.rooms.control.guidance import NoSuchGuidance, WrongGuidance
from tests.world import HARM_AND_SEE, LOBBY, MAX, World, run_for


async def test_guidance_goes_into_the_next_session_and_is_worked_with(world: World) -> None:
    given = await world.control.guidance.give(LOBBY, MAX, "Be brief.")
    await world.say("cats")
    await world.settle()
    assert world.script.guided == [("review", ("Be brief.",)), ("reflect", ("Be brief.",))]
    assert world.chat.texts() == ["A kinder word about cats, thought through."]
    (shown,) = world.shown(PostKind.GUIDANCE)
    assert (shown.turn_id, shown.ref) == (1, given.id)
    assert await world.control.guidance.list(LOBBY) == []
    await world.say("dogs")
    await world.settle()
    assert world.script.guided[2:] == [("review", ())]


async def test_it_ends_after_so_many_turns(world: World) -> None:
    await world.control.guidance.give(LOBBY, MAX, "Be brief.", turns=2)
    for number in range(3):
        await world.say(f"cats {number}")
        await world.settle()
    heard = [words for what, words in world.script.guided if what == "reflect"]
    assert heard == [("Be brief.",)] * 2
    assert [post.turn_id for post in world.shown(PostKind.GUIDANCE)] == [1, 2]


async def test_it_comes_into_a_running_session_at_its_next_step(world: World) -> None:
    world.script.reviews.append(HARM_AND_SEE)
    first, second = asyncio.Event(), asyncio.Event()
    world.script.gate = first
    await world.say("cats")
    await world.moments.reach("draft")
    await run_for(5)
    world.script.gate = second
    first.set()
    await world.moments.reach("review")
    await world.control.guidance.give(LOBBY, MAX, "Mention their cat.")
    second.set()
    await world.settle()
    words = ("Mention their cat.",)
    assert world.script.guided == [("review", ()), ("reflect", words), ("review", words)]
    assert await world.control.guidance.list(LOBBY) == []


async def test_words_that_came_too_late_for_a_turn_are_for_the_next(world: World) -> None:
    world.chat.gate = asyncio.Event()
    await world.say("cats")
    await world.moments.reach("send")
    await world.control.guidance.give(LOBBY, MAX, "Be brief.")
    world.chat.gate.set()
    await world.settle()
    (waiting,) = await world.control.guidance.list(LOBBY)
    assert waiting.turns_left == 1
    await world.say("dogs")
    await world.settle()
    assert ("reflect", ("Be brief.",)) in world.script.guided


async def test_it_may_be_withdrawn(world: World) -> None:
    given = await world.control.guidance.give(LOBBY, MAX, "Be brief.", turns=20)
    await world.control.guidance.withdraw(given.id, MAX)
    await world.say("cats")
    await world.settle()
    assert world.script.guided == [("review", ())]
    for guidance_id in (given.id, 404):
        with pytest.raises(NoSuchGuidance):
            await world.control.guidance.withdraw(guidance_id, MAX)
    kinds = [act.kind for act in await world.stores.acts.find(1)]
    assert kinds == ["withdraw guidance", "guide"]


@pytest.mark.parametrize(("text", "turns"), [("", 1), ("x" * 501, 1), ("x", 0), ("x", 21)])
async def test_guidance_has_bounds(world: World, text: str, turns: int) -> None:
    with pytest.raises(WrongGuidance):
        await world.control.guidance.give(LOBBY, MAX, text, turns)
