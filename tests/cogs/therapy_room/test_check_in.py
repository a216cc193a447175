"""A check-in as a moderator gives it, and where its answer is read."""

from __future__ import annotations

from datetime import UTC, datetime

import discord
import pytest
from simcord.results import InteractionResult

from bot.domain import Moderator
from bot.domain.moderation import DEFAULT_CHECK_IN, CheckIn
from cogs.therapy_room.check_in import render_check_in
from tests.cogs.conftest import Server, told
from tests.world import HARM, HARM_AND_SEE, Script

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASKED = CheckIn(3, 5, Moderator(5, "Max"), "All well?", NOON, 1, "I am @everyone fine.", NOON)


def whispers(result: InteractionResult) -> list[str]:
    """All that the moderator was answered, and nobody else can see."""
    found = [*([result.response] if result.response else []), *result.followups]
    assert all(one.ephemeral for one in found)
    return [one.content for one in found]


async def test_its_answer_is_in_the_thread_and_with_who_asked(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    given = await room.max.slash(room.lobby, "checkin", question="Is it too much?")
    assert "in its next session" in whispers(given)[0]
    assert room.acts()[-1] == (
        f"💬 **Max** checks in on the Chatbot in <#{room.lobby.id}>.\n> Is it too much?"
    )
    await room.ana.send(room.lobby, "You never listen.")
    answer = (
        "💬 **Check-in of a moderator, Max**\n> Is it too much?\n"
        "🤖 **Chatbot**\nI answer: Is it too much?"
    )
    assert answer in room.session()
    assert whispers(given)[1:] == [answer]
    assert len(room.replies()) == 1, "members see nothing of it"


async def test_the_button_of_a_draft_asks_in_the_running_session(
    room: Server, script: Script
) -> None:
    script.reviews.extend([HARM_AND_SEE, HARM])
    await room.max.slash(room.lobby, "therapist take")
    await room.ana.send(room.lobby, "You never listen.")
    draft = next(m for m in room.thread().history(viewer=room.max) if "Draft" in m.content)
    pressed = await room.max.click(draft, label="How does it feel?")
    await room.env.settle()
    first, answer = whispers(pressed)
    assert "before the next step of its session" in first
    assert f"> {DEFAULT_CHECK_IN}" in answer
    assert "You asked: " in answer, "where it waits for a person, it is asked at once"


async def test_a_session_that_is_over_is_not_asked(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    draft = next(m for m in room.thread().history(viewer=room.max) if "Draft" in m.content)
    said = told(await room.max.click(draft, label="How does it feel?"))
    assert said == "That session is over. `/query` asks about the latest."


async def test_a_second_one_waits_for_the_first(room: Server) -> None:
    await room.max.slash(room.lobby, "checkin")
    assert "Another check-in waits" in told(await room.max.slash(room.lobby, "checkin"))
    assert len(room.env.errors) == 1


async def test_one_whose_command_is_too_old_is_answered_in_the_thread_alone(
    room: Server, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.reviews.append(HARM)
    given = await room.max.slash(room.lobby, "checkin")
    monkeypatch.setattr(discord.Interaction, "is_expired", lambda _: True)
    await room.ana.send(room.lobby, "You never listen.")
    assert len(whispers(given)) == 1
    assert any("Check-in of a moderator" in text for text in room.session())


def test_what_is_shown_pings_nobody_and_a_missing_answer_is_told() -> None:
    (shown,) = render_check_in(ASKED)
    assert "@everyone" not in shown
    silent = CheckIn(3, 5, Moderator(5, "Max"), "", NOON, 1, "", NOON)
    assert render_check_in(silent)[0].endswith("(no answer came)")
