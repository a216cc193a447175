"""A person in danger gets help at once and by no model, whatever else goes on in the room."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import PostKind, PostTo, TurnState, UserMessage
from bot.domain.crisis import CrisisCause, CrisisKind, CrisisSign, HeardMessage
from bot.domain.events import HelpGiven, TurnHelped
from bot.domain.turn_context import TurnContext
from bot.errors import DeliveryError
from bot.llm.protocol import CallContext
from bot.rooms.chat.crisis import responder
from bot.rooms.chat.crisis.detector import detect
from tests.seating import mark_seated
from tests.world import FINE, HARM, LOBBY, MAX, START, World, llm_down

DANGER = "I want to die"


def help_texts(world: World) -> list[str]:
    return [post.text for post in world.shown(PostKind.HELP)]


async def test_no_model_is_asked(world: World) -> None:
    await world.say(DANGER)
    await world.settle()
    assert world.script.called == []
    assert len(help_texts(world)) == 1
    assert [post.text for post in world.shown(PostKind.CALL)] == [DANGER]
    assert world.cards() == [1]
    turn = await world.turn()
    assert turn.state is TurnState.HELPED
    assert turn.reply == help_texts(world)[0]
    assert world.chat.texts() == []  # the door of replies stays shut
    assert [type(event) for event in world.events] == [HelpGiven, TurnHelped]


async def test_a_harmless_message_is_judged_once_and_anew_once_it_reads_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = list[list[str]]()

    def noted(lines: list[str]) -> CrisisSign | None:
        judged.append(lines)
        return detect(lines)

    monkeypatch.setattr(responder, "detect", noted)

    def look(text: str, number: int = 2) -> CrisisSign | None:
        message = UserMessage(number, LOBBY, 200, "Ana", text, START)
        return world.engine.crises.find_sign(HeardMessage(message, LOBBY, (text,)))

    assert look("hello") is look("hello") is None
    assert judged == [["hello"]]
    assert look("hello again", 3) is look("hello") is None  # it follows another line by now
    assert judged[1:] == [["hello", "hello again"], ["hello again", "hello"]]
    assert look(DANGER) is not None  # it was edited
    assert look(DANGER) is not None
    assert judged[3:] == [["hello again", DANGER]] * 2


async def test_in_a_pause_it_goes_out_all_the_same(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say(DANGER)
    await world.settle()
    assert len(help_texts(world)) == 1
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    assert world.chat.texts() == []  # nor is it answered once more


async def test_with_the_models_down(world: World) -> None:
    world.script.drafts.extend([llm_down(), llm_down()])
    await world.say(DANGER)
    await world.settle()
    assert len(help_texts(world)) == 1
    assert world.chat.texts() == []


async def test_while_another_turn_is_under_way(world: World) -> None:
    world.script.gate = asyncio.Event()
    await world.say("cats", by="Ben")
    await world.moments.reach("draft")
    message = UserMessage(2, LOBBY, 200, "Ana", DANGER, START)
    heard = HeardMessage(message, LOBBY, (DANGER,))
    assert await world.engine.crises.look(heard)
    async with asyncio.timeout(5):
        await world.engine.outbox_relay.settled()
    assert len(help_texts(world)) == 1  # no head start of a reply holds it back
    world.script.gate.set()
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]  # Ben has his answer


async def test_a_turn_on_the_way_to_that_person_ends_with_it(world: World) -> None:
    world.script.gate = asyncio.Event()
    await world.say("I have the pills here")
    await world.moments.reach("draft")
    await world.say(DANGER)
    world.script.gate.set()
    await world.settle()
    assert world.chat.texts() == []
    assert len(help_texts(world)) == 1
    turn = await world.turn()
    assert (turn.state, turn.message_ids) == (TurnState.HELPED, (1, 2))
    await world.say("are you there?")
    await world.settle()
    assert len(world.chat.texts()) == 1  # the room goes on


async def test_the_persons_waiting_therapist_is_freed(world: World) -> None:
    await mark_seated(world.stores, LOBBY, MAX)
    await world.say("hello")
    await world.settle()
    assert (await world.turn()).state is TurnState.WAITING
    await world.say(DANGER)
    await world.settle()
    assert (await world.turn()).state is TurnState.HELPED
    assert await world.stores.turns.open_turn(LOBBY) is None


async def test_the_first_is_whole_and_later_ones_are_short(world: World) -> None:
    await world.say(DANGER)
    await world.say(f"{DANGER}, I mean it")
    await world.settle()
    whole, short = help_texts(world)
    assert len(short) < len(whole)


async def test_the_next_drafts_know(world: World) -> None:
    seen: list[bool] = []
    draft = world.engine.agents.chatbot.draft

    async def spy(context: TurnContext, ctx: CallContext) -> str:
        seen.append(context.help_given)
        return await draft(context, ctx)

    world.engine.agents.chatbot.draft = spy  # type: ignore[method-assign]
    await world.say("hi")
    await world.settle()
    await world.say(DANGER)
    await world.say("still here")
    await world.settle()
    assert seen == [False, True]


async def test_a_therapist_that_sees_danger_ends_the_turn(world: World) -> None:
    world.script.reviews.append(HARM.model_copy(update={"in_danger": True}))
    await world.say("it is quiet here, and I have decided")
    await world.settle()
    turn = await world.turn()
    assert turn.state is TurnState.HELPED
    assert world.chat.texts() == []
    assert len(help_texts(world)) == 1
    crisis = await world.stores.crises.of_turn(turn.id)
    assert crisis is not None
    assert (crisis.cause, crisis.sign.kind) == (CrisisCause.REVIEW, CrisisKind.UNCLEAR)
    assert world.cards() == [turn.id]
    assert world.script.called == ["draft", "review"]


async def test_a_call_that_cannot_be_posted_does_not_hold_the_help(world: World) -> None:
    world.post_mishaps.append(DeliveryError("the channel is gone"))
    world.post_mishaps.append(DeliveryError("the channel is gone"))
    await world.say(DANGER)
    await world.settle()
    await world.heal()
    assert len(help_texts(world)) == 1
    assert len(world.shown(PostKind.CALL)) == 1


async def test_a_crash_at_any_moment_gives_help_once(tmp_path: Path) -> None:
    for moment in range(60):
        folder = tmp_path / str(moment)
        folder.mkdir()
        world = await World(folder).open()
        world.moments.die_at = moment
        talking = asyncio.create_task(_talk(world))
        dying = asyncio.create_task(world.moments.dead.wait())
        await asyncio.wait({talking, dying}, return_when=asyncio.FIRST_COMPLETED)
        died = not talking.done()
        talking.cancel()
        dying.cancel()
        await asyncio.gather(talking, dying, return_exceptions=True)
        await world.crash()
        await world.say(DANGER, again=1)  # the history brings it once more
        await world.heal()
        assert len(help_texts(world)) == 1, (moment, world.moments.passed)
        assert len(world.shown(PostKind.CALL)) == 1, moment
        assert world.cards() == [1], moment
        assert world.chat.texts() == [], moment
        await world.close()
        if not died:
            return
    pytest.fail("it never ended")


async def _talk(world: World) -> None:
    await world.say(DANGER)
    await world.settle()


async def test_a_simulated_room_calls_nobody(world: World) -> None:
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    await world.stores.rooms.bind(replace(room, simulated=True))
    await world.say(DANGER)
    await world.settle()
    assert len(help_texts(world)) == 1
    assert world.shown(PostKind.CALL) == []


async def test_help_and_call_wait_for_nothing_else(world: World) -> None:
    """A card that Discord does not take, again and again, stands in nobody's way."""
    world.script.reviews.append(FINE)
    await world.say("hello", by="Ben")
    await world.settle()
    places = {post.new.to for post in world.posted}
    assert PostTo.HELP not in places
    await world.say(DANGER)
    await world.settle()
    assert {PostTo.HELP, PostTo.CALL} <= {post.new.to for post in world.posted}


