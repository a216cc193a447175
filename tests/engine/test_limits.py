"""Cooldowns and limits in the engine: who waits, who is set aside, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain import PostKind, TurnState
from bot.domain.limits import Amount, Limit, OperatorLimits, Scope, SetAsideReason, Subject
from bot.errors import LimitUsedUp
from bot.llm.call_budget import CallEstimate
from bot.rooms.chat.fixed_texts import APOLOGY, LIMIT_TEXT
from bot.storage.database.tables import messages
from tests.world import LOBBY, MAX, World

ANA, BEN = 100, 101
DAY = timedelta(days=1)


@asynccontextmanager
async def opened(folder: Path, *rooms: int, **limits: object) -> AsyncIterator[World]:
    operator = OperatorLimits(**limits)  # type: ignore[arg-type]
    world = await World(folder, rooms=rooms or (LOBBY,), operator=operator).open()
    try:
        yield world
    finally:
        await world.close()


async def say(world: World, text: str, *, author: int = ANA, room: int = LOBBY) -> None:
    await world.say(text, room, author=author, by="Ana" if author == ANA else "Ben")
    await world.settle()


async def set_aside(world: World) -> dict[str, str | None]:
    """Messages that wait or are set aside: text and reason."""
    query = select(messages.c.text, messages.c.set_aside_reason)
    async with world.database.read() as connection:
        rows = await connection.execute(query.where(messages.c.turn_id.is_(None)))
        return {row.text: row.set_aside_reason for row in rows}


def sentences(world: World) -> list[tuple[int | None, str]]:
    return [(post.ref, post.text) for post in world.shown(PostKind.LIMIT)]


def notices(world: World) -> list[str]:
    return [post.text for post in world.shown(PostKind.NOTICE)]


# ── the cooldown ────────────────────────────────────────────────────────────────────────────


async def test_in_a_cooldown_messages_wait_and_are_answered_together(tmp_path: Path) -> None:
    async with opened(tmp_path, cooldown=60.0) as world:
        await say(world, "one")
        for text in ("two", "three"):
            await say(world, text)
        assert len(world.chat.replies()) == 1
        assert await set_aside(world) == {"two": None, "three": None}
        await say(world, "hello", author=BEN)
        assert len(world.chat.replies()) == 2  # nobody waits for another's cooldown
        world.later += timedelta(seconds=61)
        await world.scheduler.run_due()
        await world.settle()
        assert world.chat.replies()[2:] == ["The first thought on two and three."]
        assert sentences(world) == []


async def test_a_cooldown_wakes_the_room_by_itself(tmp_path: Path) -> None:
    async with opened(tmp_path, cooldown=60.0) as world:
        await say(world, "one")
        await say(world, "two")
        (timer,) = world.engine._admission._timers.values()
        assert 50 < timer.when() - asyncio.get_running_loop().time() <= 60
        world.later += timedelta(seconds=61)
        timer._run()
        await world.settle()
        assert len(world.chat.replies()) == 2


async def test_a_cooldown_holds_over_rooms_and_restarts(tmp_path: Path) -> None:
    async with opened(tmp_path, 10, 11, cooldown=60.0) as world:
        await say(world, "one", room=10)
        await say(world, "two", room=11)
        assert world.chat.replies(11) == []
        await world.crash()
        await world.engine.recover()
        await world.settle()
        assert world.chat.replies(11) == []
        world.later += timedelta(seconds=61)
        await world.engine.recover()
        await world.settle()
        assert len(world.chat.replies(11)) == 1


async def test_a_server_sets_its_own_cooldown_and_exempts_roles(tmp_path: Path) -> None:
    async with opened(tmp_path, cooldown=60.0) as world:
        await world.say("one", exempt=True)
        await world.settle()
        await world.say("two", exempt=True)
        await world.settle()
        assert len(world.chat.replies()) == 2
        await world.control.settings.change_server(LOBBY, MAX, cooldown="0")
        await say(world, "three")
        await say(world, "four")
        assert len(world.chat.replies()) == 4


# ── a person's limit ────────────────────────────────────────────────────────────────────────


async def test_over_their_limit_a_person_is_set_aside_and_told_once(tmp_path: Path) -> None:
    async with opened(tmp_path, person=Limit(tokens=20_000)) as world:
        texts = [f"text {number}" for number in range(8)]
        for text in texts:
            await say(world, text)
        answered = len(world.chat.replies())
        assert 0 < answered < 8
        assert APOLOGY not in world.chat.texts()
        aside = await set_aside(world)
        assert aside == dict.fromkeys(texts[answered:], SetAsideReason.PERSON_LIMIT)
        await world.engine.recover()
        await world.settle()
        assert sentences(world) == [(answered + 1, LIMIT_TEXT)]
        assert "Ana (100) has used up the limit for today" in notices(world)[-1]
        await say(world, "and I", author=BEN)
        assert world.chat.replies()[-1] == "The first thought on and I."


async def test_the_next_day_goes_on_and_what_was_set_aside_is_context(tmp_path: Path) -> None:
    async with opened(tmp_path, person=Limit(calls=6)) as world:
        await say(world, "one")
        await say(world, "two")
        await say(world, "three")
        count = len(world.chat.replies())
        world.later += DAY
        await world.scheduler.run_due()
        await world.settle()
        assert len(world.chat.replies()) == count  # not answered the next day
        await say(world, "four")
        turn = (await world.stores.turns.latest(LOBBY, 1))[0]
        conversation = await world.stores.messages.conversation(turn)
        assert [line.text for line in conversation.asked] == ["four"]
        assert "three" in [line.text for line in conversation.lines]
        again = len(sentences(world))
        await say(world, "five")
        await say(world, "six")
        assert len(sentences(world)) == again + 1  # once a day


async def test_one_person_in_ten_rooms_takes_no_more_than_their_limit(tmp_path: Path) -> None:
    rooms = range(10, 20)
    limit = Limit(calls=60, tokens=50_000)
    async with opened(tmp_path, *rooms, person=limit) as world:
        for text in range(8):
            for room in rooms:
                await world.say(f"text {text} in {room}", room, author=ANA)
            await world.settle()
        person = Subject(Scope.PERSON, ANA)
        assert world.limits is not None
        used = (await world.stores.usage_limits.used(world.limits.today(), [person]))[person]
        assert used == Amount(len(world.script.made), 1_000 * len(world.script.made))
        assert limit.passed_by(used) is None
        assert used.tokens > limit.tokens * 0.6  # type: ignore[operator]
        assert len(sentences(world)) == 1
        unanswered = await set_aside(world)
        assert {*unanswered.values()} == {SetAsideReason.PERSON_LIMIT}
        sent = sum(len(world.chat.replies(room)) for room in rooms)
        assert sent + len(unanswered) <= 80
        assert world.limits._held == {}


async def test_a_limit_reached_within_a_turn_fails_closed(tmp_path: Path) -> None:
    async with opened(tmp_path, person=Limit(tokens=4_500)) as world:
        world.script.took = Amount(1, 2_500)
        await say(world, "one")
        turn = await world.turn(1)
        assert turn.state is TurnState.WITHHELD
        assert turn.withheld_because == "the limit of person, tokens, is used up"
        assert world.chat.texts() == [APOLOGY]
        assert world.cards() == [1]


# ── the limits of rooms, servers and the process ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("scope", "reason", "then"),
    [
        ("room", SetAsideReason.ROOM_LIMIT, "It rests until 00:00 UTC"),
        ("server", SetAsideReason.SERVER_LIMIT, "All Chat Rooms here rest until 00:00 UTC"),
        ("process", SetAsideReason.PROCESS_LIMIT, "Its Chat Rooms rest until 00:00 UTC"),
    ],
)
async def test_a_room_rests_until_tomorrow(
    tmp_path: Path, scope: str, reason: SetAsideReason, then: str
) -> None:
    async with opened(tmp_path, **{scope: Limit(calls=20)}) as world:
        for number in range(8):
            await say(world, f"text {number}", author=ANA + number % 2)
        answered = len(world.chat.replies())
        assert 3 <= answered < 7
        assert {*(await set_aside(world)).values()} == {reason}
        assert len(sentences(world)) == 2
        assert then in notices(world)[-1]
        (status,) = await world.control.status(1)
        assert status.state == "rests until 00:00 UTC: a limit of today is used up"
        assert len(notices(world)) == len({*notices(world)}) <= 3
        world.later += DAY
        await say(world, "a new day")
        assert world.chat.replies()[answered:] == ["The first thought on a new day."]


async def test_a_crash_between_loses_no_message_and_tells_nobody_twice(tmp_path: Path) -> None:
    async with opened(tmp_path, room=Limit(calls=8)) as world:
        await say(world, "one")
        await say(world, "two")
        assert len(world.chat.replies()) == 2
        passed = len(world.moments.passed)
        world.moments.die_at = passed + 4
        await world.say("three", author=BEN)
        await world.crash()
        await world.heal()
        await say(world, "four", author=BEN)
        assert await set_aside(world) == {
            "three": SetAsideReason.ROOM_LIMIT,
            "four": SetAsideReason.ROOM_LIMIT,
        }
        assert len(sentences(world)) == 1


# ── what moderators ask ─────────────────────────────────────────────────────────────────────


async def test_query_and_reflect_are_refused_when_the_server_has_used_its_limit(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, server=Limit(calls=5), room=Limit(calls=4)) as world:
        await say(world, "one")
        await world.control.query(LOBBY, MAX, "how are you?")
        assert world.limits is not None
        room = await world.stores.rooms.get(LOBBY)
        assert room is not None
        with pytest.raises(LimitUsedUp) as caught:
            await world.control.query(LOBBY, MAX, "and now?")
        assert str(caught.value) == (
            "The limit of this server for today is used up. It starts again at 00:00 UTC."
        )
        with pytest.raises(LimitUsedUp):
            await world.limits.require_room(room)
        world.later += DAY
        await world.limits.require_room(room)


async def test_without_limits_nothing_is_counted(world: World) -> None:
    for number in range(5):
        await say(world, f"text {number}")
    assert len(world.chat.replies()) == 5
    assert CallEstimate(1, 1).amount == Amount(1, 2)
