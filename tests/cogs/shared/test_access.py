from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import discord
import pytest
from discord import app_commands
from simcord.backend.errors import SetupError

from cogs.shared.access import MARK, ForWhom
from cogs.shared.components import PersistentControl
from tests.cogs.conftest import Server, told, whispered

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
    own = {"about", "forget", "privacy show", "privacy export", "privacy choices"}
    assert {*room.ana.available_commands(room.lobby)} == own
    with pytest.raises(SetupError, match="default-member-permissions"):
        await room.ana.slash(room.lobby, "pause")


async def test_a_member_who_was_given_a_moderators_command_is_refused(room: Server) -> None:
    room.give("pause", room.ana)
    assert told(await room.ana.slash(room.lobby, "pause")) == "Only moderators can do that."
    assert [type(error).__name__ for error in room.env.errors] == ["NotAllowed"]
    assert not (await room.room()).paused


REQUIRED: dict[str, Any] = {
    "guide": {"text": "Be brief."},
    "guidance withdraw": {"which": "1"},
    "simulate": {"persona": "glad"},
}
"""What a command cannot be given without; `setup` gets its channels in the test."""


@pytest.mark.parametrize("who", ["ana", "max"])
async def test_no_command_does_anything_for_who_may_not_give_it(room: Server, who: str) -> None:
    person = getattr(room, who)
    refused = {"ana": {ForWhom.MODERATORS, ForWhom.ADMINS}, "max": {ForWhom.ADMINS}}[who]
    before = len(await room.bot.stores.acts.find(room.guild.id, limit=99))
    tried = []
    for command in room.bot.tree.walk_commands():
        if not isinstance(command, app_commands.Command):
            continue
        whom, name = getattr(command.callback, MARK), command.qualified_name
        if whom in refused:
            room.give(name.split(" ")[0], person)
            channels = {"chat": room.lobby, "moderators": room.lobby}
            channels = {"channel": room.lobby} if name == "simulate" else channels
            given = channels if name in ("setup", "simulate") else {}
            options = {**given, **REQUIRED.get(name, {})}
            said = told(await person.slash(room.lobby, name, **options))
            assert said.startswith("Only "), f"/{name}"
            tried.append(name)
    assert "setup" in tried
    assert ("pause" in tried) is (who == "ana")
    assert len(room.env.errors) == len(tried)
    assert len(await room.bot.stores.acts.find(room.guild.id, limit=99)) == before


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


# ── buttons and menus: ids can be forged by whoever sees a message ──────────────────────────

PRESSES = {
    "CrisisButton": ["crisis:with:1", "crisis:false:1"],
    "RateButton": ["rate:agree:1", "rate:rescore:1", "rate:delete:1"],
    "DigestPick": ["digest:1"],
    "GateButton": ["gate:approve:1", "gate:round:1", "gate:edit:1", "gate:withhold:1"],
    "HumanTherapistButton": ["seat:ready:1", "seat:withhold:1"],
    "LogButton": ["log:older:9:0:0:0:", "log:newest:0:0:0:0:", "log:export:0:0:0:0:"],
    "SettingsButton": ["settings:gate:{lobby}"],
    "StopButton": ["simulation:stop:{lobby}"],
    "PauseButton": [
        "pause:resume:{lobby}:0:0",
        "pause:more:{lobby}:0:0",
        "pause:replace:{lobby}:0:5",
        "pause:keep:{lobby}:0:0",
    ],
    "RoomMenu": ["which:pause:0:0", "which:query:0:0", "which:settings:0:0"],
}
MENUS = {"DigestPick": "1", "RoomMenu": "{lobby}"}
"""Those that are menus, with what is chosen."""


def forged(server: Server, custom_id: str, kind: str = "") -> discord.Message:
    """A message of the bot in #lobby with a control that somebody made up."""
    item: dict[str, Any] = {"type": 2, "style": 2, "label": "Press", "custom_id": custom_id}
    if kind in MENUS:
        options = [{"label": "One", "value": MENUS[kind].format(lobby=server.lobby.id)}]
        item = {"type": 3, "custom_id": custom_id, "options": options}
    backend = server.env.backend
    rows = [{"type": 1, "components": [item]}]
    made = backend.create_message(server.lobby.id, backend.bot_user.id, "forged", components=rows)
    return next(m for m in server.seen(server.lobby, server.ana) if m.id == made.id)


async def test_every_control_says_whom_it_is_for_and_is_tried_here(server: Server) -> None:
    controls = PersistentControl.__subclasses__()
    assert set(PRESSES) == {control.__name__ for control in controls}
    for control in controls:
        assert control.for_whom.value in (ForWhom.MODERATORS.value, ForWhom.ADMINS.value)


async def test_no_control_does_anything_for_a_member(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    await room.ana.send(room.lobby, "I want to kill myself.")  # crisis 1
    before = len(await room.bot.stores.acts.find(room.guild.id, limit=99))
    for control, presses in PRESSES.items():
        for press in presses:
            custom_id = press.format(lobby=room.lobby.id)
            message = forged(room, custom_id, control)
            if control in MENUS:
                value = MENUS[control].format(lobby=room.lobby.id)
                result = await room.ana.select(message, [value])
            else:
                result = await room.ana.click(message, custom_id=custom_id)
            assert "Only " in whispered(result), custom_id
            assert result.modal is None
    assert len(await room.bot.stores.acts.find(room.guild.id, limit=99)) == before
    assert await room.bot.stores.evaluations.ratings_of(1) == []
    assert "The first thought on Hi." in room.replies()


async def test_a_moderator_is_no_admin(room: Server) -> None:
    custom_id = f"settings:gate:{room.lobby.id}"
    result = await room.max.click(forged(room, custom_id), custom_id=custom_id)
    assert "Manage Server" in whispered(result)


async def test_a_form_that_is_sent_without_being_opened_is_checked_too(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    forms: Any = room.bot.get_cog("ModalsCog")
    assert set(forms.handlers) >= {
        "rescore", "delete", "gate-round", "gate-edit", "gate-withhold", "seat-withhold", "settings"
    }  # fmt: skip
    form = await room.max.context_menu(
        room.lobby, "Score reply", room.said_by_bot(room.lobby, room.max)[-1]
    )
    room.allow(room.lobby, room.moderator_role, manage_messages=False)
    result = await room.max.submit_modal(form, {"kind": ["agree"]})
    assert "Only moderators" in whispered(result)
    assert await room.bot.stores.evaluations.ratings_of(1) == []
