"""Somebody whose Discord is German does everything once: nothing English of ours comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import discord
import pytest
from discord import app_commands

from bot.domain import Agent, NewPost, PostKind, PostTo, Review
from bot.domain.limits import Amount, Charge, Limit, Scope, Subject
from bot.errors import FourRoomsError, LLMRefused, LLMUnavailable
from bot.llm.health import EndpointHealth
from bot.reasons import because
from bot.rooms.control.endpoint_notices import away_text, back_text
from bot.rooms.limits.limit_notices import step_notice
from tests.cogs.conftest import Server
from tests.cogs.shared.english import english_in, latest_message, texts_of_messages, texts_of_result
from tests.cogs.shared.test_languages import speak
from tests.cogs.shared.test_who_may import Town, build_town, tries
from tests.cogs.shared.who_may import Person
from tests.world import Script

GERMAN = discord.Locale.german
NAMES = {"narcissistic", "(high is good)"}
"""Names of personas, and what an admin types in every language."""
TO_MEND = Review(user_feels="", user_needs="", says="Hm.", something_left=True)


async def go_wrong(server: Server, script: Script) -> None:
    """Let everything happen for which the program stores a reason."""
    stores, pauses = server.bot.stores, server.bot.control.pauses
    away = because("{address} did not answer in time.", address="http://models/v1")
    script.drafts.append(LLMUnavailable(away))
    await server.ana.send(server.lobby, "Na?")
    script.reviews.append(TO_MEND)
    script.responses.extend(["My Therapist told me so in our session."] * 2)
    await server.ana.send(server.lobby, "Und?")
    script.scores.append(LLMRefused(because("{model} declined to answer.", model="m")))
    await server.ana.send(server.lobby, "Also?")
    await server.env.settle()
    await pauses.stop_by_rule(server.lobby.id, because("a permission is missing: {why}", why="x"))
    health = EndpointHealth("http://models/v1", (Agent.CRITIC,), datetime.now(UTC), 5, away)
    limit = Charge(Subject(Scope.ROOM, server.lobby.id), Limit(calls=10))
    notices = [
        *(away_text(one, 2) for one in (health, replace(health, is_fallback=True))),
        back_text(health, 300),
        *(step_notice(limit, Amount(calls, 0), step) for calls, step in ((8, 80), (10, 100))),
    ]
    await stores.outbox.add(
        [
            NewPost(server.lobby.id, PostTo.MODERATORS, PostKind.NOTICE, text=notice)
            for notice in notices
        ]
    )
    await server.env.settle()


async def do_everything(town: Town) -> dict[str, set[str]]:
    """Do everything once; return what was English, by what was done."""
    env, found = town.server.env, {}
    for _, what, attempt in tries(town):
        before = latest_message(env)
        result = await attempt()
        shown = [*texts_of_result(result), *texts_of_messages(env, before)]
        shown += [
            (await file.read()).decode()
            for message in [result.response, *result.followups]
            if message is not None
            for file in message.attachments
            if file.filename.endswith(".html")
        ]
        english = {source for text in shown for source in english_in(text, "de")}
        if english - NAMES:
            found[what] = english - NAMES
    return found


@pytest.mark.parametrize("person", [Person.ALL, Person.ADMIN])
async def test_nothing_english_comes_back(
    server: Server, script: Script, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await build_town(server, person)
    guild = server.bot.get_guild(server.guild.id)
    assert guild is not None
    guild.preferred_locale = GERMAN
    speak(monkeypatch, GERMAN)
    await go_wrong(server, script)
    assert await do_everything(town) == {}
    causes = [getattr(error, "original", error) for error in server.env.errors]
    expected = FourRoomsError | app_commands.CheckFailure | app_commands.TransformerError
    assert all(isinstance(cause, expected) for cause in causes), causes


def test_what_is_english_is_found() -> None:
    assert english_in("Approve", "de") == {"Approve"}
    assert english_in("Freigeben", "de") == set()
    away = away_text(EndpointHealth("http://m/v1", (Agent.CRITIC,), None, 5, "?"), 2)
    assert "{count} messages wait here; whoever cannot be answered in time gets an apology." in (
        english_in(away, "de")
    )
