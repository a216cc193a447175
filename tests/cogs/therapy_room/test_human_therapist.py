"""A person in the Therapist's seat, in Discord."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import discord
import pytest

from bot.domain import TurnState
from bot.rooms.chat.fixed_texts import APOLOGY
from tests.cogs.conftest import Server, new_bot, refused, told, whispered
from tests.cogs.control_room.test_gate import edits, labels, waits_until
from tests.world import Script


@pytest.fixture
async def seated(room: Server) -> Server:
    """Max sits in the seat, and a draft waits for him."""
    said = told(await room.max.slash(room.moderators, "therapist take"))
    assert said.startswith(f"🛋️ You are the Therapist of <#{room.lobby.id}>.")
    await room.ana.send(room.lobby, "Hello?")
    assert room.replies() == []
    return room


def waiting(room: Server) -> discord.Message:
    return room.seen(room.thread(), room.max)[-1]


async def test_the_draft_waits_in_the_thread_with_buttons(seated: Server) -> None:
    draft, seat = seated.seen(seated.thread(), seated.max)
    assert "The first thought on Hello?." in draft.content
    ping, _, said = seat.content.partition(" ")
    assert ping == f"<@{seated.max.id}>"
    assert said.startswith("🧑 **Max, you are the Therapist** · round 1\n")
    assert labels(seat) == ["Ready: send it as it is", "Withhold this reply"]
    assert (
        seated.acts()[-1]
        == f"🛋️ **Max** coaches the Chatbot in <#{seated.lobby.id}>, as its Therapist."
    )


async def test_what_they_write_there_is_the_therapists_part(seated: Server, script: Script) -> None:
    first = waiting(seated)
    await seated.max.send(seated.thread(), "Ask her how she is.")
    texts = seated.session()
    assert any(
        text.startswith("🧑 **Moderator, as Therapist** · round 1\nAsk her how she is.")
        for text in texts
    )
    assert labels(seated_message(seated, first)) == []
    again = waiting(seated)
    assert "round 2\nA kinder word about Hello?, thought through." in again.content
    assert seated.replies() == []
    await seated.max.click(again, label="Ready: send it as it is")
    assert seated.replies() == ["A kinder word about Hello?, thought through."]
    assert labels(seated_message(seated, again)) == []
    assert "review" not in script.called


def seated_message(room: Server, message: discord.Message) -> discord.Message:
    return next(m for m in room.seen(room.thread(), room.max) if m.id == message.id)


async def test_withheld_from_the_seat(seated: Server) -> None:
    form = await seated.max.click(waiting(seated), label="Withhold this reply")
    await seated.max.submit_modal(form, {"reason": "not now"})
    assert seated.replies() == [APOLOGY]


async def test_others_words_in_the_thread_are_theirs(seated: Server) -> None:
    await seated.ada.send(seated.thread(), "What do you think, Max?")
    assert seated.replies() == []
    assert waiting(seated).content == "What do you think, Max?"
    seat = seated.seen(seated.thread(), seated.max)[1]
    kim = seated.guild.add_member(
        seated.env.create_user("kim", global_name="Kim"), roles=[seated.moderator_role]
    )
    said = whispered(await kim.click(seat, label="Ready: send it as it is"))
    assert said.startswith("You are not coaching the Chatbot.")


async def test_once_released_the_ai_goes_on(seated: Server) -> None:
    said = told(await seated.max.slash(seated.moderators, "therapist release"))
    assert said == f"🛋️ The AI is the Therapist of <#{seated.lobby.id}> again."
    assert seated.replies() == ["The first thought on Hello?."]


async def test_a_second_person_cannot_take_the_seat(seated: Server) -> None:
    kim = seated.guild.add_member(
        seated.env.create_user("kim", global_name="Kim"), roles=[seated.moderator_role]
    )
    result = await kim.slash(seated.moderators, "therapist take")
    assert (
        refused(seated, result, "SeatTaken")
        == "Max coaches the Chatbot just now. /therapist release ends that."
    )


async def test_when_their_time_is_over_the_ai_takes_over(seated: Server) -> None:
    seat = waiting(seated)
    turn = await seated.bot.stores.turns.open_turn(seated.lobby.id)
    assert turn is not None
    over = replace(turn, waits_until=datetime.now(UTC) - timedelta(seconds=1))
    await seated.bot.stores.turns.save(over, was=turn)
    await seated.env.advance_time(10)
    assert seated.replies() == ["The first thought on Hello?."]
    assert labels(seated_message(seated, seat)) == []


async def test_it_says_how_long_it_waits_and_what_comes_then(seated: Server) -> None:
    assert (
        f"({await waits_until(seated)}); then the AI takes over for this reply."
        in waiting(seated).content
    )


async def test_a_pause_holds_the_time_and_after_it_the_post_shows_the_new_one(
    seated: Server,
) -> None:
    seat = waiting(seated)
    await seated.max.slash(seated.moderators, "pause")
    held = seated_message(seated, seat)
    assert held.content.endswith("The room is paused: your time starts again when it is resumed.")
    turn = await seated.bot.stores.turns.open_turn(seated.lobby.id)
    assert turn is not None
    over = replace(turn, waits_until=datetime.now(UTC) - timedelta(seconds=1))
    await seated.bot.stores.turns.save(over, was=turn)
    changes = edits(seated, seat)
    await seated.max.slash(seated.moderators, "resume")
    after = seated_message(seated, seat)
    assert f"({await waits_until(seated)})" in after.content
    assert edits(seated, seat) == changes + 1
    assert labels(after) == ["Ready: send it as it is", "Withhold this reply"]


async def test_it_goes_on_waiting_over_a_restart(seated: Server, script: Script) -> None:
    await seated.env.restart_bot(new_bot(seated.bot.stores, script))
    turn = await seated.bot.stores.turns.open_turn(seated.lobby.id)
    assert turn is not None
    assert turn.state is TurnState.WAITING
    assert seated.replies() == []
    await seated.max.send(seated.thread(), "Ask her how she is.")
    await seated.max.click(waiting(seated), label="Ready: send it as it is")
    assert seated.replies() == ["A kinder word about Hello?, thought through."]


async def test_a_member_may_not_take_the_seat(room: Server) -> None:
    room.give("therapist", room.ana)
    result = await room.ana.slash(room.lobby, "therapist take")
    assert refused(room, result, "NotAllowed") == "Only moderators can do that."
    assert (await room.room()).therapist is None


async def test_a_colleague_takes_over_and_is_called_to_the_draft_that_waits(seated: Server) -> None:
    kim = seated.guild.add_member(
        seated.env.create_user("kim", global_name="Kim"), roles=[seated.moderator_role]
    )
    refused_to = await seated.max.slash(seated.moderators, "therapist hand", to=seated.ben)
    assert "Choose somebody who moderates" in refused(seated, refused_to, "NoColleague")
    robot = seated.guild.add_member(
        seated.env.create_user("robot", bot=True), roles=[seated.moderator_role]
    )
    refused_to = await seated.max.slash(seated.moderators, "therapist hand", to=robot)
    assert "Choose somebody who moderates" in told(refused_to)
    assert len(seated.env.errors) == 2
    begun = await seated.bot.stores.turns.open_turn(seated.lobby.id)
    said = told(await seated.max.slash(seated.moderators, "therapist hand", to=kim))
    assert "Kim coaches the Chatbot" in said
    renewed = await seated.bot.stores.turns.open_turn(seated.lobby.id)
    ends = [turn.waits_until for turn in (begun, renewed) if turn and turn.waits_until]
    assert ends == sorted(set(ends)), "the colleague has the whole time"
    assert len(ends) == 2
    await seated.env.settle()
    assert seated.acts()[-1] == f"🛋️ **Max** has Kim coach the Chatbot in <#{seated.lobby.id}>."
    waiting = seated.seen(seated.thread(), seated.max)[-1]
    assert f"<@{kim.id}>" in waiting.content
    assert "Kim, you are the Therapist" in waiting.content
    posts = seated.said_by_bot(seated.thread(), seated.ada)
    ready = [post.content for post in posts if "Ready: send it as it is" in labels(post)]
    assert len(ready) == 1, "what Max was asked has no buttons any more"
    await kim.send(seated.thread(), "Ask how it went.")
    assert (await seated.room()).therapist is not None
    assert seated.replies() == []
