"""The cards that the moderators see."""

from __future__ import annotations

from datetime import date

import pytest
from simcord.backend.errors import SetupError

from bot.errors import LLMUnavailable
from bot.reports.critic_trust import Trust, keep_trust
from tests.cogs.conftest import Server
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
    (message,) = [m for m in room.seen(room.moderators, room.max) if m.embeds]
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


async def test_a_card_waits_until_the_channel_takes_it(room: Server) -> None:
    path = f"/channels/{room.moderators.id}/messages"
    room.env.inject_error("POST", path, status=503)
    await room.ana.send(room.lobby, "One")
    await room.ana.send(room.lobby, "Two")
    await room.env.advance_time(30)
    titles = [card.title or "" for card in room.cards()]
    assert [title.split(" · ")[0][2:] for title in titles] == ["Reply #1", "Reply #2"]


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
