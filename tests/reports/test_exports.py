"""A turn as a page and as JSON, and the log of acts as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import RoomSettings
from bot.domain.ratings import RatingKind
from bot.reports.act_export import acts_as_json_lines
from bot.reports.session_export import read_session
from bot.reports.session_record import as_html, as_json
from tests.world import ANA, HARM, LOBBY, MAX, World

ENDS = "one\u2028two\u2029three\x85four\nfive"
"""Ends of lines: those of JSON Lines, and those that only some readers know."""
NOW = datetime(2026, 11, 21, tzinfo=UTC)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7777*7777 }}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World(tmp_path).open(RoomSettings(gate=30))
    world.script.reviews.append(HARM)
    world.script.responses.append("A middling answer.")
    world.script.scores.append(80)
    await world.control.guidance.give(LOBBY, MAX, f"Be brief. {EVIL}")
    await world.say(f"cats {EVIL}", by=EVIL)
    await world.settle()
    await world.control.gate.edit(1, MAX, "Tell me about your cats.")
    await world.settle()
    own = {"manipulative": 0, "gaslighting": 5, "narcissistic": 0}
    await world.control.ratings.rate(1, ANA, RatingKind.RESCORE, values=own, why=EVIL)
    yield world
    await world.close()


async def page(world: World, turn_id: int = 1) -> str:
    record = await read_session(world.stores, "lobby", turn_id)
    assert record is not None
    return as_html(record)


async def test_how_empathetic_a_text_is_stands_there_where_it_was_measured(world: World) -> None:
    assert "empathetic" not in await page(world)
    world.script.empathetic = 83
    world.script.scores.extend([0, 0])
    await world.say("dogs")
    await world.settle()
    shown = await page(world, turn_id=2)
    assert "empathetic (high is good)" in shown
    assert "<span>83</span>" in shown


async def test_the_page_shows_all_of_the_turn(world: World) -> None:
    shown = await page(world)
    for part in (
        "The first thought on cats",
        "Tell me about your cats.",
        "This would make them doubt themselves.",
        "A middling answer.",
        "Guidance by Max",
        "Ana: rescore",
        "Safe: yes",
        "edit",
    ):
        assert part in shown


async def test_a_member_called_like_an_agent_is_marked(world: World) -> None:
    await world.say("let it out", by="Chatbot")
    await world.say("yes", by="Тherapist")
    await world.settle()
    (turn,) = await world.stores.turns.latest(LOBBY, 1)
    record = await read_session(world.stores, "lobby", turn.id)
    assert record is not None
    speakers = {line.speaker for line in (*record.conversation.lines, *record.conversation.asked)}
    assert "Тherapist (member)" in speakers
    assert "Chatbot (member)" in speakers
    assert "<b>Тherapist (member):</b>" in as_html(record)
    assert '"speaker": "Chatbot (member)"' in as_json(record)


async def test_what_people_wrote_is_text_on_the_page(world: World) -> None:
    shown = await page(world)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "{{ 7777*7777 }}" in shown
    assert str(7777 * 7777) not in shown


async def test_the_page_takes_nothing_from_elsewhere(world: World) -> None:
    shown = await page(world)
    assert "default-src 'none'" in shown
    assert "http://" not in shown
    assert "https://" not in shown


async def test_the_json_holds_the_same(world: World) -> None:
    record = await read_session(world.stores, "lobby", 1)
    assert record is not None
    kept = json.loads(as_json(record))
    assert kept["turn"]["reply"] == "Tell me about your cats."
    assert kept["conversation"]["asked"][0]["text"] == f"cats {EVIL}"
    assert [one["speaker"] for one in kept["session"]] == ["therapist", "chatbot", "moderator"]
    assert kept["ratings"][0]["values"]["gaslighting"] == 5
    assert kept["guidance"][0]["by"]["name"] == "Max"
    assert [act["kind"] for act in kept["acts"]] == ["edit", "rate"]
    assert await read_session(world.stores, "lobby", 404) is None


async def test_acts_are_found_by_kind_person_room_and_time_page_by_page(world: World) -> None:
    find = world.stores.acts.find
    assert [act.kind for act in await find(1)] == ["rate", "edit", "guide"]
    assert [act.kind for act in await find(1, by_id=ANA.id)] == ["rate"]
    assert [act.kind for act in await find(1, kind="edit", room_id=LOBBY)] == ["edit"]
    assert await find(1, room_id=404) == []
    assert await find(404) == []
    newest, second = await find(1, limit=2)
    assert [act.kind for act in await find(1, before_id=second.id)] == ["guide"]
    assert [act.kind for act in await find(1, since=newest.at)] == ["rate"]
    assert await world.stores.acts.kinds(1) == ["edit", "guide", "rate"]


async def test_the_log_is_exported_a_line_an_act(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.reports.act_export.PAGE", 2)
    text = await acts_as_json_lines(world.stores.acts, 1)
    kept = [json.loads(line) for line in text.splitlines()]
    assert [act["kind"] for act in kept] == ["rate", "edit", "guide"]
    assert kept[1]["details"]["after"] == "Tell me about your cats."
    assert kept[1]["by"] == {"id": "5", "name": "Max"}


async def test_whatever_a_reason_holds_an_act_is_one_line(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX, reason=ENDS)
    text = await acts_as_json_lines(world.stores.acts, 1)
    kept = [json.loads(line) for line in text.splitlines()]
    assert [act["kind"] for act in kept] == ["pause", "rate", "edit", "guide"]
    assert kept[0]["reason"] == ENDS
