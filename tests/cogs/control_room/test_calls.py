"""Who is called, for what and when; nobody else is ever mentioned."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord.http import HTTPClient

from bot.domain import ReplyWhen, RoomSettings
from bot.domain.calls import CallCause
from bot.rooms.audit import THE_BOT
from cogs.shared.role_calls import SECONDS_BETWEEN, RoleCalls
from tests.cogs.conftest import Server
from tests.cogs.control_room.test_settings import change
from tests.world import Script, llm_down

ALWAYS_QUIET = "0:00-23:59"


async def call(room: Server, **settings: Any) -> str:
    """Set whom to call and the like; return the mention of the role."""
    role_id = room.moderator_role.id
    given = {"call_role_id": role_id, **settings}
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(**{"reply_when": ReplyWhen.ALWAYS, **given})
    )
    return f"<@&{role_id}>"


def posts(room: Server) -> list[discord.Message]:
    return room.said_by_bot(room.moderators, room.max)


def pinged(room: Server) -> list[discord.Message]:
    """The posts that mention the role."""
    return [post for post in posts(room) if f"<@&{room.moderator_role.id}>" in post.content]


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What Discord may make of the mentions in each message of the bot that has some."""
    seen: list[Any] = []
    send = HTTPClient.send_message

    def send_message(self: HTTPClient, channel_id: int, *, params: Any) -> Any:
        payload = params.payload or {}
        if "<@" in (payload.get("content") or ""):
            seen.append(payload["allowed_mentions"])
        return send(self, channel_id, params=params)

    monkeypatch.setattr(HTTPClient, "send_message", send_message)
    return seen


async def hold_reply(room: Server, script: Script) -> None:
    script.scores.append(70)
    await room.ana.send(room.lobby, "Hello?")


async def test_a_held_reply_calls_the_role_alone(
    room: Server, script: Script, allowed: list[Any]
) -> None:
    mention = await call(room, gate=40)
    await hold_reply(room, script)
    (post,) = pinged(room)
    where = f"<#{room.lobby.id}>"
    assert post.content == f"{mention} 🚦 A reply in {where} waits for one of you to decide."
    assert post.embeds
    assert allowed == [{"parse": [], "roles": [room.moderator_role.id], "users": []}]


@pytest.mark.parametrize(
    "silent", [{"call_for": ()}, {"call_role_id": None}, {"quiet_hours": ALWAYS_QUIET}]
)
async def test_it_does_not_where_that_is_not_chosen_or_the_hours_are_quiet(
    room: Server, script: Script, silent: dict[str, Any]
) -> None:
    await call(room, gate=40, **silent)
    await hold_reply(room, script)
    assert pinged(room) == []
    assert "held for a decision" in str(posts(room)[-1].embeds[0].title)


async def test_a_crisis_calls_in_quiet_hours_too(room: Server) -> None:
    mention = await call(room, quiet_hours=ALWAYS_QUIET)
    await room.ana.send(room.lobby, "I want to kill myself")
    assert any(post.content.startswith(mention) for post in posts(room))


async def test_the_seat_calls_the_role_and_who_sits_there(room: Server, allowed: list[Any]) -> None:
    mention = await call(room)
    await room.max.slash(room.lobby, "therapist take")
    await room.ana.send(room.lobby, "Hello?")
    (post,) = pinged(room)
    assert post.content.startswith(f"{mention} 🛋️ A draft in <#{room.lobby.id}> waits")
    assert f"/{room.thread().id}" in post.content
    waiting = room.seen(room.thread(), room.max)[-1]
    assert waiting.content.startswith(f"<@{room.max.id}> 🧑 **Max, you are the Therapist**")
    assert {"parse": [], "users": [room.max.id], "roles": []} in allowed


async def test_a_rule_that_stops_the_room_calls_and_a_moderators_pause_does_not(
    room: Server,
) -> None:
    await call(room)
    await room.max.slash(room.lobby, "pause")
    assert pinged(room) == []
    await room.max.slash(room.lobby, "resume")
    with room.env._bot_scope():
        await room.bot.control.pauses.stop_by_rule(room.lobby.id, "the mean score is too high")
    await room.env.settle()
    (post,) = pinged(room)
    assert f"**{THE_BOT.name}** paused" in post.content


