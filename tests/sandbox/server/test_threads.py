"""Threads: who sees a private one, and what archiving and locking do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
import pytest

from bot.sandbox import BOT_PERMISSIONS, Refused, Sandbox, SandboxUser
from bot.sandbox.server.threads import NewThread
from tests.patience import PATIENCE
from tests.sandbox.conftest import Connect, Probe

WITHOUT_MANAGING = BOT_PERMISSIONS & ~discord.Permissions(manage_threads=True)


@pytest.fixture
async def thread(sandbox: Sandbox, probe: Probe) -> discord.Thread:
    """A private thread of the bot's under the lobby."""
    return await probe.lobby(sandbox).create_thread(name="therapy", invitable=False)


async def test_a_private_thread_is_seen_by_moderators_only(
    sandbox: Sandbox,
    thread: discord.Thread,
    ana: SandboxUser,
    moderator: SandboxUser,
    admin: SandboxUser,
) -> None:
    await thread.send("a draft")
    for person in (moderator, admin):
        assert [place.name for place in person.threads("#lobby")] == ["therapy"]
        assert [m.text for m in person.messages(thread.id)] == ["a draft"]
    assert ana.threads("#lobby") == ()
    for act in (
        lambda: ana.messages(thread.id),
        lambda: ana.message(thread.id, thread.id),
        lambda: ana.place("therapy"),
    ):
        with pytest.raises(Refused):
            act()
    with pytest.raises(Refused) as refused:
        await ana.say(thread.id, "let me in")
    assert refused.value.code == 50001


async def test_a_private_thread_leaves_no_trace_in_its_channel(
    thread: discord.Thread, ana: SandboxUser
) -> None:
    assert ana.messages("#lobby") == ()
    assert thread.type is discord.ChannelType.private_thread
    assert not thread.invitable


async def test_the_bot_does_not_hear_of_private_threads_that_are_not_its_own(
    sandbox: Sandbox, probe: Probe, moderator: SandboxUser
) -> None:
    sandbox.guild.set_bot_permissions(WITHOUT_MANAGING)
    lobby = sandbox.guild.lobby_id
    other = sandbox.backend.open_thread(lobby, moderator.id, NewThread("staff", private=True))
    await moderator.say(other.id, "between us")
    await moderator.say("#lobby", "to all")
    heard = await probe.wait_for("message", timeout=PATIENCE)
    assert heard.content == "to all"
    assert "THREAD_CREATE" not in probe.told

    sandbox.backend.add_thread_member(other.id, sandbox.guild.bot_id)
    joined = await probe.wait_for("thread_join", timeout=PATIENCE)
    assert joined.id == other.id
    await moderator.say(other.id, "welcome")
    assert (await probe.wait_for("message", timeout=PATIENCE)).content == "welcome"
    sandbox.backend.remove_thread_member(other.id, sandbox.guild.bot_id)
    assert (await probe.wait_for("thread_remove", timeout=PATIENCE)).id == other.id


async def test_a_post_wakes_an_archived_thread(
    sandbox: Sandbox, thread: discord.Thread, moderator: SandboxUser
) -> None:
    archived = await thread.edit(archived=True)
    assert archived.archived
    with pytest.raises(discord.HTTPException) as refused:
        await thread.edit(name="other")
    assert refused.value.code == 50083
    await thread.send("one more")
    assert not moderator.place(thread.id).archived


async def test_an_archived_thread_is_not_told_at_connect(
    sandbox: Sandbox, thread: discord.Thread, connect: Connect
) -> None:
    later = await connect()
    assert [t.id for t in later.guilds[0].threads] == [thread.id]
    await thread.edit(archived=True)
    assert list((await connect()).guilds[0].threads) == []


async def test_locking_needs_manage_threads(
    sandbox: Sandbox, thread: discord.Thread, moderator: SandboxUser
) -> None:
    sandbox.guild.set_bot_permissions(WITHOUT_MANAGING)
    with pytest.raises(discord.Forbidden):
        await thread.edit(locked=True)
    sandbox.guild.set_bot_permissions(BOT_PERMISSIONS)
    await thread.edit(locked=True, archived=True)
    sandbox.guild.set_bot_permissions(WITHOUT_MANAGING)
    with pytest.raises(discord.Forbidden) as refused:
        await thread.send("too late")
    assert refused.value.code == 160005
    await moderator.say(thread.id, "a moderator still may")
    assert not moderator.place(thread.id).archived


