"""What becomes of words that people change or delete before a turn has claimed them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import discord
import pytest

from bot.domain import UserMessage
from bot.domain.events import HelpGiven
from cogs.chat_room.catch_up import ChatRoomCatchUp
from tests.cogs.conftest import Server, new_bot, set_overwrite
from tests.world import Script

PREVIEW = {"type": "link", "url": "https://example.org", "title": "An example"}


async def pause(room: Server) -> None:
    await room.max.slash(room.moderators, "pause")


async def resume(room: Server) -> None:
    await room.max.slash(room.moderators, "resume")


@asynccontextmanager
async def busy(room: Server, script: Script) -> AsyncIterator[None]:
    """Within, the Chatbot is at work on an answer to Ben: what people say waits."""
    script.gate = asyncio.Event()
    reached = asyncio.create_task(script.moments.reach("draft"))
    room.env.backend.create_message(room.lobby.id, room.ben.id, "Good morning")
    await reached
    yield
    await heard()
    script.gate.set()
    await room.env.settle()


async def heard() -> None:
    """Returns once the bot has heard all that Discord has told it so far."""
    listeners = ("discord.py: on_message", "discord.py: on_raw_message")
    while hearing := {t for t in asyncio.all_tasks() if t.get_name().startswith(listeners)}:
        await asyncio.wait(hearing)


# ── while the bot is there ──────────────────────────────────────────────────────────────────


async def test_a_message_changed_in_a_pause_is_answered_as_it_is_now(room: Server) -> None:
    await pause(room)
    said = await room.ana.send(room.lobby, "I hat cats")
    await room.ana.edit(said, "I have cats")
    await resume(room)
    assert room.replies() == ["The first thought on I have cats."]


async def test_a_message_deleted_in_a_pause_is_not_answered(room: Server) -> None:
    await pause(room)
    said = await room.ana.send(room.lobby, "Forget it")
    await room.ana.delete(said)
    await resume(room)
    assert room.replies() == []
    assert await room.bot.stores.turns.latest(room.lobby.id, 1) == []
    await room.ana.send(room.lobby, "Hello")
    assert room.replies() == ["The first thought on Hello."]


async def test_what_was_said_with_it_is_answered_without_it(room: Server) -> None:
    await pause(room)
    await room.ana.send(room.lobby, "One")
    said = await room.ben.send(room.lobby, "Two")
    await room.ana.send(room.lobby, "Three")
    await room.ben.delete(said)
    await resume(room)
    assert room.replies() == ["The first thought on One and Three."]


async def test_a_moderator_deletes_many_at_once_and_none_is_answered(room: Server) -> None:
    await pause(room)
    spam = [await room.ana.send(room.lobby, f"Buy now {n}") for n in range(3)]
    await room.ben.send(room.lobby, "What was that?")
    room.env.backend.bulk_delete_messages(room.lobby.id, [one.id for one in spam])
    await room.env.settle()
    await resume(room)
    assert room.replies() == ["The first thought on What was that?."]


async def test_while_another_is_answered_words_can_be_changed_and_taken_back(
    room: Server, script: Script
) -> None:
    backend, lobby = room.env.backend, room.lobby.id
    async with busy(room, script):
        changed = backend.create_message(lobby, room.ana.id, "Wat?")
        gone = backend.create_message(lobby, room.ana.id, "Never mind")
        backend.edit_message(lobby, changed.id, {"content": "What?"})
        backend.delete_message(lobby, gone.id)
    assert room.replies() == ["The first thought on Good morning.", "The first thought on What?."]


async def test_once_a_turn_has_begun_it_answers_what_it_has(room: Server, script: Script) -> None:
    async with busy(room, script):
        (turn,) = await room.bot.stores.turns.latest(room.lobby.id, 1)
        (asked,) = turn.message_ids
        room.env.backend.edit_message(room.lobby.id, asked, {"content": "Good night"})
        await heard()
    assert room.replies() == ["The first thought on Good morning."]


async def test_a_message_deleted_while_it_is_answered_is_not_answered(
    room: Server, script: Script
) -> None:
    async with busy(room, script):
        (turn,) = await room.bot.stores.turns.latest(room.lobby.id, 1)
        room.env.backend.delete_message(room.lobby.id, turn.message_ids[0])
        await heard()
    assert room.replies() == []
    after = await room.bot.stores.turns.get(turn.id)
    assert after is not None
    assert not after.state.open


async def test_a_message_deleted_after_its_answer_is_forgotten_everywhere(room: Server) -> None:
    said = await room.ana.send(room.lobby, "My submarine is green")
    other = await room.ben.send(room.lobby, "Hello")
    assert any("submarine" in text for text in (*room.replies(), *room.session()))
    await room.ana.delete(said)
    await room.env.settle()
    assert not any("submarine" in text for text in (*room.replies(), *room.session()))
    assert not any("submarine" in str(card.to_dict()) for card in room.cards())
    assert len(room.cards()) == 2
    assert not await room.bot.stores.messages.known([said.id])
    assert await room.bot.stores.messages.known([other.id])
    assert room.replies() == ["The first thought on Hello."]


async def test_the_preview_of_a_link_changes_nothing(room: Server) -> None:
    await pause(room)
    said = await room.ana.send(room.lobby, "Look: https://example.org")
    room.env.backend.edit_message(room.lobby.id, said.id, {"embeds": [PREVIEW]})
    await room.env.settle()
    await resume(room)
    assert room.replies() == ["The first thought on Look: https://example.org."]


async def test_a_message_of_which_nothing_is_left_is_not_answered(room: Server) -> None:
    await pause(room)
    said = await room.ana.send(room.lobby, "", attachments=[("cat.png", b"x")])
    room.env.backend.edit_message(room.lobby.id, said.id, {"attachments": []})
    await room.env.settle()
    await resume(room)
    assert room.replies() == []


async def test_words_that_were_passed_by_are_not_answered_when_they_are_changed(
    room: Server,
) -> None:
    garden = room.guild.create_text_channel("garden")
    elsewhere = await room.ana.send(garden, "Hello?")
    await room.ana.edit(elsewhere, "Hello, Chatbot?")
    await room.ana.delete(elsewhere)
    said = await room.ana.send(room.lobby, "Hi")
    await room.ana.edit(said, "Hi there")
    assert room.replies() == ["The first thought on Hi."]


async def test_who_deletes_at_once_is_heard_in_that_order(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pause(room)
    go_on = asyncio.Event()
    receive = room.bot.engine.receive

    async def slow(message: UserMessage, replied_to: Sequence[UserMessage] = ()) -> bool:
        await go_on.wait()
        return await receive(message, replied_to)

    monkeypatch.setattr(room.bot.engine, "receive", slow)
    message = room.env.backend.create_message(room.lobby.id, room.ana.id, "Oh no")
    room.env.backend.delete_message(room.lobby.id, message.id)
    go_on.set()
    await room.env.settle()
    await resume(room)
    assert room.replies() == []


@dataclass
class SlowFiles:
    """Files that Discord is slow to give."""

    asked: asyncio.Event
    go_on: asyncio.Event


@pytest.fixture
def slow_files(monkeypatch: pytest.MonkeyPatch) -> SlowFiles:
    slow = SlowFiles(asyncio.Event(), asyncio.Event())
    read = discord.Attachment.read

    async def read_slowly(file: discord.Attachment) -> bytes:
        slow.asked.set()
        await slow.go_on.wait()
        return await read(file)

    monkeypatch.setattr(discord.Attachment, "read", read_slowly)
    return slow


async def test_who_deletes_a_message_whose_file_is_being_read_is_not_answered(
    room: Server, slow_files: SlowFiles
) -> None:
    message = send_file(room, "Look at this")
    await slow_files.asked.wait()
    room.env.backend.delete_message(room.lobby.id, message)
    slow_files.go_on.set()
    await room.env.settle()
    assert room.replies() == []
    assert not await room.bot.stores.messages.known([message])


async def test_who_changes_a_message_whose_file_is_being_read_is_answered_as_it_is_now(
    room: Server, slow_files: SlowFiles
) -> None:
    await pause(room)
    message = send_file(room, "I hat cats")
    await slow_files.asked.wait()
    room.env.backend.edit_message(room.lobby.id, message, {"content": "I have cats"})
    slow_files.go_on.set()
    await room.env.settle()
    await resume(room)
    (reply,) = room.replies()
    assert reply.startswith("The first thought on I have cats")


async def test_who_speaks_while_anothers_file_is_being_read_is_heard_behind_them(
    room: Server, slow_files: SlowFiles
) -> None:
    send_file(room, "Look at this")
    await slow_files.asked.wait()
    helped = asyncio.Event()
    room.bot.engine.subscribe(lambda event: helped.set() if isinstance(event, HelpGiven) else None)
    room.env.backend.create_message(room.lobby.id, room.ben.id, "And then?")
    danger = room.env.backend.create_message(room.lobby.id, room.ben.id, "I want to kill myself")
    await helped.wait()
    await room.bot.engine.outbox_relay.settled()
    (help_given,) = room.said_by_bot(room.lobby, room.ana)[1:]
    assert help_given.reference is not None
    assert help_given.reference.message_id == danger.id
    slow_files.go_on.set()
    await room.env.settle()
    _, first, second = room.replies()
    assert "Look at this" in first
    assert "And then?" in second


async def test_who_deletes_a_missed_message_whose_file_is_being_read_is_not_answered(
    room: Server, slow_files: SlowFiles
) -> None:
    await room.go_away()
    message = send_file(room, "Look at this")
    (shard,) = room.bot.shards.values()
    with room.env._bot_scope():
        await shard.reconnect()
    await slow_files.asked.wait()
    room.env.backend.delete_message(room.lobby.id, message)
    slow_files.go_on.set()
    await room.env.settle()
    assert room.replies() == []
    assert not await room.bot.stores.messages.known([message])


def send_file(room: Server, words: str) -> int:
    """Ana writes with a text file, and nobody waits until the bot has heard it; the id."""
    backend = room.env.backend
    files = backend.store_attachments(room.lobby.id, [("note.txt", b"A note.")])
    return backend.create_message(room.lobby.id, room.ana.id, words, attachments=files).id


# ── while it was away ───────────────────────────────────────────────────────────────────────


async def test_what_was_changed_and_deleted_while_away_is_seen_in_the_history(
    room: Server, script: Script
) -> None:
    backend, lobby = room.env.backend, room.lobby.id
    await pause(room)
    changed = await room.ana.send(room.lobby, "I hat cats")
    gone = await room.ana.send(room.lobby, "Forget it")
    await room.go_away()
    backend.edit_message(lobby, changed.id, {"content": "I have cats"})
    backend.delete_message(lobby, gone.id)
    new = backend.create_message(lobby, room.ben.id, "And dgos")
    backend.edit_message(lobby, new.id, {"content": "And dogs"})
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    await room.env.settle()
    await resume(room)
    assert room.replies() == ["The first thought on I have cats and And dogs."]


async def test_a_history_that_is_closed_to_the_bot_says_nothing_of_what_was_deleted(
    room: Server,
) -> None:
    await pause(room)
    await room.ana.send(room.lobby, "Still here")
    room.allow(room.lobby, room.bot_role, read_message_history=False)
    await room.go_away()
    await room.come_back()
    set_overwrite(room, room.lobby, room.bot_role.id, 0, 0)
    await resume(room)
    assert room.replies() == ["The first thought on Still here."]


async def test_what_is_changed_and_deleted_while_the_history_is_read_counts(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, lobby = room.env.backend, room.lobby.id
    said_since = ChatRoomCatchUp._said_since
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(missed: ChatRoomCatchUp, room_id: int, since: int) -> list[discord.Message]:
        said = await said_since(missed, room_id, since)
        begun.set()
        await go_on.wait()
        return said

    await room.go_away()
    missed = backend.create_message(lobby, room.ana.id, "One")
    monkeypatch.setattr(ChatRoomCatchUp, "_said_since", slow)
    (shard,) = room.bot.shards.values()
    with room.env._bot_scope():
        await shard.reconnect()
    await begun.wait()
    held = backend.create_message(lobby, room.ana.id, "Two")
    backend.create_message(lobby, room.ana.id, "Three")
    backend.edit_message(lobby, held.id, {"content": "Changed"})
    backend.delete_message(lobby, missed.id)
    await heard()
    go_on.set()
    await room.env.settle()
    said = " ".join(room.replies())
    assert ("One" in said, "Two" in said) == (False, False)
    assert said.count("Changed") == said.count("Three") == 1


async def test_who_spoke_while_it_was_away_has_their_name_of_the_server(room: Server) -> None:
    backend = room.env.backend
    backend.edit_member(room.guild.id, room.ana.id, {"nick": "Annie"})
    await room.go_away()
    backend.create_message(room.lobby.id, room.ana.id, "Anybody there?")
    await room.come_back()
    assert "**Annie**" in "".join(room.session())
