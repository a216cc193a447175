"""What the person in the Therapist's seat wrote while the bot was away, in Discord."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.actors import MemberActor

from bot.domain import Speaker, TurnState
from cogs.therapy_room.human_therapist_catch_up import TherapistCatchUp
from tests.cogs.conftest import Server, new_bot
from tests.cogs.therapy_room.test_human_therapist import seated, waiting
from tests.world import Script

__all__ = ["seated"]


def write(room: Server, who: MemberActor, text: str) -> None:
    """Somebody writes in the thread, and the bot is not told."""
    room.env.backend.create_message(room.thread().id, who.id, text)


async def restart(room: Server, script: Script) -> None:
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    await room.env.settle()


def heard(room: Server) -> list[str]:
    """What stands in the thread as the Therapist's part, as Max sees it."""
    said = (text for text in room.session() if text.startswith("🧑 **Moderator, as Therapist**"))
    return [text.partition("\n")[2].partition("\n-#")[0].strip() for text in said]


async def state(room: Server) -> tuple[TurnState, int]:
    turn = await room.bot.stores.turns.open_turn(room.lobby.id)
    assert turn is not None
    return turn.state, turn.round


async def test_what_was_written_during_a_restart_is_heard_once(
    seated: Server, script: Script
) -> None:
    await seated.go_away()
    write(seated, seated.max, "Ask her how she is.")
    await restart(seated, script)
    assert heard(seated) == ["Ask her how she is."]
    assert "round 2\nA kinder word about Hello?, thought through." in waiting(seated).content
    await seated.catch_up()
    await restart(seated, script)
    assert heard(seated) == ["Ask her how she is."]
    assert await state(seated) == (TurnState.WAITING, 1)
    await seated.max.click(waiting(seated), label="Ready: send it as it is")
    assert seated.replies() == ["A kinder word about Hello?, thought through."]


async def test_what_was_written_while_the_connection_was_gone_is_heard(seated: Server) -> None:
    await seated.go_away()
    write(seated, seated.max, "Ask her how she is.")
    write(seated, seated.max, "And be short.")
    await seated.come_back()
    assert heard(seated) == ["Ask her how she is.\nAnd be short."]
    assert await state(seated) == (TurnState.WAITING, 1)


async def test_a_later_round_is_caught_up_with_too(seated: Server, script: Script) -> None:
    await seated.max.send(seated.thread(), "Ask her how she is.")
    await seated.go_away()
    write(seated, seated.max, "Shorter.")
    await restart(seated, script)
    assert heard(seated) == ["Ask her how she is.", "Shorter."]
    said = await seated.bot.stores.turns.utterances(1)
    assert [one.speaker for one in said] == [Speaker.MODERATOR, Speaker.CHATBOT] * 2


async def test_the_words_of_others_and_of_the_bot_are_theirs(
    seated: Server, script: Script
) -> None:
    await seated.go_away()
    write(seated, seated.ada, "What do you think, Max?")
    seated.env.backend.create_message(
        seated.thread().id, seated.env.backend.bot_user.id, "Something of mine."
    )
    await restart(seated, script)
    assert heard(seated) == []
    assert await state(seated) == (TurnState.WAITING, 0)


async def test_what_was_said_before_the_bot_asked_is_no_answer(
    room: Server, script: Script
) -> None:
    await room.ana.send(room.lobby, "Good morning")
    await room.max.send(room.thread(), "I shall take the next one.")
    await room.max.slash(room.moderators, "therapist take")
    await room.ana.send(room.lobby, "Hello?")
    await restart(room, script)
    assert heard(room) == []


async def test_words_come_before_the_time_limit_that_ran_out_meanwhile(
    seated: Server, script: Script
) -> None:
    await seated.go_away()
    write(seated, seated.max, "Ask her how she is.")
    turn = await seated.bot.stores.turns.open_turn(seated.lobby.id)
    assert turn is not None
    over = replace(turn, waits_until=datetime.now(UTC) - timedelta(minutes=5))
    await seated.bot.stores.turns.save(over, was=turn)
    await restart(seated, script)
    assert heard(seated) == ["Ask her how she is."]
    assert "review" not in script.called, "the AI did not take over"


async def test_who_is_a_moderator_no_more_is_not_heard(seated: Server, script: Script) -> None:
    await seated.go_away()
    write(seated, seated.max, "Ask her how she is.")
    seated.allow(seated.lobby, seated.moderator_role, manage_messages=False)
    await restart(seated, script)
    assert heard(seated) == []
    assert "review" in script.called, "the AI takes over"
    assert (await seated.room()).therapist is None


async def test_words_heard_before_a_crash_are_not_heard_for_the_next_round(
    seated: Server, script: Script
) -> None:
    # The process dies before what was said is shown, and before it asks again.
    closed = f"/channels/{seated.thread().id}/messages"
    seated.env.inject_error("POST", closed, status=503, code=0, times=None)
    await seated.max.send(seated.thread(), "Ask her how she is.")
    assert heard(seated) == []
    assert await state(seated) == (TurnState.WAITING, 1)
    seated.env.backend.faults.clear()
    await restart(seated, script)
    assert heard(seated) == ["Ask her how she is."]
    assert await state(seated) == (TurnState.WAITING, 1)


async def test_a_thread_that_cannot_be_read_is_read_later(seated: Server, script: Script) -> None:
    await seated.go_away()
    write(seated, seated.max, "Ask her how she is.")
    closed = f"/channels/{seated.thread().id}/messages"
    seated.env.inject_error("GET", closed, status=403, code=50001, times=None)
    await restart(seated, script)
    assert heard(seated) == []
    seated.env.backend.faults.clear()
    await seated.env.advance_time(61)
    assert heard(seated) == ["Ask her how she is."]


async def test_what_comes_in_while_the_history_is_read_is_not_heard_twice(
    seated: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    unheard = TherapistCatchUp._unheard

    async def slow(missed: TherapistCatchUp, *thread: Any) -> list[discord.Message]:
        begun.set()
        await go_on.wait()
        return await unheard(missed, *thread)

    monkeypatch.setattr(TherapistCatchUp, "_unheard", slow)
    await seated.go_away()
    write(seated, seated.max, "One.")
    (shard,) = seated.bot.shards.values()
    with seated.env._bot_scope():
        await shard.reconnect()
    await begun.wait()
    write(seated, seated.max, "Two.")  # told at once
    go_on.set()
    await seated.env.settle()
    assert heard(seated) == ["One.\nTwo."]
    assert await state(seated) == (TurnState.WAITING, 1)
