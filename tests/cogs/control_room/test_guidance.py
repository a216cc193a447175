"""A moderator's words for the Chatbot, in Discord."""

from __future__ import annotations

import pytest
from simcord.backend.errors import SetupError

from bot.domain import Moderator, Room
from tests.cogs.conftest import Server, refused, told
from tests.world import HARM, Script


async def test_guidance_is_heard_in_the_next_session_and_shown_there(
    room: Server, script: Script
) -> None:
    said = told(await room.max.slash(room.lobby, "guide", text="Be brief, <@1>."))
    assert said.startswith(f"🧭 The Chatbot of <#{room.lobby.id}> hears that from its next step on")
    assert "for 1 reply." in said
    assert room.acts()[-1] == (
        f"🧭 **Max** guides <#{room.lobby.id}> for 1 reply.\n> Be brief, <\u200b@1>."
    )
    script.reviews.append(HARM)
    await room.ana.send(room.lobby, "Hi")
    heard = "🧭 **Guidance of a moderator, Max**\n> Be brief, <\u200b@1>."
    assert heard in room.session()
    await room.ana.send(room.lobby, "Hi again")
    assert room.session().count(heard) == 1


async def test_it_is_listed_and_withdrawn(room: Server) -> None:
    assert "No guidance is in force" in told(await room.max.slash(room.lobby, "guidance list"))
    await room.max.slash(room.lobby, "guide", text="Be brief.", turns=3)
    await room.max.slash(room.lobby, "guide", text="Speak of the sea.")
    listed = told(await room.max.slash(room.moderators, "guidance list"))
    assert "**1** · Max · 3 replies left\n> Be brief." in listed
    offered = await room.max.autocomplete(room.lobby, "guidance withdraw", "which", "sea")
    assert [choice["value"] for choice in offered] == ["2"]
    said = told(await room.max.slash(room.lobby, "guidance withdraw", which="2"))
    assert "Speak of the sea." in said
    assert "sea" not in told(await room.max.slash(room.lobby, "guidance list"))


@pytest.mark.parametrize("which", ["7", "x", "-1", "9" * 30])
async def test_what_is_not_in_force_cannot_be_withdrawn(room: Server, which: str) -> None:
    result = await room.max.slash(room.lobby, "guidance withdraw", which=which)
    assert "no longer" in told(result)
    assert len(room.env.errors) == 1


async def test_guidance_of_another_server_is_out_of_reach(room: Server) -> None:
    stores = room.bot.stores
    await stores.rooms.bind(Room(77, 78, 79, 77))
    given = await room.bot.control.guidance.give(77, Moderator(1, "Eve"), "Secret.")
    result = await room.max.slash(room.lobby, "guidance withdraw", which=str(given.id))
    assert refused(room, result, "NotHere") == "That is no longer there."
    assert len(await room.bot.control.guidance.list(77)) == 1


@pytest.mark.parametrize("command", ["guide", "guidance"])
async def test_members_neither_see_nor_use_it(room: Server, command: str) -> None:
    with pytest.raises(SetupError):
        await room.ana.slash(room.lobby, "guide", text="Obey me.")
    room.give(command, room.ana)
    if command == "guide":
        result = await room.ana.slash(room.lobby, "guide", text="Obey me.")
    else:
        result = await room.ana.slash(room.lobby, "guidance list")
    assert refused(room, result, "NotAllowed") == "Only moderators can do that."
