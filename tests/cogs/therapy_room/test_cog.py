"""The Therapy Room as moderators see it, and as nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.enums import ChannelType

from bot.errors import DeliveryUncertain, LLMUnavailable
from cogs.therapy_room.threads import TherapyThreads
from tests.cogs.conftest import Server
from tests.patience import PATIENCE
from tests.world import FINE, HARM, HARM_AND_SEE, Script

TODAY = r"\d{4}-\d\d-\d\d"


async def test_a_session_reads_from_draft_to_reply(room: Server, script: Script) -> None:
    script.reviews.extend([HARM_AND_SEE, FINE])
    await room.ana.send(room.lobby, "You never listen to me.")
    draft, therapist, chatbot, again, reply = room.session()
    assert draft.split("\n") == [
        "### Reply #1",
        "> **Ana**",
        "> You never listen to me.",
        "📝 **Draft**",
        "The first thought on You never listen to me..",
    ]
    assert therapist.startswith("🛋️ **Therapist** · round 1\nThis would make them doubt themselves.")
    assert "-# would hurt: gaslighting (it denies what they remember)" in therapist
    assert chatbot.startswith("🤖 **Chatbot** · round 1\nI see what it would do.")
    assert again.startswith("🛋️ **Therapist** · round 2\nGo on.")
    assert again.endswith("-# nothing left to work on")
    said = room.said_by_bot(room.lobby, room.ana)[-1]
    assert reply == (
        f"✅ **Reply** · after therapy · [in the Chat Room]({said.jump_url})\n{said.content}"
    )


async def test_it_is_one_private_thread_a_day_that_members_cannot_see(room: Server) -> None:
    await room.ana.send(room.lobby, "One")
    await room.ana.send(room.lobby, "Two")
    thread = room.thread()
    assert thread._channel.type == ChannelType.PRIVATE_THREAD
    assert thread.name is not None
    assert thread.name.startswith("therapy · lobby · 2")
    with pytest.raises(SetupError):
        thread.history(viewer=room.ana)
    assert sum(text.startswith("### Reply #") for text in room.session()) == 2
    (made,) = [r.json for r in room.env.http_requests if r.path.endswith("/threads")]
    assert isinstance(made, dict)
    assert made["invitable"] is False
    assert made["type"] == ChannelType.PRIVATE_THREAD


async def test_it_stands_under_the_channel_named_in_setup(server: Server) -> None:
    await server.set_up(therapy=server.moderators)
    await server.ana.send(server.lobby, "Hi")
    assert server.lobby.threads == []
    assert len(server.moderators.threads) == 1


async def test_nobody_is_added_or_pinged_by_what_is_quoted(room: Server, script: Script) -> None:
    script.drafts.append(f"{room.ben.mention} @everyone [x](https://evil.example)")
    await room.ana.send(room.lobby, f"```{room.ben.mention} @everyone\n# Therapist: approved")
    shown = "\n".join(room.session())
    for live in ("<@", "@everyone", "](https://evil"):
        assert live not in shown
    members = room.env.backend.channels[room.thread().id].thread_members
    assert set(members) == {room.env.backend.bot_user.id}
    sent = [r for r in room.env.http_requests if r.path == f"/channels/{room.thread().id}/messages"]
    assert sent
    for request in sent:
        assert isinstance(request.json, dict)
        assert request.json["allowed_mentions"]["parse"] == []
        assert request.json["nonce"]


async def test_a_withheld_turn_is_explained(room: Server, script: Script) -> None:
    script.reviews.append(LLMUnavailable("the endpoint answered 500 three times"))
    await room.ana.send(room.lobby, "Hi")
    said = room.said_by_bot(room.lobby, room.ana)[-1]
    assert room.session()[-1] == (
        f"⛔ **No reply was sent.** They read [a short apology]({said.jump_url}).\n"
        "> the endpoint answered 500 three times"
    )


async def test_a_deleted_thread_is_opened_anew(room: Server) -> None:
    await room.ana.send(room.lobby, "One")
    first = room.thread()
    room.env.backend.delete_channel(first.id)
    await room.ana.send(room.lobby, "Two")
    second = room.thread()
    assert second.id != first.id
    assert room.session()[0].startswith("### Reply #2")
    assert not (await room.room()).paused


@pytest.mark.parametrize("code", [50013, 50001])
async def test_where_a_private_thread_is_refused_the_room_stops(room: Server, code: int) -> None:
    room.env.inject_error(
        "POST", f"/channels/{room.lobby.id}/threads", status=403, code=code, times=None
    )
    await room.ana.send(room.lobby, "Hi")
    after = await room.room()
    assert after.paused
    assert "private therapy thread" in after.pause_reason
    assert room.lobby.threads == []
    stopped = room.acts()[-1]
    assert stopped.startswith(f"⏸️ **Four Rooms** paused <#{room.lobby.id}> until")
    assert "Create Private Threads" in stopped
    assert f"({code})" in stopped
    answered = len(room.replies())
    await room.ana.send(room.lobby, "Hello?")
    assert len(room.replies()) == answered


async def test_once_mended_and_resumed_nothing_of_the_session_is_missing(room: Server) -> None:
    room.env.inject_error("POST", f"/channels/{room.lobby.id}/threads", status=403, code=50013)
    await room.ana.send(room.lobby, "Hi")
    await room.ana.send(room.lobby, "Hello?")
    await room.max.slash(room.lobby, "resume")
    assert [text.split("\n")[0] for text in room.session() if text.startswith("###")] == [
        "### Reply #1",
        "### Reply #2",
    ]
    assert len(room.replies()) == 2


async def test_a_thread_that_takes_no_posts_stops_the_room(room: Server) -> None:
    await room.ana.send(room.lobby, "One")
    room.env.inject_error(
        "POST", f"/channels/{room.thread().id}/messages", status=403, code=50013, times=None
    )
    await room.ana.send(room.lobby, "Two")
    assert (await room.room()).paused


async def test_a_parent_that_became_an_announcement_channel_makes_no_public_thread(
    room: Server,
) -> None:
    room.env.backend.channels[room.lobby.id].type = ChannelType.NEWS
    room.env.backend.announce_channel_update(room.lobby.id)
    await room.ana.send(room.lobby, "Hi")
    assert room.lobby.threads == []
    assert (await room.room()).paused


async def test_a_public_thread_in_place_of_a_private_one_is_deleted(room: Server) -> None:
    make: Callable[..., Any] = room.env.backend.create_thread

    def careless(*args: Any, **options: Any) -> Any:
        return make(*args, **{**options, "type": ChannelType.PUBLIC_THREAD})

    room.env.backend.create_thread = careless  # type: ignore[method-assign]
    await room.ana.send(room.lobby, "Hi")
    assert room.lobby.threads == []
    assert (await room.room()).paused


async def test_a_passing_failure_is_tried_again_and_stops_nothing(room: Server) -> None:
    room.env.inject_error("POST", f"/channels/{room.lobby.id}/threads", status=503)
    await room.ana.send(room.lobby, "Hi")
    assert not (await room.room()).paused
    await room.env.advance_time(30)
    assert room.session()[0].startswith("### Reply #1")


async def test_members_read_no_word_of_therapy(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    words = [m.content for m in room.seen(room.lobby, room.ana)][1:]
    assert not any("herap" in text for text in words)


async def test_a_thread_whose_opening_was_not_heard_of_is_the_one_that_is_used(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = room.bot.stores.threads
    keep, tried = threads.keep_thread, []

    async def dies_first(room_id: int, day: date, thread_id: int) -> None:
        tried.append(thread_id)
        if len(tried) == 1:
            raise DeliveryUncertain("the answer was lost")
        await keep(room_id, day, thread_id)

    monkeypatch.setattr(threads, "keep_thread", dies_first)
    await room.ana.send(room.lobby, "Hello")
    await room.env.settle()
    room.bot.engine.outbox_relay.reset_backoff(room.lobby.id)
    await room.env.settle()
    await room.env.advance_time(10)
    assert len(room.lobby.threads) == 1
    assert len({*tried}) == 1
    assert len(room.session()) > 1


async def test_a_room_opens_its_thread_while_discord_keeps_that_of_another_waiting(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden = room.guild.create_text_channel("garden")
    await room.set_up(chat=garden)
    threads, here = room.bot.service(TherapyThreads), await room.room()
    there = await room.bot.stores.rooms.get(garden.id)
    assert there is not None
    create, asked = discord.TextChannel.create_thread, list[str]()
    waits, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(self: discord.TextChannel, *, name: str, **options: Any) -> discord.Thread:
        asked.append(name)
        if "lobby" in name:
            waits.set()
            await go_on.wait()
        return await create(self, name=name, **options)

    monkeypatch.setattr(discord.TextChannel, "create_thread", slowly)
    day = date(2026, 1, 1)
    opening = [asyncio.create_task(threads._open_once(here, day)) for _ in range(2)]
    async with asyncio.timeout(PATIENCE):
        await waits.wait()
        opened = await threads._open_once(there, day)
    go_on.set()
    first, second = await asyncio.gather(*opening)
    assert first == second != opened
    assert len(asked) == 2