async def say_together(world: World) -> None:
    """Ana and Ben are answered in one turn."""
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say("it is quiet here, and I have decided", by="Ana", author=200)
    await world.say("cats?", by="Ben", author=201)
    await world.control.pauses.resume(LOBBY, MAX)


async def test_where_it_is_not_known_who_is_in_danger_all_are_helped(world: World) -> None:
    world.script.reviews.append(HARM.model_copy(update={"in_danger": True}))
    await say_together(world)
    await world.settle()
    turn = await world.turn()
    assert (turn.state, turn.message_ids) == (TurnState.HELPED, (1, 2))
    helped = [await world.stores.crises.get(post.ref or 0) for post in world.shown(PostKind.HELP)]
    assert {one.author_name for one in helped if one} == {"Ana", "Ben"}
    assert {post.text for post in world.shown(PostKind.CALL)} == {
        "it is quiet here, and I have decided",
        "cats?",
    }
    assert world.cards() == [turn.id]
    assert world.chat.texts() == []


async def test_who_was_to_be_answered_with_a_person_in_danger_is_answered_alone(
    world: World,
) -> None:
    world.script.gate = asyncio.Event()
    await say_together(world)
    await world.moments.reach("draft")
    edited = UserMessage(1, LOBBY, 200, "Ana", DANGER, START)
    assert await world.engine.crises.look(HeardMessage(edited, LOBBY, (DANGER,)))
    world.script.gate.set()
    await world.settle()
    await world.heal()
    assert len(help_texts(world)) == 1
    assert world.chat.texts() == ["The first thought on cats?."]
    assert (await world.turn()).message_ids == (1,)
