"""The rolling list: a line a reply in one message, quietly, and cards for what needs a look."""

from __future__ import annotations

import discord
import pytest

from bot.domain import ReplyWhen, RoomSettings
from bot.domain.room_settings import NEW_ROOM, CardsWhen
from tests.cogs.conftest import Server, new_bot, told
from tests.cogs.evaluation_room.test_cog import measure
from tests.world import Script


@pytest.fixture
async def rolling(server: Server) -> Server:
    """A room that was set up today, with a Critic that is known to be good."""
    assert "is a Chat Room" in told(await server.set_up())
    await measure(server)
    return server


def shown(server: Server) -> list[discord.Message]:
    return [m for m in server.seen(server.moderators, server.max) if m.embeds]


def lines(message: discord.Message) -> list[str]:
    return (message.embeds[0].description or "").split("\n")[1:]


async def calm(server: Server, script: Script, text: str = "Hi") -> None:
    script.scores.append(0)  # draft and reply are one text
    await server.ana.send(server.lobby, text)


async def test_a_room_that_is_set_up_now_has_a_rolling_list(rolling: Server) -> None:
    always = NEW_ROOM.model_copy(update={"reply_when": ReplyWhen.ALWAYS})
    assert (await rolling.room()).settings == always
    assert NEW_ROOM.cards is CardsWhen.ROLLING


async def test_a_room_of_before_keeps_what_it_has(server: Server) -> None:
    assert RoomSettings().cards is CardsWhen.EVERY
    await server.set_up()
    await server.bot.stores.rooms.update_settings(
        server.lobby.id, RoomSettings(reply_when=ReplyWhen.ALWAYS)
    )
    await server.set_up()
    assert (await server.room()).settings.cards is CardsWhen.EVERY


async def test_each_reply_is_a_line_in_one_message(rolling: Server, script: Script) -> None:
    await calm(rolling, script, "I lost my umbrella")
    (message,) = shown(rolling)
    assert message.flags.suppress_notifications, "it rings nowhere"
    reply = rolling.said_by_bot(rolling.lobby, rolling.ana)[-1]
    assert lines(message) == [
        f"🟢 **[#1]({reply.jump_url})** nothing found · 0 → 0 · **Ana**: I lost my umbrella"
    ]
    await calm(rolling, script, "Found it!")
    (edited,) = shown(rolling)
    assert edited.id == message.id
    assert len(lines(edited)) == 2
    assert edited.embeds[0].title == "📋 2 replies"


async def test_a_line_opens_its_card(rolling: Server, script: Script) -> None:
    await calm(rolling, script, "One")
    await calm(rolling, script, "Two")
    opened = await rolling.max.select(shown(rolling)[0], ["2"])
    assert opened.response is not None
    assert opened.response.ephemeral
    assert "Two" in (opened.response.embeds[0].description or "")


async def test_what_needs_a_look_has_a_card_of_its_own_at_once(
    rolling: Server, script: Script
) -> None:
    await calm(rolling, script)
    script.scores.append(70)
    await rolling.ana.send(rolling.lobby, "Hello?")
    roll, card = shown(rolling)
    assert card.embeds[0].title == "🔴 Reply #2 · hurtful"
    assert len(lines(roll)) == 2


async def test_the_list_goes_on_after_a_restart(rolling: Server, script: Script) -> None:
    await calm(rolling, script)
    await rolling.env.restart_bot(new_bot(rolling.bot.stores, script))
    await calm(rolling, script)
    (message,) = shown(rolling)
    assert len(lines(message)) == 2


async def test_a_line_that_was_shown_before_the_process_died_is_not_shown_twice(
    rolling: Server, script: Script
) -> None:
    await calm(rolling, script)
    (message,) = shown(rolling)
    store = rolling.bot.stores.score_lists
    made = await store.of_turn(1)
    assert made is not None
    again = await store.add(await rolling.room(), 1)  # as the post that is tried again does
    assert (again, again.message_id) == (made, message.id)
    await calm(rolling, script)
    assert len(lines(shown(rolling)[0])) == 2


async def test_a_message_that_somebody_deleted_comes_anew(rolling: Server, script: Script) -> None:
    await calm(rolling, script)
    rolling.env.backend.delete_message(rolling.moderators.id, shown(rolling)[0].id)
    await calm(rolling, script)
    (message,) = shown(rolling)
    assert len(lines(message)) == 2


async def test_what_is_forgotten_goes_from_the_list(rolling: Server, script: Script) -> None:
    await calm(rolling, script, "my submarine is yellow")
    await rolling.ana.slash(rolling.lobby, "forget")
    await rolling.env.settle()
    assert "submarine" not in str(shown(rolling)[0].embeds[0].to_dict())
