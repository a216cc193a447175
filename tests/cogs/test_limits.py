"""Limits as people, moderators and admins meet them in Discord."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
import pytest
from simcord.results import InteractionResult

from bot.client.bot import FourRoomsBot
from bot.domain import Agent
from bot.domain.limits import Limit, OperatorLimits
from bot.engine.team import Agents
from bot.llm.call_budget import CallEstimate
from bot.rooms.chat.fixed_texts import LIMIT_TEXT
from bot.rooms.limits.usage_limits import UsageLimits
from bot.storage.stores.stores import Stores
from tests.cogs.conftest import Server, refused, told, whispered
from tests.cogs.simulation.test_cog import ScriptedUser
from tests.world import HARM, Script, ScriptedChatbot, ScriptedCritic, ScriptedTherapist

OPERATOR = OperatorLimits(
    person=Limit(calls=12),
    server=Limit(calls=30, tokens=200_000),
    process=Limit(calls=60),
    unpriced=(Agent.CHATBOT, Agent.CRITIC),
)


@pytest.fixture
def simcord_bot(stores: Stores, script: Script) -> FourRoomsBot:
    agents = Agents(ScriptedChatbot(script), ScriptedTherapist(script), ScriptedCritic(script))
    limits = UsageLimits(stores, OPERATOR)
    script.budget = limits
    script.estimate = CallEstimate(50, 50)
    return FourRoomsBot.over(stores, agents, limits=limits, shard_count=1)


async def form(room: Server, section: str) -> InteractionResult:
    panel = await room.ada.slash(room.lobby, "settings")
    assert panel.response is not None
    return await room.ada.click(panel.response.message, label=section)


def value_of(result: InteractionResult, heading: str) -> str:
    assert result.response is not None
    (embed,) = result.response.embeds
    return next(field.value or "" for field in embed.fields if heading in (field.name or ""))


async def say(room: Server, person: Any, times: int) -> None:
    for number in range(times):
        await person.send(room.lobby, f"text {number}")
        await room.env.settle()


async def test_who_is_over_their_limit_reads_one_sentence(room: Server) -> None:
    await say(room, room.ana, 6)
    replies = room.replies()
    assert replies.count(LIMIT_TEXT) == 1
    assert replies[-1] == LIMIT_TEXT
    assert len(replies) < 6
    last = room.said_by_bot(room.lobby, room.ana)[-1]
    assert last.reference is not None
    assert any("Ana (" in act and "has used up the limit" in act for act in room.acts())
    await room.ben.send(room.lobby, "and I")
    await room.env.settle()
    assert room.replies()[-1] == "The first thought on and I."


async def test_exempt_roles_have_no_limit_of_a_person(room: Server) -> None:
    opened = await form(room, "Limits of a person")
    role = room.guild.create_role("Friends of the house")
    values = {"exempt_roles": "friends of the house", "person_calls": "5"}
    result = await room.ada.submit_modal(opened, values)
    assert f"Exempt roles: **<@&{role.id}>**" in value_of(result, "Limits of a person")
    (act,) = [act for act in room.acts() if "changed the settings" in act]
    assert act.startswith("⚙️ **Ada** changed the settings of the server.")
    assert "a person, calls a day: none → 5" in act
    kim = room.guild.add_member(room.env.create_user("kim", global_name="Kim"), roles=[role])
    await say(room, kim, 4)
    assert LIMIT_TEXT not in room.replies()
    await say(room, room.ben, 3)
    assert LIMIT_TEXT in room.replies()


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        ("Limits of a person", {"exempt_roles": "Nobody"}, "there is no role Nobody"),
        ("Limits of a person", {"cooldown": "-1"}, "Cooldown, seconds: at least 0"),
        (
            "Limits of the server",
            {"server_calls": "many"},
            "calls a day: that has to be a whole",
        ),
        ("Limits of the room", {"limit_tokens": "0"}, "Room, tokens a day: at least 1"),
        (
            "Limits of the server",
            {"server_cost": "$2"},
            "Server, US $ a day: the price of the model is not known (Chatbot, Critic)",
        ),
        ("Limits of the room", {"limit_cost": "2"}, "PRICE_PER_MILLION_INPUT"),
        ("Limits of a person", {"person_cost": "2"}, "PRICE_PER_MILLION_INPUT"),
        ("Stop rules", {"stop_spend": "2"}, "Stop at spend, US $ a day: the price of the model"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason(
    room: Server, section: str, values: dict[str, str], said: str
) -> None:
    opened = await form(room, section)
    assert said in whispered(await room.ada.submit_modal(opened, values))


async def test_a_room_has_a_limit_of_its_own(room: Server) -> None:
    opened = await form(room, "Limits of the room")
    result = await room.ada.submit_modal(opened, {"limit_calls": "6"})
    assert "Room, calls a day: **6**" in value_of(result, "Limits of the room")
    await say(room, room.ana, 3)
    assert room.replies()[-1] == LIMIT_TEXT
    assert any("This Chat Room has used up the limit" in act for act in room.acts())


async def test_usage_shows_limits_and_what_is_left(room: Server) -> None:
    await say(room, room.ana, 1)
    shown = told(await room.max.slash(room.lobby, "usage"))
    assert "**Limits of today** (UTC)" in shown
    rows = [line.split() for line in shown.split("```")[-2].strip().splitlines()]
    assert rows[0] == ["limit", "of", "in", "used", "of", "left"]
    assert rows[1][:2] == ["bot", "calls"]
    calls = len(room.bot.engine.agents.chatbot.script.made)  # type: ignore[attr-defined]
    assert rows[2] == ["server", "calls", str(calls), "30", str(30 - calls)]
    assert rows[3] == ["server", "tokens", f"{calls},000", "200,000", f"{200 - calls},000"]
    assert shown.endswith("A person: 12 calls.")


@pytest.mark.parametrize("command", ["query", "reflect", "simulate"])
async def test_moderators_are_refused_with_a_clear_sentence(
    room: Server, script: Script, command: str
) -> None:
    script.reviews.append(HARM)  # so that there is something to reflect on
    await say(room, room.ana, 1)
    opened = await form(room, "Limits of the server")
    await room.ada.submit_modal(opened, {"server_calls": "1"})
    options: dict[str, Any] = {}
    if command == "simulate":
        engine = room.bot.engine
        engine.agents = replace(engine.agents, user=ScriptedUser)
        options = {"persona": "shy", "channel": room.guild.create_text_channel("stage")}
    result = await room.max.slash(room.lobby, command, **options)
    assert refused(room, result, "LimitUsedUp") == (
        "The limit of this server for today is used up. It starts again at 00:00 UTC."
    )


async def test_the_panel_fits_a_message(room: Server) -> None:
    panel = await room.ada.slash(room.lobby, "settings")
    assert panel.response is not None
    (embed,) = panel.response.embeds
    assert isinstance(embed, discord.Embed)
    assert len(embed) <= 6000
