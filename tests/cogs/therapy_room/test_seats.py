"""A seat whose person has left or moderates no more, as the moderators and Ana see it."""

from __future__ import annotations

from collections.abc import Callable

import discord
import pytest

from tests.cogs.conftest import Server, new_bot, told
from tests.cogs.control_room.test_gate import labels
from tests.world import Script


@pytest.fixture
async def seated(room: Server) -> Server:
    """Max sits in the seat; nothing has been said yet."""
    await room.max.slash(room.moderators, "therapist take")
    return room


def lose_role(server: Server) -> None:
    server.env.backend.remove_member_role(server.guild.id, server.max.id, server.moderator_role.id)


def leave(server: Server) -> None:
    server.guild.remove_member(server.max)


def freed(server: Server) -> list[str]:
    """The posts that tell the moderators of it, as Ada sees them."""
    seen = server.seen(server.moderators, server.ada)
    return [message.content for message in seen if "handed the coaching in" in message.content]


def told_why(server: Server, why: str) -> list[str]:
    where = f"<#{server.lobby.id}>"
    return [f"🛋️ **Four Rooms** handed the coaching in {where} back to the AI.\n> {why}"]


NO_MODERATOR = "Max is no moderator here any more."
ENDS = [(lose_role, NO_MODERATOR), (leave, "Max has left the server.")]


@pytest.mark.parametrize(("end", "why"), ENDS)
async def test_who_has_lost_the_right_before_is_not_waited_for(
    seated: Server, end: Callable[[Server], None], why: str
) -> None:
    end(seated)
    await seated.ana.send(seated.lobby, "Hello?")
    assert seated.replies() == ["The first thought on Hello?."]
    assert freed(seated) == told_why(seated, why)
    assert (await seated.room()).therapist is None


@pytest.mark.parametrize(("end", "why"), ENDS)
async def test_who_loses_the_right_meanwhile_is_waited_for_no_longer(
    seated: Server, end: Callable[[Server], None], why: str
) -> None:
    await seated.ana.send(seated.lobby, "Hello?")
    assert seated.replies() == []
    end(seated)
    await seated.env.advance_time(31)
    assert seated.replies() == ["The first thought on Hello?."]
    assert freed(seated) == told_why(seated, why)
    posts = seated.said_by_bot(seated.thread(), seated.ada)
    assert [labels(post) for post in posts if labels(post)] == [["How does it feel?"]], "a draft's"


async def test_a_channel_that_takes_the_right_away_ends_it_at_once(seated: Server) -> None:
    await seated.ana.send(seated.lobby, "Hello?")
    seated.allow(seated.lobby, seated.moderator_role, manage_messages=False)
    await seated.env.settle()
    assert seated.replies() == ["The first thought on Hello?."]
    assert freed(seated) == told_why(seated, NO_MODERATOR)


async def test_a_role_that_is_deleted_ends_it_at_once(seated: Server) -> None:
    await seated.ana.send(seated.lobby, "Hello?")
    seated.env.backend.delete_role(seated.guild.id, seated.moderator_role.id)
    await seated.env.settle()
    assert seated.replies() == ["The first thought on Hello?."]
    assert freed(seated) == told_why(seated, NO_MODERATOR)


async def test_what_they_write_then_is_not_heard_and_frees_the_seat(
    seated: Server, script: Script
) -> None:
    await seated.ana.send(seated.lobby, "Hello?")
    thread = seated.thread()
    seated.allow(seated.lobby, seated.guild.default_role, manage_threads=True)
    await seated.env.settle()
    lose_role(seated)
    await seated.max.send(thread, "Tell her nothing.")
    assert "review" in script.called
    assert freed(seated) == told_why(seated, NO_MODERATOR)
    assert not any("Tell her nothing" in act for act in seated.replies())


async def test_a_right_lost_while_the_bot_was_down(seated: Server, script: Script) -> None:
    await seated.ana.send(seated.lobby, "Hello?")
    await seated.go_away()
    lose_role(seated)
    await seated.env.restart_bot(new_bot(seated.bot.stores, script))
    assert seated.replies() == ["The first thought on Hello?."]
    assert freed(seated) == told_why(seated, NO_MODERATOR)


async def test_a_right_that_is_kept_keeps_the_seat(seated: Server) -> None:
    await seated.ana.send(seated.lobby, "Hello?")
    await seated.env.advance_time(61)
    assert seated.replies() == []
    assert freed(seated) == []
    room = await seated.room()
    assert room.therapist is not None


async def test_where_discord_does_not_say_the_seat_is_kept(
    seated: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_answer(*_: object) -> discord.Member:
        raise OSError

    monkeypatch.setattr(discord.Guild, "fetch_member", no_answer)
    await seated.ana.send(seated.lobby, "Hello?")
    await seated.env.advance_time(31)
    assert freed(seated) == []
    assert (await seated.room()).therapist is not None


async def test_the_seat_can_be_taken_by_another_then(seated: Server) -> None:
    leave(seated)
    kim = seated.guild.add_member(
        seated.env.create_user("kim", global_name="Kim"), roles=[seated.moderator_role]
    )
    await seated.ana.send(seated.lobby, "Hello?")
    said = told(await kim.slash(seated.moderators, "therapist take"))
    assert "You are the Therapist" in said