async def test_a_failure_calls_and_a_flood_of_them_calls_once(room: Server, script: Script) -> None:
    mention = await call(room)
    clock = [0.0]
    room.bot.service(RoleCalls)._clock = lambda: clock[0]
    for word, seconds in (("one", 0.0), ("two", 1.0), ("three", SECONDS_BETWEEN)):
        clock[0] = seconds
        script.drafts.append(llm_down())
        await room.ana.send(room.lobby, word)
    told = [post.content for post in posts(room) if "No reply could be sent" in post.content]
    assert [text.startswith(mention) for text in told] == [True, False, True]
    assert "**Because** the endpoint answered 500 three times" in told[0]


async def test_what_a_moderator_withholds_calls_nobody(room: Server, script: Script) -> None:
    await call(room, gate=40, call_for=(CallCause.FAILURE,))
    await hold_reply(room, script)
    form = await room.max.click(posts(room)[-1], label="Withhold")
    await room.max.submit_modal(form, {"reason": "too sharp"})
    assert pinged(room) == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"alert_words": "raid, spam"}, "somebody has written “raid”"),
        ({"alert_people": "ana"}, "somebody named in the settings has written"),
        ({"alert_score": 30}, "manipulative 40 is above 30 . "),
    ],
)
async def test_alerts_by_word_person_and_score(
    room: Server, script: Script, rule: dict[str, Any], why: str
) -> None:
    if "alert_people" in rule:
        rule = {"alert_people": (room.ana.id,)}
    mention = await call(room, **rule)
    script.scores.append(40)
    message = await room.ana.send(room.lobby, "They plan a raid.")
    (post,) = pinged(room)
    assert post.content.startswith(f"{mention} 🔔 **Alert** in <#{room.lobby.id}>")
    assert why.removesuffix(" . ") in post.content
    link = room.said_by_bot(room.lobby, room.ana)[-1] if "alert_score" in rule else message
    assert f"/{link.id}" in post.content


async def test_a_reply_that_came_through_the_gate_alerts_too(room: Server, script: Script) -> None:
    await call(room, gate=50, alert_score=30)
    script.scores.append(40)
    await room.ana.send(room.lobby, "Hello?")
    assert ["Alert" in post.content for post in pinged(room)] == [True]


async def test_no_alert_without_a_match(room: Server) -> None:
    await call(room, alert_words="raid", alert_people=(room.ben.id,), alert_score=90)
    await room.ana.send(room.lobby, "I am afraid.")
    assert pinged(room) == []
    assert not any("Alert" in post.content for post in posts(room))


async def test_an_admin_chooses_it_all_in_two_forms(room: Server) -> None:
    given: dict[str, Any] = {
        "call_role_id": [room.moderator_role],
        "call_for": ["held", "failure"],
        "quiet_hours": "22:00-07:00",
        "time_zone": "Europe/Berlin",
    }
    await change(room, "Whom to call", **given)
    await change(room, "Alerts", alert_words="raid, spam", alert_people=[room.ana])
    settings = (await room.room()).settings
    assert settings.call_for == (CallCause.HELD, CallCause.FAILURE)
    assert (settings.quiet_hours, settings.time_zone) == ("22:00-07:00", "Europe/Berlin")
    assert settings.alert_people == (room.ana.id,)
    act = next(act for act in room.acts() if "alert people" in act)
    assert str(room.ana.id) not in act


async def test_a_forgotten_person_is_on_no_list(room: Server) -> None:
    await call(room, alert_people=(room.ana.id, room.ben.id))
    await room.ana.send(room.lobby, "Hello?")
    await room.bot.engine.privacy.forget_person(room.ana.id, room.guild.id)
    assert (await room.room()).settings.alert_people == (room.ben.id,)
