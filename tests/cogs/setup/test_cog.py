"""`/setup` as an admin gives it: what it says, what people see, what it leaves behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from simcord.backend.errors import SetupError

from bot.domain import Moderator, ReplyWhen, RoomSettings
from bot.storage.database.troubles import DatabaseUnavailable
from cogs.setup.notice import notice
from tests.cogs.conftest import Server, new_bot, told
from tests.pausing import mark_paused
from tests.seating import mark_seated
from tests.world import Script


async def test_a_channel_becomes_a_chat_room(server: Server) -> None:
    said = told(await server.set_up())
    assert f"<#{server.lobby.id}> is a Chat Room" in said
    assert "❌" not in said
    assert "To read the threads they need Manage Threads" in said
    room = await server.room()
    assert room.moderator_channel_id == server.moderators.id
    assert room.therapy_parent_id == server.lobby.id
    assert server.acts() == [
        f"🛠️ **Ada** set up <#{room.id}> as a Chat Room, with therapy threads under <#{room.id}>."
    ]


async def test_people_are_told_once_that_they_talk_with_an_ai(server: Server) -> None:
    await server.set_up()
    await server.set_up()
    (said,) = server.said_by_bot(server.lobby, server.ana)
    for words in ("an AI", "The House", "stored", "moderators can read", "deleted"):
        assert words in said.content
    assert len(server.acts()) == 2


async def test_a_kill_behind_the_notice_makes_no_second_one(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("killed")

    with monkeypatch.context() as dying:
        dying.setattr(server.bot.stores.rooms, "bind", die)
        await server.set_up()
    assert len(server.env.errors) == 1
    await server.set_up()
    (said,) = server.said_by_bot(server.lobby, server.ana)
    assert await server.bot.stores.rooms.notice_of(server.lobby.id) == said.id


async def test_a_kill_behind_the_binding_loses_nothing_that_is_said_after_it(
    server: Server, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = server.bot.stores.rooms
    bind = rooms.bind

    async def bind_and_die(*given: Any, **options: Any) -> None:
        await bind(*given, **options)
        raise DatabaseUnavailable("killed")

    with monkeypatch.context() as dying:
        dying.setattr(rooms, "bind", bind_and_die)
        await server.set_up()
    assert len(server.env.errors) == 1
    await server.go_away()
    server.env.backend.create_message(server.lobby.id, server.ana.id, "Hello?")
    await server.env.restart_bot(new_bot(server.bot.stores, script))
    await server.env.settle()
    assert server.replies() == ["The first thought on Hello?."]


async def test_one_channel_cannot_have_two_roles(server: Server) -> None:
    said = told(await server.set_up(moderators=server.lobby))
    assert "cannot be both" in said
    await nothing_changed(server)


async def test_the_moderator_channel_may_not_be_public(server: Server) -> None:
    public = server.guild.create_text_channel("staff")
    assert f"Everybody can see <#{public.id}>" in told(await server.set_up(moderators=public))
    await nothing_changed(server)


async def test_the_roles_that_see_the_moderator_channel_are_named(server: Server) -> None:
    all_have = server.guild.create_role("Verified")
    server.allow(server.moderators, all_have, view_channel=True)
    said = told(await server.set_up())
    (line,) = [line for line in said.splitlines() if line.startswith("Who sees <#")]
    for role in (all_have, server.moderator_role, server.guild.roles["Admins"]):
        assert f"<@&{role.id}>" in line
    assert f"<@&{server.bot_role.id}>" not in line


async def test_a_role_by_which_all_come_in_makes_the_moderator_channel_public(
    server: Server,
) -> None:
    member = server.guild.create_role("Member")
    for channel in (server.lobby, server.moderators):
        server.allow(channel, member, view_channel=True)
    assert "is a Chat Room" in told(await server.set_up())
    server.allow(server.lobby, server.guild.roles["@everyone"], view_channel=False)
    for role in (server.bot_role, server.guild.roles["Admins"]):
        server.allow(server.lobby, role, view_channel=True)
    said = told(await server.set_up())
    assert f"Everybody can see <#{server.moderators.id}> through <@&{member.id}>" in said
    assert "Nothing was changed" in said


async def test_a_channel_that_the_bot_cannot_see_is_named(server: Server) -> None:
    admins = server.guild.roles["Admins"]
    secret = server.hidden("secret", admins)
    said = told(await server.set_up(moderators=secret))
    assert f"I cannot see <#{secret.id}>" in said
    assert "**View Channel**" in said
    assert "Edit #secret → Permissions → add my role" in said
    await nothing_changed(server)


@pytest.mark.parametrize(
    ("flag", "label"),
    [("send_messages", "Send Messages"), ("embed_links", "Embed Links")],
)
async def test_a_missing_permission_is_named_with_channel_and_fix(
    server: Server, flag: str, label: str
) -> None:
    weak = server.denied("weak", **{flag: False})
    server.allow(weak, server.guild.roles["Admins"], view_channel=True)
    said = told(await server.set_up(moderators=weak))
    assert f"In <#{weak.id}> I lack" in said
    assert f"**{label}**" in said
    assert "Edit #weak → Permissions → my role" in said
    await nothing_changed(server)


async def test_every_permission_missing_at_once_is_still_told_of(server: Server) -> None:
    admins = server.guild.roles["Admins"]
    places = [server.hidden(f"{name}{'x' * 90}", admins) for name in "abc"]
    said = told(await server.set_up(chat=places[0], moderators=places[1], therapy=places[2]))
    for place in places:
        assert f"I cannot see <#{place.id}>" in said
    assert "Then run the command again." in said


async def test_an_announcement_channel_will_not_do(server: Server) -> None:
    news = server.guild.create_news_channel("news")
    assert "“announcement”" in told(await server.set_up(therapy=news))
    await nothing_changed(server)


async def test_everyone_cannot_be_the_moderators_role(server: Server) -> None:
    said = told(await server.set_up(role=server.guild.default_role))
    assert "everybody would be a moderator" in said
    await nothing_changed(server)


async def test_a_second_room_cannot_take_the_first_ones_channels(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    said = told(await room.set_up(chat=garden, moderators=room.lobby))
    assert f"<#{room.lobby.id}> is a Chat Room itself" in said
    assert "is a Chat Room" in told(await room.set_up(chat=garden))


async def test_setting_up_anew_keeps_what_was_set(room: Server) -> None:
    settings = RoomSettings(norms="Be brief.", reply_when=ReplyWhen.MENTIONED)
    await room.bot.stores.rooms.update_settings(room.lobby.id, settings)
    await mark_paused(room.bot.stores, room.lobby.id)
    said = told(await room.set_up(replies=None, therapy=room.moderators, role=room.moderator_role))
    assert "**It is paused.**" in said
    after = await room.room()
    assert after.settings == settings
    assert after.therapy_parent_id == room.moderators.id
    assert after.moderator_role_id == room.moderator_role.id


async def test_what_moderators_do_while_it_is_set_up_anew_holds(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, begun, go_on = room.bot.stores, asyncio.Event(), asyncio.Event()
    notice_of = stores.rooms.notice_of

    async def slow(room_id: int) -> int | None:  # as slow as Discord may be
        begun.set()
        await go_on.wait()
        return await notice_of(room_id)

    monkeypatch.setattr(stores.rooms, "notice_of", slow)
    setting_up = asyncio.create_task(
        room.set_up(therapy=room.moderators, role=room.moderator_role, replies="mentioned")
    )
    await begun.wait()
    await mark_paused(stores, room.lobby.id, reason="a storm")
    await mark_seated(stores, room.lobby.id, Moderator(room.max.id, "Max"))
    settings = RoomSettings(norms="Be brief.", reply_when=ReplyWhen.ALWAYS)
    await stores.rooms.update_settings(room.lobby.id, settings)
    go_on.set()
    assert "**It is paused.**" in told(await setting_up)
    after = await room.room()
    assert (after.paused, after.pause_reason) == (True, "a storm")
    assert after.therapist == Moderator(room.max.id, "Max")
    assert after.settings == settings.model_copy(update={"reply_when": ReplyWhen.MENTIONED})
    assert after.therapy_parent_id == room.moderators.id
    assert after.moderator_role_id == room.moderator_role.id


async def test_without_its_notice_there_is_no_chat_room(server: Server) -> None:
    server.env.inject_error("POST", f"/channels/{server.lobby.id}/messages", status=403, code=50013)
    assert told(await server.set_up()) == "I could not post that."
    assert [type(error).__name__ for error in server.env.errors] == ["CommandInvokeError"]
    assert await server.bot.stores.rooms.get(server.lobby.id) is None
    assert "is a Chat Room" in told(await server.set_up())


async def test_what_was_said_before_is_not_answered(server: Server) -> None:
    await server.ana.send(server.lobby, "Nobody here?")
    await server.set_up()
    await server.catch_up()
    await server.env.settle()
    assert server.replies() == []


async def test_members_are_not_offered_the_command(server: Server) -> None:
    with pytest.raises(SetupError, match="default-member-permissions"):
        await server.max.slash(
            server.moderators, "setup", chat=server.lobby, moderators=server.moderators
        )


async def test_a_member_who_was_given_the_command_is_refused(server: Server) -> None:
    server.give("setup", server.max)
    result = await server.max.slash(
        server.moderators, "setup", chat=server.lobby, moderators=server.moderators
    )
    assert told(result) == "Only admins can do that: it needs the Manage Server permission."
    assert [type(error).__name__ for error in server.env.errors] == ["NotAllowed"]
    await nothing_changed(server)


def test_a_servers_own_words_stand_between_its_first_and_its_last_line() -> None:
    settings = RoomSettings(
        notice="We are kind here.\nAnd slow.", privacy_link="https://own.example"
    )
    first, *own, last = notice("Four", "Home", settings, "de").splitlines()
    assert first.startswith("**Hier sprichst du mit einer KI.**")
    assert own == ["We are kind here.", "And slow."]
    assert "`/privacy show`" in last
    assert last.endswith("<https://own.example>")


def test_names_in_the_notice_are_only_names() -> None:
    said = notice("Four\nRooms", "@everyone **[x](https://evil.example)**", RoomSettings())
    assert "@everyone" not in said
    assert "](https" not in said
    assert len(said) <= 2000


async def nothing_changed(server: Server) -> None:
    assert await server.bot.stores.rooms.all() == []
    assert server.said_by_bot(server.lobby, server.ana) == []
