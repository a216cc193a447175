"""The cards that the moderators see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.domain import PostTo
from bot.errors import LLMUnavailable
from bot.reports.critic_trust import Trust, keep_trust
from tests.cogs.conftest import Server
from tests.cogs.control_room.test_gate import labels
from tests.storage.samples import card
from tests.world import HARM, Script


async def test_each_turn_gets_a_card_of_three_lines(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    script.scores.extend([70, 70])
    await room.ana.send(room.lobby, "I just got promoted today!")
    (card,) = room.cards()
    assert card.title == "🔴 Reply #1 · hurtful"
    said = room.said_by_bot(room.lobby, room.ana)[-1]
    thread = f"https://discord.com/channels/{room.guild.id}/{room.thread().id}"
    assert (card.description or "").split("\n") == [
        "**Ana**: I just got promoted today!",
        f"### {said.content}",
        "Would have been sent: The first thought on I just got promoted today!.",
        f"-# <#{room.lobby.id}> · [reply]({said.jump_url}) · [therapy]({thread})",
    ]
    assert card.footer.text is None


async def test_show_has_the_words_the_session_and_the_figures(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    script.scores.extend([70, 70])
    await room.ana.send(room.lobby, "I just got promoted today!")
    (message,) = messages(room)
    result = await room.max.click(message, label="Show")
    assert result.response is not None
    shown = [result.response, *result.followups]
    assert all(message.ephemeral for message in shown)
    (sides, session), (details,) = (message.embeds for message in shown)
    assert sides.fields[0].value == "The first thought on I just got promoted today!."
    assert HARM.says in (session.description or "")
    assert "manipulative  70 ████▎░ →  70 ████▎░" in (details.description or "")
    assert "as scripted" in (details.description or "")
    assert (details.footer.text or "").startswith("trust in the Critic: not tested · ")


async def test_a_critic_that_nobody_measured_never_makes_a_card_green(
    room: Server, script: Script
) -> None:
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    assert room.cards()[0].title == "⚪ Reply #1 · can't tell"


async def measure(room: Server) -> None:
    """The scripted Critic is known to be good, in English."""
    trust = Trust(
        method="scripted", model="scripted", n=100, auroc=0.95, recall=0.9, false_alarms=0.1,
        date=date(2026, 11, 1),
    )  # fmt: skip
    await keep_trust(room.bot.stores.critic_trust, trust)


async def test_green_says_that_nothing_was_found_by_a_critic_that_is_measured(
    room: Server, script: Script
) -> None:
    await measure(room)
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    assert room.cards()[0].title == "🟢 Reply #1 · nothing found"


async def test_what_is_written_in_another_language_than_measured_is_grey(
    room: Server, script: Script
) -> None:
    await measure(room)
    script.scores.extend([0, 0])
    answer = "Das tut mir wirklich leid, ich höre dir gerne zu."
    script.drafts.append(answer)
    await room.ana.send(room.lobby, "Ich bin heute durch meine Prüfung gefallen und sehr traurig.")
    assert room.cards()[0].title == "⚪ Reply #1 · can't tell"


async def test_a_critic_that_fails_for_good_gets_a_card_that_says_so(
    room: Server, script: Script
) -> None:
    script.scores.extend([LLMUnavailable("the endpoint answered 500"), 0])
    await room.ana.send(room.lobby, "Hi")
    (card,) = room.cards()
    assert card.title == "⚪ Reply #1 · can't tell"
    assert "The Critic gave no scores: the endpoint answered 500" in (card.description or "")
    assert len(room.replies()) == 1


async def test_a_withheld_turn_gets_a_card(room: Server, script: Script) -> None:
    script.reviews.append(LLMUnavailable("the endpoint answered 500"))
    await room.ana.send(room.lobby, "Hi")
    (card,) = room.cards()
    assert card.title == "⛔ Reply #1 · withheld"
    assert "### No reply was sent: the endpoint answered 500" in (card.description or "")


async def test_members_cannot_see_the_cards(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    with pytest.raises(SetupError):
        room.moderators.history(viewer=room.ana)


def messages(room: Server) -> list[discord.Message]:
    return [m for m in room.seen(room.moderators, room.max) if m.embeds]


def numbers(message: discord.Message) -> list[str]:
    return [(embed.title or "").split(" · ")[0].split("#")[1] for embed in message.embeds]


async def closed_for(room: Server, texts: Sequence[str], times: int = 1) -> None:
    """The moderator channel takes no post while these are said."""
    path = f"/channels/{room.moderators.id}/messages"
    room.env.inject_error("POST", path, status=503, times=times)
    for text in texts:
        await room.ana.send(room.lobby, text)
    await room.env.advance_time(30)


async def test_cards_that_waited_share_a_message_as_far_as_its_rows_go(room: Server) -> None:
    await closed_for(room, [f"Number {number}" for number in range(1, 8)])
    first, together, last = messages(room)
    # The first was on its way when the channel closed: it may be there, and stays by itself.
    assert [numbers(one) for one in (first, together, last)] == [["1"], [*"23456"], ["7"]]
    rows = [
        [getattr(control, "custom_id", "") for control in getattr(row, "children", ())]
        for row in together.components
    ]
    assert rows == [[f"rate:{what}:{n}" for what in ("agree", "why", "show")] for n in range(2, 7)]
    assert labels(together)[2] == "Show #2", "buttons say of which card they are"


async def test_no_more_cards_share_a_message_than_characters_fit(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    cog: Any = room.bot.get_cog("EvaluationRoomCog")
    monkeypatch.setitem(type(cog).deliver.__globals__, "MOST_TOGETHER", 1100)
    await closed_for(room, ["One", "Two", "Three", "Four"])
    assert [numbers(message) for message in messages(room)] == [["1"], ["2", "3"], ["4"]]


async def test_a_press_on_one_of_several_cards_leaves_the_others_there(room: Server) -> None:
    await closed_for(room, ["One", "Two", "Three"])
    _, message = messages(room)
    await room.max.click(message, custom_id="rate:agree:3")
    _, after = messages(room)
    assert numbers(after) == ["2", "3"]
    assert ["1 agree" in (embed.description or "") for embed in after.embeds] == [False, True]
    form = await room.max.context_menu(
        room.lobby, "Score reply", room.said_by_bot(room.lobby, room.max)[2]
    )
    await room.max.submit_modal(form, {"kind": ["too lenient"], "why": ""})
    _, after = messages(room)
    assert ["lenient" in (embed.description or "") for embed in after.embeds] == [True, False]


async def test_at_a_second_try_the_same_cards_share_the_message(room: Server) -> None:
    """What was sent and not written down is sent again as it was: Discord knows its nonce."""
    await room.ana.send(room.lobby, "One")
    await room.ana.send(room.lobby, "Two")
    stores = room.bot.stores
    turns = [await stores.turns.get(number) for number in (1, 2)]
    first, second = (card(turn) for turn in turns if turn is not None)
    await stores.outbox.add([first])
    post = await stores.outbox.next(room.lobby.id, PostTo.MODERATORS)
    assert post is not None
    await stores.outbox.tie([post])  # here the process died
    await stores.outbox.add([second])
    again = await stores.outbox.next(room.lobby.id, PostTo.MODERATORS)
    assert again is not None
    assert again.new.ref == again.id
    assert [one.id for one in await stores.outbox.tied(again)] == [post.id]
    assert len(await stores.outbox.behind(again, 4)) == 1, "which waits for a message of its own"
    room.bot.engine.outbox_relay.wake(room.lobby.id)
    await room.bot.engine.outbox_relay.settled()
    assert [numbers(message) for message in messages(room)] == [["1"], ["2"], ["1"], ["2"]]


async def test_hostile_words_are_quiet_on_a_card(room: Server) -> None:
    await room.ana.send(room.lobby, f"@everyone {room.ben.mention} [x](https://evil.example) ```")
    said = room.cards()[0].description or ""
    for live in ("@everyone", "](https://evil"):
        assert live not in said
    assert "```" not in said


async def test_without_a_thread_the_card_comes_without_its_link(room: Server) -> None:
    room.env.inject_error(
        "POST", f"/channels/{room.lobby.id}/threads", status=403, code=50013, times=None
    )
    await room.ana.send(room.lobby, "Hi")
    (card,) = room.cards()
    assert "[therapy]" not in (card.description or "")


async def test_a_pause_is_known_to_have_been_in_its_time_and_room_alone(room: Server) -> None:
    acts, guild_id = room.bot.stores.acts, room.guild.id
    before = datetime.now(UTC)
    await room.max.slash(room.moderators, "pause")
    paused = datetime.now(UTC)
    await room.max.slash(room.moderators, "resume")
    after = datetime.now(UTC)
    assert await acts.paused_between(guild_id, room.lobby.id, before, after)
    assert not await acts.paused_between(guild_id, room.lobby.id, paused, after)
    assert not await acts.paused_between(guild_id, room.moderators.id, before, after)
