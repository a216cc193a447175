"""A person reads what is theirs alone in their language, and a channel in the server's."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from tests.cogs.conftest import Server, told
from tests.cogs.conftest import refused as refused_with


def speak(monkeypatch: pytest.MonkeyPatch, locale: discord.Locale) -> None:
    """Has every person's Discord be in that language from now on."""
    original = discord.Interaction._from_data

    def from_data(self: Any, data: Any) -> None:
        changed: Any = {**data, "locale": locale.value}
        original(self, changed)

    monkeypatch.setattr(discord.Interaction, "_from_data", from_data)


async def test_who_asks_has_their_language_and_the_channel_the_servers(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    guild = room.bot.get_guild(room.guild.id)
    assert guild is not None
    guild.preferred_locale = discord.Locale.french
    await room.ana.send(room.lobby, "My cat sleeps.")
    await room.env.settle()
    assert "Réponse #1" in str(room.cards()[-1].title)
    speak(monkeypatch, discord.Locale.german)
    paused = await room.max.slash(room.moderators, "pause")
    assert "ist pausiert" in told(paused)
    assert f"a mis <#{room.lobby.id}> en pause jusqu'à ce que" in room.acts()[-1]
    (card,) = [one for one in room.seen(room.moderators, room.max) if one.embeds]
    await room.max.click(card, custom_id="rate:agree:1")
    await room.env.settle()
    assert "1 d'accord" in str(room.cards()[-1].description), "all moderators read the card"
    room.give("pause", room.ana)
    refused = await room.ana.slash(room.lobby, "pause")
    assert refused_with(room, refused, "NotAllowed") == "Das können nur Moderatoren."


async def test_who_speaks_another_language_reads_english(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, discord.Locale.japanese)
    assert "is paused" in told(await room.max.slash(room.moderators, "pause"))
