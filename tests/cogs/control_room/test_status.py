"""What moderators look up: status, usage, sessions and the log."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from simcord.results import InteractionResult, ResponseMessage

from bot.domain import (
    Agent,
    EvaluationState,
    Moderator,
    ReplyWhen,
    Room,
    RoomSettings,
    Turn,
    TurnState,
)
from bot.domain.ratings import RatingKind
from bot.llm.health import EndpointHealth
from bot.rooms.control.status import RoomStatus
from bot.storage.stores.calls import AgentUsage
from bot.storage.stores.turn_history import LastError
from cogs.control_room.status_view import render_connection, render_statuses, usage_table
from tests.cogs.conftest import Server, new_bot, refused, told, whispered
from tests.cogs.control_room.test_gate import labels
from tests.world import HARM, Script

SPENT = AgentUsage(Agent.CRITIC, "openai/a-model", 1200, 3, 1_000_000, 20_000, 600.0, 1.5)


def answers(result: InteractionResult) -> list[ResponseMessage]:
    found = [*([result.response] if result.response else []), *result.followups]
    assert found
    assert all(one.ephemeral for one in found)
    return found


# ── /status and /usage ──────────────────────────────────────────────────────────────────────


async def test_status_says_how_each_room_is_doing(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    await room.max.slash(room.lobby, "pause", reason="a raid")
    (answer,) = answers(await room.max.slash(room.moderators, "status"))
    (embed,) = answer.embeds
    said = embed.description or ""
    assert f"**<#{room.lobby.id}> · paused" in said
    assert "because: a raid" in said
    assert "waiting" not in said
    assert "chatbot scripted" in said


async def test_status_tells_of_a_turn_that_waits(room: Server, script: Script) -> None:
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(reply_when=ReplyWhen.ALWAYS, gate=10)
    )
    await room.ana.send(room.lobby, "Hi")
    (answer,) = answers(await room.max.slash(room.moderators, "status"))
    assert "reply #1 is in the Control Room since <t:" in (answer.embeds[0].description or "")


def test_status_names_the_shards_of_the_process_where_there_are_several() -> None:
    assert render_connection(0.0421, (0,), 1) == "-# 42 ms to Discord"
    assert render_connection(0.0421, (0, 2), 4).endswith("· shards served here: 0, 2 of 4")
    assert render_connection(float("inf"), (), 1) == ""


def test_status_has_all_that_a_moderator_asks_for() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    turn = Turn(
        id=99,
        number=12,
        room_id=1,
        state=TurnState.REVIEWED,
        evaluation=EvaluationState.NONE,
        created_at=now,
        message_ids=(1,),
    )
    models = {Agent.CHATBOT: "a/big-one", Agent.CRITIC: "a/small-one"}
    error = LastError(7, now, "the model refused")
    room = Room(1, 2, 3, 4, therapist=Moderator(1, "Max"))
    status = RoomStatus(
        room, "in therapy", turn, "Therapy Room", now, 3, 1, error, models, 4.2, (SPENT,)
    )
    (embed,) = render_statuses([status])
    at = int(now.timestamp())
    assert (embed.description or "").split("\n") == [
        "**<#1> · in therapy**",
        f"reply #12 is in the Therapy Room since <t:{at}:t> (<t:{at}:R>)",
        "Therapist: Max",
        "waiting: 3 messages to answer, 1 post to send",
        "today: 1,200 calls · 1,020,000 tokens · $1.50 · 4.2 s to a reply",
        f"last error: reply #7, <t:{at}:R>: the model refused",
        "-# models: chatbot big-one · critic small-one",
    ]


def test_status_names_the_adapters_that_spoke() -> None:
    spoke = ((Agent.CHATBOT, "talk_7 (0a1b2c3d) at 0.6"), (Agent.THERAPIST, "ear (4e5f6a7b) at 1"))
    status = RoomStatus(
        Room(1, 2, 3, 4), "ready", None, None, None, 0, 0, None, {Agent.CHATBOT: "m"}, None, (),
        adapters=spoke,
    )  # fmt: skip
    (embed,) = render_statuses([status])
    assert (embed.description or "").split("\n")[-1] == (
        "-# adapters used today: chatbot talk\\_7 (0a1b2c3d) at 0.6 · therapist ear (4e5f6a7b) at 1"
    )


def test_status_names_endpoints_that_are_away_and_fallbacks_that_spoke() -> None:
    since = datetime(2026, 11, 21, 12, tzinfo=UTC)
    away = EndpointHealth(
        "http://models/v1", (Agent.CHATBOT, Agent.CRITIC), since, failures=5, next_try=29.6
    )
    status = RoomStatus(
        Room(1, 2, 3, 4), "ready", None, None, None, 0, 0, None, {Agent.CHATBOT: "m"}, None, (),
        fallbacks=((Agent.CHATBOT, "other/m2"),),
        away=(away, replace(away, is_fallback=True, failures=1, next_try=0.0)),
    )  # fmt: skip
    (embed,) = render_statuses([status])
    at = int(since.timestamp())
    assert (embed.description or "").split("\n")[-4:] == [
        (
            f"⚠️ away since <t:{at}:t> (<t:{at}:R>): http://models/v1 (serves Chatbot, Critic); "
            "5 calls failed, next check in 30 s"
        ),
        (
            f"⚠️ away since <t:{at}:t> (<t:{at}:R>): http://models/v1 "
            "(fallback of Chatbot, Critic); 1 call failed, being checked"
        ),
        "-# models: chatbot m",
        "-# fallback models used today: chatbot m2",
    ]


async def test_status_asks_how_the_endpoints_are(room: Server) -> None:
    now = datetime.now(UTC)
    well = EndpointHealth("http://well/v1", (Agent.CRITIC,))
    away = EndpointHealth("http://gone/v1", (Agent.CHATBOT,), now, failures=4)
    room.bot.control.endpoints = lambda: (well, away)
    (answer,) = answers(await room.max.slash(room.moderators, "status"))
    said = answer.embeds[0].description or ""
    assert "http://gone/v1 (serves Chatbot)" in said
    assert "http://well" not in said


def test_ten_rooms_at_their_worst_fit_a_message() -> None:
    wall = "*@everyone `" * 100
    room = Room(1, 2, 3, 4, paused=True, pause_reason=wall, therapist=Moderator(1, wall))
    models = dict.fromkeys(Agent, wall)
    error = LastError(7, None, wall)
    status = RoomStatus(
        room, "paused", None, None, None, 9, 9, error, models, 1.0, (SPENT,),
        adapters=((Agent.CHATBOT, wall),),
        fallbacks=((Agent.CHATBOT, wall),),
        away=(EndpointHealth(wall, tuple(Agent), datetime.now(UTC), why=wall),) * 3,
    )  # fmt: skip
    embeds = render_statuses([status] * 12)
    assert len(embeds) == 10
    assert sum(len(embed) for embed in embeds) <= 6000
    assert "@everyone" not in (embeds[0].description or "")


async def test_usage_is_a_table_by_agent(room: Server) -> None:
    said = told(await room.max.slash(room.lobby, "usage"))
    assert said == f"**<#{room.lobby.id}>**, last 7 days: no model was asked anything."
    lines = usage_table([SPENT]).split("\n")
    assert re.split(r"  +", lines[0])[2:] == [
        "calls", "failed", "tokens in", "out", "s a call", "cost"
    ]  # fmt: skip
    assert lines[1].split()[:3] == ["critic", "a-model", "1,200"]
    assert lines[1].split()[3:] == ["3", "1,000,000", "20,000", "0.5", "$1.50"]


async def test_usage_is_of_ones_own_rooms(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    room.allow(garden, room.moderator_role, manage_messages=False)
    await room.set_up(chat=garden)
    await room.ana.send(garden, "Hi")
    said = told(await room.max.slash(room.moderators, "usage"))
    assert said.startswith(f"**<#{room.lobby.id}>**, last 7 days")
    assert str(garden.id) not in said


# ── /session and Show therapy ───────────────────────────────────────────────────────────────


async def test_a_session_comes_as_page_and_json(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    (answer,) = answers(await room.max.slash(room.moderators, "session"))
    assert answer.content.startswith(f"Reply #1 of <#{room.lobby.id}>.")
    assert [file.filename for file in answer.attachments] == ["reply-1.html", "reply-1.json"]
    page, record = [await file.read() for file in answer.attachments]
    assert b"<html" in page
    assert "A kinder word about Hi" in json.dumps(json.loads(record))


async def test_a_session_is_found_by_the_number_of_its_room(room: Server) -> None:
    """Replies elsewhere are not counted: not those of a room that has its own moderators."""
    garden = room.guild.create_text_channel("garden")
    await room.set_up(chat=garden)
    for channel, text in ((garden, "Hello"), (room.lobby, "Hi"), (room.lobby, "Hi again")):
        await room.ana.send(channel, text)
    for channel, number, text in ((garden, 1, "Hello"), (room.lobby, 2, "Hi again")):
        options = {"reply": number, "channel": channel}
        (answer,) = answers(await room.max.slash(room.moderators, "session", **options))
        assert answer.content.startswith(f"Reply #{number} of <#{channel.id}>.")
        assert text in json.loads(await answer.attachments[1].read())["turn"]["draft"]
    result = await room.max.slash(room.lobby, "session", reply=3)
    assert refused(room, result, "NotHere") == f"There is no reply #3 in <#{room.lobby.id}>."


async def test_the_menu_shows_the_draft_beside_the_reply(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    reply = room.said_by_bot(room.lobby, room.max)[-1]
    sides, session, scores = answers(await room.max.context_menu(room.lobby, "Show therapy", reply))
    draft, sent = sides.embeds[0].fields
    assert draft.value == "The first thought on Hi."
    assert sent.value == "A kinder word about Hi, thought through."
    assert "This would make them doubt themselves." in (session.embeds[0].description or "")
    assert (scores.embeds[0].title or "").startswith("Details · reply #1")
    assert len(scores.attachments) == 2


# ── /log ────────────────────────────────────────────────────────────────────────────────────


def page_of(result: InteractionResult) -> str:
    """The page of the log that a person was shown, who alone may have seen it."""
    (shown,) = answers(result)
    return shown.embeds[0].description or ""


async def test_the_log_of_a_reply_links_to_it(room: Server, script: Script) -> None:
    for words in ("Hi", "And now?"):
        await room.ana.send(room.lobby, words)
    for turn in (1, 2):
        by = Moderator(room.max.id, "Max")
        await room.bot.control.ratings.rate(turn, by, RatingKind.AGREE)
    shown = page_of(await room.max.slash(room.moderators, "log", reply=2))
    newest = room.said_by_bot(room.lobby, room.max)[-1]
    assert "rated reply #2: agree." in shown
    assert shown.endswith(f" · [message]({newest.jump_url})")
    assert "#1" not in shown
    assert "rated reply #1" in page_of(await room.max.slash(room.moderators, "log"))
    result = await room.max.slash(room.moderators, "log", reply=3)
    assert refused(room, result, "NotHere") == f"There is no reply #3 in <#{room.lobby.id}>."


async def test_the_log_pages_filters_and_exports(room: Server, script: Script) -> None:
    for number in range(12):
        by = Moderator(room.max.id, "Max")
        await room.bot.control.guidance.give(room.lobby.id, by, f"Word {number}.")
    (first,) = answers(await room.max.slash(room.moderators, "log"))
    shown = first.embeds[0].description or ""
    assert shown.count("\n") == 9
    assert "Word 11." in shown
    assert labels(first.message) == ["Older", "Export all"]
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    result = await room.max.click(first.message, label="Older")
    assert result.response is not None
    older = result.response.embeds[0].description or ""
    assert "Word 0." in older
    assert "set up" in older
    assert labels(result.response.message) == ["Newest", "Export all"]
    exported = await room.max.click(result.response.message, label="Export all")
    (file,) = answers(exported)[0].attachments
    rows = [json.loads(line) for line in (await file.read()).decode().splitlines()]
    assert len(rows) == 13


async def test_the_log_is_filtered_by_kind_and_person(room: Server) -> None:
    await room.max.slash(room.lobby, "pause")
    offered = await room.max.autocomplete(room.lobby, "log", "kind", "pa")
    assert [choice["value"] for choice in offered] == ["pause"]
    said = page_of(await room.max.slash(room.lobby, "log", kind="setup", by=room.max))
    assert said == "No act on record matches."
    assert "paused" in page_of(await room.max.slash(room.lobby, "log", by=room.max))


async def test_the_whole_log_is_for_who_moderates_every_room(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    room.allow(garden, room.moderator_role, manage_messages=False)
    await room.set_up(chat=garden)
    result = await room.max.slash(room.lobby, "log")
    assert "every Chat Room here" in refused(room, result, "NotAllowed")
    said = page_of(await room.max.slash(room.moderators, "log", channel=room.lobby))
    assert f"<#{garden.id}>" not in said


@pytest.mark.parametrize("command", ["status", "usage", "scores", "session", "log"])
async def test_members_who_were_given_it_are_refused(room: Server, command: str) -> None:
    room.give(command, room.ana)
    result = await room.ana.slash(room.lobby, command)
    assert refused(room, result, "NotAllowed") == "Only moderators can do that."


async def test_a_member_cannot_press_the_logs_buttons(room: Server) -> None:
    (first,) = answers(await room.max.slash(room.moderators, "log"))
    rows: list[dict[str, Any]] = room.env.backend.get_message(
        room.moderators.id, first.id
    ).components
    room.allow(room.moderators, room.guild.default_role, view_channel=True)
    me = room.env.backend.bot_user.id
    forged = room.env.backend.create_message(room.moderators.id, me, "forged", components=rows)
    shown = next(m for m in room.seen(room.moderators, room.max) if m.id == forged.id)
    assert "Only" in whispered(await room.ana.click(shown, label="Export all"))


# ── what a room remembers ───────────────────────────────────────────────────────────────────


async def test_status_shows_what_the_room_remembers_and_a_button_clears_it(
    room: Server, script: Script
) -> None:
    nothing = await room.max.slash(room.moderators, "status")
    assert "worked on lately" not in (answers(nothing)[0].embeds[0].description or "")
    assert labels(answers(nothing)[0].message) == []
    script.reviews.append(HARM)
    script.keep_in_mind = "Ask before you advise."
    await room.ana.send(room.lobby, "You never listen.")
    (answer,) = answers(await room.max.slash(room.moderators, "status"))
    said = answer.embeds[0].description or ""
    assert "worked on lately: gaslighting\n- Ask before you advise." in said
    assert "Ana" not in said
    assert labels(answer.message) == ["Clear the memory of #lobby"]
    pressed = await room.max.click(answer.message, label="Clear the memory of #lobby")
    assert "remembers nothing of its sessions any more: 1 forgotten" in told(pressed)
    assert "cleared what" in room.acts()[-1]
    again = answers(await room.max.slash(room.moderators, "status"))[0]
    assert "worked on lately" not in (again.embeds[0].description or "")