async def test_a_thread_is_archived_when_it_has_been_quiet(
    sandbox: Sandbox, probe: Probe, moderator: SandboxUser
) -> None:
    quiet = await probe.lobby(sandbox).create_thread(name="quiet", auto_archive_duration=60)
    sandbox.backend.clock.advance(59 * 60)
    sandbox.backend.archive_idle()
    assert not moderator.place(quiet.id).archived
    sandbox.backend.clock.advance(2 * 60)
    sandbox.backend.archive_idle()
    assert moderator.place(quiet.id).archived


async def test_naming_a_member_lets_them_in(
    sandbox: Sandbox, thread: discord.Thread, ana: SandboxUser
) -> None:
    await thread.send(f"about <@\u200b{ana.id}>")
    assert ana.threads("#lobby") == ()
    await thread.send(f"about {ana.mention}", allowed_mentions=discord.AllowedMentions.none())
    assert [place.id for place in ana.threads("#lobby")] == [thread.id]


async def test_members_come_and_go(
    sandbox: Sandbox, thread: discord.Thread, ana: SandboxUser, moderator: SandboxUser
) -> None:
    await thread.add_user(discord.Object(ana.id))
    assert ana.may_see(thread.id)
    await thread.remove_user(discord.Object(ana.id))
    assert not ana.may_see(thread.id)
    assert [m.kind for m in moderator.messages(thread.id)] == [1, 2]


async def test_renaming_is_told_in_the_thread_and_not_in_channels(
    sandbox: Sandbox, thread: discord.Thread, moderator: SandboxUser
) -> None:
    await thread.edit(name="renamed")
    assert [(m.kind, m.text) for m in moderator.messages(thread.id)] == [(4, "renamed")]
    sandbox.backend.edit_channel(sandbox.guild.lobby_id, {"name": "hall"})
    assert moderator.messages("#hall") == ()


async def test_a_thread_on_a_message(sandbox: Sandbox, probe: Probe, ana: SandboxUser) -> None:
    sandbox.guild.set_permissions(
        sandbox.guild.lobby_id, sandbox.guild.bot_id, create_public_threads=True
    )
    said = await ana.say("#lobby", "a topic")
    await ana.say("#lobby", "something else")
    message = await probe.lobby(sandbox).fetch_message(said.id)
    opened = await message.create_thread(name="topic")
    assert [m.kind for m in ana.messages(opened.id)] == [21]
    assert ana.now(said).thread_id == opened.id
    assert ana.messages("#lobby")[-1].kind == 18
    with pytest.raises(discord.HTTPException) as refused:
        await message.create_thread(name="again")
    assert refused.value.code == 160004


async def test_a_deleted_thread_is_told_to_those_who_saw_it(
    sandbox: Sandbox, thread: discord.Thread, probe: Probe, moderator: SandboxUser
) -> None:
    sandbox.guild.set_bot_permissions(WITHOUT_MANAGING)
    with pytest.raises(discord.Forbidden):
        await thread.delete()
    sandbox.guild.remove_channel(thread.id)
    gone = await probe.wait_for("thread_delete", timeout=PATIENCE)
    assert gone.id == thread.id
    assert moderator.threads("#lobby") == ()


REFUSED: list[tuple[str, Callable[[discord.TextChannel], Awaitable[object]], int]] = [
    ("no name", lambda c: c.create_thread(name=""), 50035),
    ("a long name", lambda c: c.create_thread(name="n" * 101), 50035),
    (
        "a duration of one's own",
        lambda c: c.create_thread(name="t", auto_archive_duration=61),  # type: ignore[arg-type]
        50035,
    ),
    (
        "public",
        lambda c: c.create_thread(name="t", type=discord.ChannelType.public_thread),
        50013,
    ),
]


@pytest.mark.parametrize(("act", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
async def test_threads_that_cannot_be_made(
    sandbox: Sandbox,
    probe: Probe,
    act: Callable[[discord.TextChannel], Awaitable[object]],
    code: int,
) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await act(probe.lobby(sandbox))
    assert refused.value.code == code


async def test_a_private_thread_can_be_forbidden(sandbox: Sandbox, probe: Probe) -> None:
    sandbox.guild.set_permissions(
        sandbox.guild.lobby_id, sandbox.guild.bot_id, create_private_threads=False
    )
    with pytest.raises(discord.Forbidden) as refused:
        await probe.lobby(sandbox).create_thread(name="therapy")
    assert refused.value.code == 50013
