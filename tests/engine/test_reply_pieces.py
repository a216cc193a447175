"""A reply in several messages is in the Chat Room whole, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import PostKind, TurnState
from bot.errors import DeliveryError
from bot.rooms.chat import chat_room
from bot.rooms.chat.fixed_texts import APOLOGY
from tests.world import LOBBY, Mishap, World

LONG = "A sentence of a long reply. " * 120


def left(world: World) -> list[str]:
    """What stands in the Chat Room once all that is to be taken away is."""
    gone = {post.ref for post in world.shown(PostKind.REMOVAL) if post.text == str(LOBBY)}
    return [shown.post.text for shown in world.chat.shown if shown.id not in gone]


async def test_where_its_second_message_is_refused_the_first_is_taken_away(world: World) -> None:
    world.script.drafts.append(LONG)
    world.chat.mishaps.extend([None, Mishap.REFUSED])
    await world.say("Tell me all of it.")
    await world.settle()
    assert (await world.turn()).state is TurnState.WITHHELD
    assert left(world) == [APOLOGY]


@pytest.mark.parametrize("killed", [False, True])
async def test_where_the_rest_never_gets_through_nothing_stays(
    world: World, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    world.script.drafts.append(LONG)
    world.chat.mishaps.extend([None, *[Mishap.DOWN] * 3])
    await world.say("Tell me all of it.")
    await world.settle()
    assert (await world.turn()).state is TurnState.READY
    if killed:
        await world.crash()
    monkeypatch.setattr(chat_room, "SEND_FOR", timedelta())
    world.engine.chat_room.reset_backoff(LOBBY)
    await world.engine.recover()
    await world.settle()
    assert (await world.turn()).state is TurnState.WITHHELD
    assert left(world) == []


async def test_nothing_of_it_stays_where_nobody_can_look_whether_it_is_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreadable(_: object) -> int | None:
        raise DeliveryError("503")

    world.script.drafts.append(LONG)
    world.chat.mishaps.extend([None, *[Mishap.DOWN] * 3])
    await world.say("Tell me all of it.")
    await world.settle()
    monkeypatch.setattr(world.chat, "find", unreadable)
    monkeypatch.setattr(chat_room, "SEND_FOR", timedelta())
    world.engine.chat_room.reset_backoff(LOBBY)
    await world.engine.recover()
    await world.settle()
    assert (await world.turn()).state is TurnState.WITHHELD
    assert left(world) == []
