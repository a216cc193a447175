"""The words of the page of a turn: who said and did what, in the reader's language."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import Agent, Moderator
from bot.domain.feedback import FeedbackKind
from bot.llm.protocol import CallOutcome, CallRecord
from bot.reports.critic_trust import Trust, keep_trust
from bot.reports.session_export import read_session
from bot.reports.session_record import as_json
from bot.text.moderator_texts import reading, say_number
from tests.reports.test_exports import NOW, page, world
from tests.world import LOBBY, World

__all__ = ["world"]
BEN = Moderator(7, "Ben")
ODD = Moderator(8, "Critic")
"""A member who is called like an agent."""
CALL = CallRecord(
    Agent.CRITIC, "a-model", "critic/scores", "0" * 12, 1, LOBBY, 1, NOW, 1.234, 1234, 0, 56,
    0.0123456, CallOutcome.OK,
)  # fmt: skip


async def say_of_reply(world: World, by: Moderator, kind: FeedbackKind, words: str = "") -> None:
    room, turn = await world.stores.rooms.get(LOBBY), await world.stores.turns.get(1)
    assert room is not None
    assert turn is not None
    await world.control.feedback.give(turn, room, by, kind, words)
    await world.settle()


async def test_rewards_name_people_and_no_ids(world: World) -> None:
    shown = await page(world)
    assert "Rewards, -1 to 1: the Critic 0.00 · Ana +0.35</p>" in shown
    assert "person 6" not in shown


async def test_what_members_say_of_a_reply_is_there_until_it_is_forgotten(world: World) -> None:
    assert "What members say of it" not in await page(world)
    await say_of_reply(world, BEN, FeedbackKind.HURT, "It <b>stung</b>.")
    await say_of_reply(world, ODD, FeedbackKind.HELPED)
    shown = await page(world)
    assert "<b>Ben</b>: 💔 it hurt them, or was wrong" in shown
    assert "It &lt;b&gt;stung&lt;/b&gt;." in shown
    assert "<b>Critic (member)</b>: 💚 it helped them</p>" in shown
    assert "Ben -0.60 · Critic (member) +0.40" in shown
    assert "member 7" not in shown
    record = await read_session(world.stores, "lobby", 1)
    assert record is not None
    kept = json.loads(as_json(record))["feedback"]
    assert [(one["by"]["name"], one["kind"]) for one in kept] == [
        ("Ben", "hurt"),
        ("Critic", "helped"),
    ]
    with reading("de"):
        german = await page(world)
    assert "💔 sie hat verletzt oder war falsch" in german
    await world.engine.privacy.forget_person(BEN.id, 1, ["Ben"], up_to=2**62)
    shown = await page(world)
    assert "Ben" not in shown
    assert "stung" not in shown


async def test_of_words_that_are_no_longer_kept_members_have_no_names(world: World) -> None:
    await say_of_reply(world, BEN, FeedbackKind.HURT, "It stung.")
    await world.stores.retention.forget(LOBBY, datetime.now(UTC) + timedelta(days=1))
    shown = await page(world)
    assert "a moderator +0.35 · a member -0.60" in shown
    assert "<b>a member</b>: 💔 it hurt them, or was wrong</p>" in shown
    assert "Ben" not in shown


async def test_acts_are_sentences_in_the_readers_language(world: World) -> None:
    assert "✏️ Max edited reply #1 in #lobby and sent it." in await page(world)
    with reading("de"):
        german = await page(world)
    assert "✏️ Max hat Antwort #1 in #lobby bearbeitet und gesendet." in german
    assert "⚖️ Ana hat Antwort #1 bewertet: neu bewertet." in german


async def test_the_return_is_there_once_a_later_reply_has_a_reward(world: World) -> None:
    assert "Return" not in await page(world)
    world.script.scores.extend([0, 0])
    await world.say("dogs")
    await world.settle()
    assert "Return +0.35: what therapy gained in this reply" in await page(world)
    record = await read_session(world.stores, "lobby", 1)
    assert record is not None
    assert json.loads(as_json(record))["discounted_return"] == pytest.approx(0.35)


@pytest.mark.parametrize("language", ["de", "es", "fr", "pt"])
async def test_numbers_are_the_readers_all_over_the_page(world: World, language: str) -> None:
    trust = Trust(
        method="scripted", model="scripted", n=1240, auroc=0.93, recall=0.88, false_alarms=0.04,
        date=NOW.date(),
    )  # fmt: skip
    await keep_trust(world.stores.critic_trust, trust)
    world.script.scores.extend([0, 0])
    await world.say("dogs")
    await world.settle()
    await world.stores.calls.record(CALL)
    with reading(language):
        shown, thousands = await page(world), say_number(1234)
    for number in ("0,93", "1,23", "$0,01235", thousands):
        assert number in shown
    words = re.sub(r"<style>.*?</style>|<[^>]*>", " ", shown, flags=re.DOTALL)
    assert re.findall(r"\d\.\d{1,2}\b", words) == []
