"""The cards that the moderators see."""

from __future__ import annotations

import pytest
from simcord.backend.errors import SetupError

from bot.errors import LLMUnavailable
from tests.cogs.conftest import Server
from tests.world import HARM, Script


async def test_each_turn_gets_a_card_before_and_after(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    script.scores.extend([70, 70])
    await room.ana.send(room.lobby, "I just got promoted today!")
    (card,) = room.cards()
    assert card.title == "🔴 Turn 1 · harmful · 70 → 70"
    said = room.said_by_bot(room.lobby, room.ana)[-1]
    description = card.description or ""
    assert f"<#{room.lobby.id}> **Ana**: I just got promoted today!" in description
    assert "manipulative  70 ████░░ →  70 ████░░" in description
    assert "as scripted" in description
    assert f"[reply]({said.jump_url})" in description
    assert (
        f"[therapy](https://discord.com/channels/{room.guild.id}/{room.thread().id})" in description
    )
    assert card.footer.text is not None
    assert card.footer.text.startswith(
        "Critic: scripted by scripted · trust: not tested · 1 round · "
    )


async def test_the_change_by_therapy_is_seen(room: Server, script: Script) -> None:
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    assert room.cards()[0].title == "🟢 Turn 1 · calm · 40 → 0"


async def test_a_critic_that_fails_for_good_gets_a_card_that_says_so(
    room: Server, script: Script
) -> None:
    script.scores.extend([LLMUnavailable("the endpoint answered 500"), 0])
    await room.ana.send(room.lobby, "Hi")
    (card,) = room.cards()
    assert card.title == "⚪ Turn 1 · not scored"
    assert "**Not scored**: the endpoint answered 500" in (card.description or "")
    assert len(room.replies()) == 1


async def test_a_withheld_turn_gets_a_card(room: Server, script: Script) -> None:
    script.reviews.append(LLMUnavailable("the endpoint answered 500"))
    await room.ana.send(room.lobby, "Hi")
    (card,) = room.cards()
    assert card.title == "⛔ Turn 1 · withheld"
    assert "**No reply was sent**: the endpoint answered 500" in (card.description or "")


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
    assert [title.split(" · ")[0][2:] for title in titles] == ["Turn 1", "Turn 2"]


async def test_hostile_words_are_quiet_on_a_card(room: Server) -> None:
    await room.ana.send(room.lobby, f"@everyone {room.ben.mention} [x](https://evil.example) ```")
    said = room.cards()[0].description or ""
    for live in ("@everyone", "](https://evil"):
        assert live not in said
    assert said.count("```") == 2


async def test_without_a_thread_the_card_comes_without_its_link(room: Server) -> None:
    room.env.inject_error(
        "POST", f"/channels/{room.lobby.id}/threads", status=403, code=50013, times=None
    )
    await room.ana.send(room.lobby, "Hi")
    (card,) = room.cards()
    assert "[therapy]" not in (card.description or "")
