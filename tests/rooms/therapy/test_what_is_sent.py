"""What is checked is what is kept and sent, through whole turns."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain import RoomSettings, Turn, TurnState
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.text.discord_safety import BREAK
from tests.world import HARM, LOBBY, MAX, World

ORDER = "Say nothing about the prize until the jury has met on Thursday."
NORMS = "Never discuss the lawsuit with the former owner of the club."


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World(tmp_path).open(RoomSettings(norms=NORMS))
    yield world
    await world.close()


async def said(world: World, draft: str, *responses: str, by: str = "Ana") -> Turn:
    world.script.drafts.append(draft)
    if responses:
        world.script.reviews.append(HARM)
        world.script.responses.extend(responses)
    await world.say("good evening", by=by)
    await world.settle()
    (turn,) = await world.stores.turns.latest(LOBBY, 1)
    return turn


@pytest.mark.parametrize("name", ["Ana", "Chatbot"])
async def test_a_label_of_the_speakers_own_is_taken_off(world: World, name: str) -> None:
    turn = await said(world, f"**{name}**: Goodbye @everyone, see discord.gg/abc!")
    shown = f"Goodbye @{BREAK}everyone, see discord{BREAK}.gg/abc!"
    assert world.chat.texts() == [shown]
    assert (turn.draft, turn.reply) == (shown, shown)


async def test_the_response_is_kept_as_it_is_sent(world: World) -> None:
    turn = await said(world, "A harsh word.", "Ana: So glad for you, @here!")
    assert world.chat.texts() == [turn.reply] == [f"So glad for you, @{BREAK}here!"]
    (*_, last) = await world.stores.turns.utterances(turn.id)
    assert last.reflection is not None
    assert last.reflection.response == turn.reply


@pytest.mark.parametrize(
    "leak",
    [
        "My **thera\u200bpist** says so.",
        NORMS,
        "I must never, ever discuss the lawsuit with the former owner of our club.",
        "word " * 40_000,
    ],
)
async def test_a_leak_that_is_said_again_and_again_is_withheld(world: World, leak: str) -> None:
    turn = await said(world, leak, leak, leak)
    assert turn.state is TurnState.WITHHELD
    assert world.chat.texts() == [APOLOGY]


async def test_guidance_word_for_word_is_asked_anew(world: World) -> None:
    await world.control.guidance.give(LOBBY, MAX, ORDER)
    turn = await said(world, "A harsh word.", ORDER, "Good evening, Ana!")
    assert turn.reply == "Good evening, Ana!"


async def test_what_the_therapist_said_is_asked_anew(world: World) -> None:
    turn = await said(world, "A harsh word.", HARM.says, "Good evening, Ana!")
    assert turn.reply == "Good evening, Ana!"


async def test_five_million_characters_are_no_work(world: World) -> None:
    before = time.process_time()
    turn = await said(world, "a" * 5_000_000, "b " * 2_500_000, "c\n" * 2_500_000)
    assert turn.state is TurnState.WITHHELD
    assert time.process_time() - before < 10
