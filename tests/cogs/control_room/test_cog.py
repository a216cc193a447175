"""The Control Room as a moderator uses it."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import Moderator, NewPost, PostKind, PostTo
from bot.errors import LLMUnavailable
from tests.cogs.conftest import Server, told
from tests.world import HARM, Script


async def test_after_pause_no_reply_leaves_until_resume(room: Server) -> None:
    said = told(await room.max.slash(room.lobby, "pause", reason="a raid"))
    assert said == (
        f"⏸️ <#{room.lobby.id}> is paused by **Max** until somebody resumes it: "
        "no reply is sent.\n> a raid"
    )
    assert room.acts()[-1] == (
        f"⏸️ **Max** paused <#{room.lobby.id}> until somebody resumes it.\n> a raid"
    )
    await room.ana.send(room.lobby, "Hello?")
    await room.env.advance_time(60)
    assert room.replies() == []
    assert (
        told(await room.max.slash(room.lobby, "resume"))
        == f"▶️ <#{room.lobby.id}> is answering again."
    )
    assert room.replies() == ["The first thought on Hello?."]
    assert room.acts()[-1] == f"▶️ **Max** resumed <#{room.lobby.id}>."


async def test_a_turn_under_way_waits_for_resume(room: Server, script: Script) -> None:
    script.gate = asyncio.Event()
    waiting = asyncio.create_task(script.moments.reach("draft"))
    room.env.backend.create_message(room.lobby.id, room.ana.id, "Hello?")
    await waiting
    await room.bot.control.pauses.pause(room.lobby.id, Moderator(1, "Max"))
    script.gate.set()
    await room.env.settle()
    assert room.replies() == []
    await room.max.slash(room.lobby, "resume")
    assert room.replies() == ["The first thought on Hello?."]


async def test_a_pause_for_some_minutes_says_so(room: Server) -> None:
    said = told(await room.max.slash(room.lobby, "pause", minutes=10))
    until = (await room.room()).paused_until
    assert until is not None
    at = int(until.timestamp())
    assert f"by **Max** until <t:{at}:t> (<t:{at}:R>)" in said
    assert room.acts()[-1].endswith(f"until <t:{at}:t> (<t:{at}:R>).")


@pytest.mark.parametrize("place", ["lobby", "moderators"])
async def test_the_room_is_the_one_at_hand(room: Server, place: str) -> None:
    channel = room.lobby if place == "lobby" else room.moderators
    assert "is paused" in told(await room.max.slash(channel, "pause"))
    assert (await room.room()).paused


async def test_a_channel_that_is_no_chat_room_is_told_so(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    said = told(await room.max.slash(room.moderators, "pause", channel=garden))
    assert said == "That channel is not a Chat Room of mine. An admin can make it one with /setup."
    assert len(room.env.errors) == 1


async def test_before_setup_the_moderator_hears_what_to_do(server: Server) -> None:
    said = told(await server.max.slash(server.lobby, "query"))
    assert said == "There is no Chat Room here yet. An admin can make one with /setup."
    assert len(server.env.errors) == 1


async def test_query_answers_the_moderator_alone(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    seen = len(room.seen(room.lobby, room.ana))
    result = await room.max.slash(room.lobby, "query", question="Are @everyone safe?")
    said = told(result)
    assert "therapy progress  40 ██▍░░░" in said
    assert "You asked: Are @\u200beveryone safe?" in said
    assert room.acts()[-1] == (
        f"❔ **Max** asked the Chatbot in <#{room.lobby.id}> about reply #1 how it is doing.\n"
        "> Are @\u200beveryone safe?"
    )
    assert len(room.seen(room.lobby, room.ana)) == seen


async def test_reflect_quotes_what_it_would_have_said(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    said = told(await room.max.slash(room.lobby, "reflect"))
    assert "1 lessons" in said
    assert "> The first thought on Hi." in said
    assert "> A kinder word about Hi, thought through." in said
    assert room.acts()[-1].startswith("💭 **Max** asked the Chatbot")


async def test_with_nothing_said_yet_there_is_nothing_to_reflect_on(room: Server) -> None:
    assert told(await room.max.slash(room.lobby, "reflect")) == (
        "Nothing has been said in that room yet."
    )
    assert len(room.env.errors) == 1


async def test_a_model_that_fails_gives_one_kind_sentence(room: Server, script: Script) -> None:
    await room.ana.send(room.lobby, "Hi")

    async def fail(*_: object) -> None:
        raise LLMUnavailable("the endpoint answered 500 with a secret")

    room.bot.engine.agents.chatbot.answer_query = fail  # type: ignore[method-assign,assignment]
    said = told(await room.max.slash(room.lobby, "query"))
    assert said == "I could not find the right words just now."
    assert len(room.env.errors) == 1


async def test_a_fault_of_ours_is_told_with_its_number_in_the_log(room: Server) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    room.bot.control.pauses.pause_rooms = fail  # type: ignore[method-assign,assignment]
    said = told(await room.max.slash(room.lobby, "pause"))
    assert said.startswith("Something went wrong on my side. It is in my log under ")
    assert "secret" not in said
    assert len(room.env.errors) == 1


async def test_a_notice_reaches_the_moderators(room: Server) -> None:
    notice = NewPost(
        room.lobby.id, PostTo.MODERATORS, PostKind.NOTICE, text="Most @everyone were withheld."
    )
    await room.bot.stores.outbox.add([notice])
    await room.env.advance_time(10)
    assert room.acts()[-1].endswith("Most @\u200beveryone were withheld.")


async def test_a_moderator_may_speak_from_the_therapy_thread(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    assert "is paused" in told(await room.max.slash(room.thread(), "pause"))


async def test_the_whole_server_is_paused_and_resumed(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    await room.set_up(chat=garden)
    said = told(await room.max.slash(room.moderators, "pause", everywhere=True, reason="a raid"))
    assert f"<#{room.lobby.id}> is paused by **Max**" in said
    assert f"<#{garden.id}> is paused by **Max**" in said
    rooms = await room.bot.stores.rooms.of_guild(room.guild.id)
    assert [one.paused for one in rooms] == [True, True]
    paused = "⏸️ **Max** paused all Chat Rooms of the server until somebody resumes it."
    assert room.acts()[-1] == f"{paused}\n> a raid"
    await room.ana.send(room.lobby, "Hello?")
    said = told(await room.max.slash(room.lobby, "resume", everywhere=True, answer_meanwhile=False))
    assert said.split("\n") == [
        f"▶️ <#{room.lobby.id}> is answering again.",
        f"▶️ <#{garden.id}> is answering again.",
        "1 message of the pause will not be answered.",
    ]
    await room.env.advance_time(10)
    assert room.replies() == []


async def test_everywhere_is_for_who_moderates_everywhere(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    room.allow(garden, room.moderator_role, manage_messages=False)
    await room.set_up(chat=garden)
    result = await room.max.slash(room.lobby, "pause", everywhere=True)
    assert "every Chat Room here" in told(result)
    assert len(room.env.errors) == 1
    assert not (await room.room()).paused
