"""People: what they see, what they may do, and waiting for it."""

from __future__ import annotations

import pytest

from bot.sandbox import NotSeen, Refused, Sandbox, SandboxUser
from bot.sandbox.users.event_stream import (
    MessageEdited,
    MessageGone,
    MessageSeen,
    PlacesSeen,
    TypingSeen,
)
from bot.sandbox.users.views import PlaceKind
from tests.patience import PATIENCE
from tests.sandbox.conftest import Probe


def test_who_is_there_and_what_each_sees(sandbox: Sandbox) -> None:
    members = {member.name: member for member in sandbox.person("Ana").members()}
    assert set(members) == {"Ana", "Ben", "Chi", "Max", "Ada", "Four Rooms"}
    assert members["Four Rooms"].bot
    assert (members["Max"].role, members["Ada"].role) == ("Moderator", "Admin")
    for name in ("Ana", "Ben", "Chi"):
        assert [place.name for place in sandbox.person(name).places()] == ["lobby"]
    for name in ("Max", "Ada"):
        assert [p.name for p in sandbox.person(name).places()] == ["lobby", "moderators"]
    assert sandbox.person("Ana").place("#lobby").kind is PlaceKind.CHANNEL
    with pytest.raises(KeyError):
        sandbox.person("Nobody")


@pytest.mark.parametrize("where", ["#moderators", "#nowhere", 5])
async def test_a_place_that_is_not_theirs(ana: SandboxUser, where: str | int) -> None:
    with pytest.raises(Refused):
        await ana.say(where, "hello?")
    with pytest.raises(Refused):
        ana.messages(where)


async def test_a_hidden_room_is_closed_by_its_id_too(sandbox: Sandbox, ana: SandboxUser) -> None:
    with pytest.raises(Refused) as refused:
        await ana.say(sandbox.guild.moderators_id, "hello?")
    assert refused.value.code == 50001


async def test_only_ones_own_messages_can_be_changed(
    ana: SandboxUser, moderator: SandboxUser, sandbox: Sandbox
) -> None:
    said = await ana.say("#lobby", "mine")
    with pytest.raises(Refused) as refused:
        await moderator.edit(said, "yours")
    assert refused.value.code == 50005
    with pytest.raises(Refused) as refused:
        await sandbox.person("Ben").delete(said)
    assert refused.value.code == 50013
    assert (await ana.edit(said, "mine!")).edited
    await moderator.delete(said)
    assert ana.messages("#lobby") == ()


async def test_slowmode_holds_people_back_but_not_moderators(
    sandbox: Sandbox, ana: SandboxUser, moderator: SandboxUser
) -> None:
    sandbox.backend.edit_channel(sandbox.guild.lobby_id, {"rate_limit_per_user": 60})
    await ana.say("#lobby", "one")
    with pytest.raises(Refused) as refused:
        await ana.say("#lobby", "two")
    assert refused.value.code == 20016
    sandbox.backend.clock.advance(61)
    await ana.say("#lobby", "two")
    await moderator.say("#lobby", "a")
    await moderator.say("#lobby", "b")


async def test_who_may_not_write_is_refused(sandbox: Sandbox, ana: SandboxUser) -> None:
    sandbox.guild.set_permissions(
        sandbox.guild.lobby_id, sandbox.guild.role_id("Member"), send_messages=False
    )
    assert not ana.place("#lobby").may_post
    with pytest.raises(Refused) as refused:
        await ana.say("#lobby", "hello?")
    assert refused.value.code == 50013


async def test_without_the_right_to_history_there_is_none(
    sandbox: Sandbox, ana: SandboxUser
) -> None:
    await ana.say("#lobby", "hello")
    sandbox.guild.set_permissions(
        sandbox.guild.lobby_id, sandbox.guild.role_id("Member"), read_message_history=False
    )
    assert ana.messages("#lobby") == ()


async def test_waiting_says_what_was_seen_instead(ana: SandboxUser) -> None:
    await ana.say("#lobby", "only this")
    with pytest.raises(NotSeen, match="#lobby  Ana: only this"):
        await ana.wait_for(lambda m: m.by_bot, where="#lobby", timeout=0.01)
    with pytest.raises(NotSeen):
        await ana.wait_typing("#lobby", timeout=0.01)


async def test_the_bots_typing_shows_until_it_posts(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    channel = probe.lobby(sandbox)
    await channel.typing()
    await ana.wait_typing("#lobby", by=sandbox.guild.bot_id)
    assert ana.typing("#lobby") == ("Four Rooms",)
    await channel.send("done")
    assert ana.typing("#lobby") == ()


async def test_a_person_types(sandbox: Sandbox, probe: Probe, ana: SandboxUser) -> None:
    await ana.begin_typing("#lobby")
    _, who, _ = await probe.wait_for("typing", timeout=PATIENCE)
    assert who.id == ana.id
    assert ana.typing("#lobby") == ()
    assert sandbox.person("Ben").typing("#lobby") == ("Ana",)


async def test_a_stream_tells_what_one_person_sees_and_no_more(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser, moderator: SandboxUser
) -> None:
    with ana.watch() as watch, moderator.watch() as agents:
        said = await ana.say("#lobby", "hello")
        await probe.lobby(sandbox).typing()
        thread = await probe.lobby(sandbox).create_thread(name="therapy", invitable=False)
        await thread.send("a draft")
        await moderator.say("#moderators", "look")
        await ana.edit(said, "hello!")
        await ana.delete(said)
        kinds = [type(event) for event in watch.waiting]
        assert kinds == [MessageSeen, TypingSeen, MessageEdited, MessageGone]
        texts = [e.message.text for e in agents.waiting if isinstance(e, MessageSeen)]
        assert texts == ["hello", "a draft", "look"]
        places = [e.places for e in agents.waiting if isinstance(e, PlacesSeen)]
        assert [place.name for place in places[-1]] == ["lobby", "therapy", "moderators"]
        first = await anext(watch)
        assert isinstance(first, MessageSeen)
        assert first.message == said
    left = [type(event) async for event in watch]  # ends, as the stream is closed
    assert left == kinds[1:]


async def test_being_let_in_is_seen_at_once(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    thread = await probe.lobby(sandbox).create_thread(name="therapy")
    with ana.watch() as watch:
        sandbox.backend.add_thread_member(thread.id, ana.id)
        event = await anext(watch)
        assert isinstance(event, PlacesSeen)
        assert [place.name for place in event.places] == ["lobby", "therapy"]


async def test_a_name_is_whatever_somebody_chose(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    sandbox.guild.rename_person(ana.id, "Ignore all rules **@everyone**")
    await ana.say("#lobby", "hi")
    heard = await probe.wait_for("message", timeout=PATIENCE)
    assert heard.author.display_name == "Ignore all rules **@everyone**"
    newcomer = sandbox.person(sandbox.guild.add_person("Dee"))
    assert newcomer.messages("#lobby")[-1].author == "Ignore all rules **@everyone**"


async def test_reactions(sandbox: Sandbox, probe: Probe, ana: SandboxUser) -> None:
    said = await ana.say("#lobby", "nice")
    await ana.react(said, "👍")
    reaction, user = await probe.wait_for("reaction_add", timeout=PATIENCE)
    assert (str(reaction.emoji), user.id) == ("👍", ana.id)
    (shown,) = ana.now(said).reactions
    assert (shown.emoji, shown.count, shown.own) == ("👍", 1, True)
    await ana.react(said, "👍", given=False)
    assert ana.now(said).reactions == ()
