"""Each call says who waits for its answer."""

from __future__ import annotations

from bot.llm.protocol import CallPriority
from tests.world import LOBBY, MAX, World

PERSON, SCORING = CallPriority.PERSON, CallPriority.SCORING


async def test_a_person_waits_for_a_turn_and_nobody_for_its_scores(world: World) -> None:
    await world.say("cats")
    await world.settle()
    priorities = dict(
        zip(world.script.called, (ctx.priority for _, ctx in world.script.made), strict=True)
    )
    assert priorities == {"draft": PERSON, "review": PERSON, "score": SCORING, "verdict": SCORING}


async def test_a_moderator_waits_for_the_answer_to_a_question(world: World) -> None:
    await world.say("cats")
    await world.settle()
    await world.control.query(LOBBY, MAX, "How is it going?")
    assert world.script.called[-1] == "query"
    assert world.script.made[-1][1].priority is CallPriority.MODERATOR
