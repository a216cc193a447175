"""The rules for who may use what, and some of them as a person meets them.

Everybody tries everything in `test_who_may.py`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest
from discord import app_commands
from simcord.backend.errors import SetupError

from cogs.shared.access import MARK, ForWhom
from cogs.shared.components import PersistentControl
from tests.cogs.conftest import Server, told, whispered
from tests.cogs.shared.who_may import COMMANDS, EVERYBODY

SHOWN_TO = {
    ForWhom.MODERATORS: "manage_messages",
    ForWhom.ADMINS: "manage_guild",
    ForWhom.EVERYBODY: None,
}


async def test_every_command_says_whom_it_is_for_and_checks_it(server: Server) -> None:
    tree = server.bot.tree
    found = [*tree.walk_commands(), *tree.get_commands()]
    commands = [
        command
        for command in found
        if isinstance(command, app_commands.Command | app_commands.ContextMenu)
    ]
    assert len(commands) >= 5
    for command in commands:
        whom = getattr(command.callback, MARK, None)
        assert isinstance(whom, ForWhom), f"/{command.qualified_name} says not whom it is for"
        root = (
            command.root_parent or command if isinstance(command, app_commands.Command) else command
        )
        rights = root.default_permissions
        expected = SHOWN_TO[whom]
        assert [name for name, on in rights or () if on] == ([expected] if expected else [])
        assert root.guild_only
        assert len(command.checks) == 1


async def test_every_slash_command_asks_for_time_before_it_does_anything(server: Server) -> None:
    for command in server.bot.tree.walk_commands():
        if isinstance(command, app_commands.Command):
            source = textwrap.dedent(inspect.getsource(command.callback))
            awaits = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Await)]
            first = min(awaits, key=lambda node: (node.lineno, node.col_offset))
            deferred = "await interaction.response.defer(ephemeral=True, thinking=True)"
            assert ast.unparse(first) == deferred, f"/{command.qualified_name}"


async def test_members_are_not_offered_the_moderators_commands(room: Server) -> None:
    offered = set(room.ana.available_commands(room.lobby))
    assert offered == {row.what[1:] for row in COMMANDS if row.may == EVERYBODY}
    with pytest.raises(SetupError, match="default-member-permissions"):
        await room.ana.slash(room.lobby, "pause")


async def test_a_member_who_was_given_a_moderators_command_is_refused(room: Server) -> None:
    room.give("pause", room.ana)
    assert told(await room.ana.slash(room.lobby, "pause")) == "Only moderators can do that."
    assert [type(error).__name__ for error in room.env.errors] == ["NotAllowed"]
    assert not (await room.room()).paused


async def test_the_role_named_in_setup_makes_a_moderator(room: Server) -> None:
    helpers = room.guild.create_role("Helpers")
    await room.set_up(role=helpers)
    kim = room.guild.add_member(room.env.create_user("kim", global_name="Kim"), roles=[helpers])
    room.give("pause", kim)
    assert "is paused" in told(await kim.slash(room.lobby, "pause"))
    assert (await room.room()).paused


async def test_a_moderator_of_one_room_is_none_of_another(room: Server) -> None:
    garden = room.guild.create_text_channel("garden")
    room.allow(garden, room.moderator_role, manage_messages=False)
    await room.set_up(chat=garden)
    result = await room.max.slash(room.lobby, "pause", channel=garden)
    assert told(result) == f"Only moderators of <#{garden.id}> can do that."
    assert [type(error).__name__ for error in room.env.errors] == ["NotAllowed"]


# ── buttons, menus and forms ────────────────────────────────────────────────────────────────


async def test_every_control_says_whom_it_is_for(server: Server) -> None:
    controls = PersistentControl.__subclasses__()
    assert len(controls) >= 10
    # Whoever was wrong with a form may open it again; it is looked at when it is sent.
    everybodys = {one.__name__ for one in controls if one.for_whom.value == ForWhom.EVERYBODY.value}
    assert everybodys == {"CorrectButton"}
    theirs = (ForWhom.MODERATORS.value, ForWhom.ADMINS.value, ForWhom.EVERYBODY.value)
    assert all(control.for_whom.value in theirs for control in controls)


async def test_a_form_that_is_sent_without_being_opened_is_checked_too(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    form = await room.max.context_menu(
        room.lobby, "Score reply", room.said_by_bot(room.lobby, room.max)[-1]
    )
    room.allow(room.lobby, room.moderator_role, manage_messages=False)
    result = await room.max.submit_modal(form, {"kind": ["agree"]})
    assert "Only moderators" in whispered(result)
    assert await room.bot.stores.evaluations.ratings_of(1) == []
