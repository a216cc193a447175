"""Everything that can be asked of the bot, by everybody, through Discord's own path.

What is tried and who is let through stands in `who_may.py`. Ids are forged: nobody here was
shown a control or offered a command.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from discord import app_commands
from simcord.actors import MemberActor
from simcord.builders import GuildHandle
from simcord.results import InteractionResult

from bot.domain import Room
from bot.errors import FourRoomsError
from cogs.control_room.settings_view import SECTIONS
from cogs.shared.components import PersistentControl
from cogs.shared.room_commands import RoomCommands
from tests.cogs.chat_room.test_crisis import DANGER
from tests.cogs.conftest import Server, told
from tests.cogs.shared.forging import Forger
from tests.cogs.shared.long_reads import unexcused
from tests.cogs.shared.who_may import (
    COMMANDS,
    CONTROLS,
    ENTRIES,
    FORMS,
    PAPER,
    SUGGESTIONS,
    Person,
    Row,
    with_table,
)
from tests.storage.plans import Statements, long_ways, noted

REFUSALS = (
    "Only ",
    "That only works in a server.",
    "That is not one of my replies",
    "That is no longer there.",
    "There is no such reply here.",
    "That channel is not a Chat Room of mine.",
    "I could not understand one of the options.",
    "**Nothing was changed: ",
)
"""The beginnings of what people read who were not let through."""


# ── nothing is left out ─────────────────────────────────────────────────────────────────────


def commands_of(server: Server) -> dict[str, app_commands.Command[Any, Any, Any]]:
    found = server.bot.tree.walk_commands()
    commands = (command for command in found if isinstance(command, app_commands.Command))
    return {command.qualified_name: command for command in commands}


async def test_every_command_and_entry_is_in_the_table(server: Server) -> None:
    assert {row.what for row in COMMANDS} == {f"/{name}" for name in commands_of(server)}
    trees = [
        server.bot.tree.get_commands(type=kind)
        for kind in (discord.AppCommandType.message, discord.AppCommandType.user)
    ]
    assert {row.what for row in ENTRIES} == {entry.name for tree in trees for entry in tree}


async def test_every_suggestion_is_in_the_table(server: Server) -> None:
    suggesting = {
        f"/{name} {option.name}"
        for name, command in commands_of(server).items()
        for option in command.parameters
        if option.autocomplete
    }
    assert {row.what for row in SUGGESTIONS} == suggesting


async def test_every_control_is_in_the_table(server: Server) -> None:
    registered = {*server.bot._connection._view_store._dynamic_items.values()}
    written = PersistentControl.__subclasses__()
    assert {kind.__name__ for kind in registered} == {kind.__name__ for kind in written}
    tried = {(row.answered_by, prefix(custom_id)) for row in CONTROLS for custom_id in row.ids}
    names = {"section": [*SECTIONS], "command": [*server.bot.service(RoomCommands)]}
    assert tried == {(kind.__name__, id_) for kind in registered for id_ in prefixes(kind, names)}


def prefix(custom_id: str) -> str:
    """The part of an id before the numbers."""
    parts = custom_id.split(":")
    return ":".join(part for part in parts if re.fullmatch(r"[a-z][a-z ]*", part))


def prefixes(kind: Any, names: Mapping[str, list[str]]) -> Iterator[str]:
    """The beginnings of the ids that a control answers to: one for each thing it does."""
    template = kind.__discord_ui_compiled_template__.pattern
    first, group, body = re.fullmatch(r"([a-z:]+)\(\?P<(\w+)>([^)]*)\).*", template).groups()  # type: ignore[union-attr]
    does = body.split("|") if group == "what" else names.get(group, [""])
    return ((first + what).strip(":") for what in does)


async def test_every_form_is_in_the_table(server: Server) -> None:
    forms: Any = server.bot.get_cog("ModalsCog")
    assert {row.id.split(":")[0] for row in FORMS} == {*forms.handlers}


async def test_there_are_no_controls_of_another_kind(server: Server) -> None:
    assert server.bot.persistent_views == []
    others = [
        *discord.ui.View.__subclasses__(),
        *discord.ui.Modal.__subclasses__(),
        *discord.ui.DynamicItem.__subclasses__(),
    ]
    ours = {kind.__name__ for kind in others if kind.__module__.startswith(("cogs", "bot"))}
    assert ours == {"PersistentControl"}


# ── each by everybody ───────────────────────────────────────────────────────────────────────


@dataclass
class Town:
    """A server with the rooms lobby and garden, another with a room, and one person of a kind."""

    server: Server
    forger: Forger
    ids: dict[str, str]
    reply_id: int

    def filled(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value.format(**self.ids) if isinstance(value, str) else value
            for name, value in options.items()
        }

    async def state(self) -> list[object]:
        """What nobody may change who is not let through."""
        stores, guild_id = self.server.bot.stores, self.server.guild.id
        return [
            len(await stores.acts.find(guild_id, limit=999)),
            await stores.rooms.of_guild(guild_id),
            await stores.turns.get(1),
            await stores.evaluations.ratings_of(1),
            await stores.guidance.in_force(self.server.lobby.id),
            await stores.crises.get(1),
        ]


def with_role(
    server: Server, name: str, guild: GuildHandle | None = None, **rights: bool
) -> MemberActor:
    guild = guild or server.guild
    role = guild.create_role(f"{name}s", permissions=discord.Permissions(**rights))
    return guild.add_member(server.env.create_user(name.lower(), global_name=name), roles=[role])


async def arrive(server: Server, person: Person) -> Forger:
    """Let that person come, with the rights that they have, into a place of theirs."""
    guild, lobby, env = server.guild, server.lobby, server.env
    home = guild.id
    if person is Person.DIRECT:
        dm = env.backend.get_dm_channel(server.max.id)
        return Forger(env, server.max.id, dm.id, None, home)
    if person is Person.ABROAD:
        other = env.create_guild("Elsewhere")
        hall = other.create_text_channel("hall")
        zoe = with_role(server, "Zoe", other, manage_messages=True, manage_guild=True)
        await server.bot.stores.rooms.bind(Room(hall.id, other.id, hall.id, hall.id))
        return Forger(env, zoe.id, hall.id, other.id, home)
    if person in (Person.HERE, Person.OTHER):
        somebody = with_role(server, "Kim")
        place = lobby if person is Person.HERE else next(
            channel for channel in guild.channels.values() if channel.name == "garden"
        )  # fmt: skip
        server.allow(place, guild.roles["Kims"], manage_messages=True)
        return Forger(env, somebody.id, lobby.id, home, home)
    if person is Person.FORMER:
        assert "⏳" not in told(await server.max.slash(server.moderators, "status"))
        env.backend.remove_member_role(home, server.max.id, server.moderator_role.id)
    members = {
        Person.MEMBER: server.ana,
        Person.ALL: server.max,
        Person.FORMER: server.max,
        Person.ADMIN: server.ada,
    }
    somebody = (
        guild.add_member(env.create_user("rio", global_name="Rio"), roles=[guild.roles["Helpers"]])
        if person is Person.ROLE
        else members[person]
    )
    return Forger(env, somebody.id, lobby.id, home, home)


@pytest.fixture(params=Person)
def person(request: pytest.FixtureRequest) -> Person:
    who: Person = request.param
    return who


@pytest.fixture
async def town(server: Server, person: Person) -> Town:
    return await build_town(server, person)


async def build_town(server: Server, person: Person) -> Town:
    """Build the town in a server, and let that person come."""
    helpers = server.guild.create_role("Helpers")
    assert "is a Chat Room" in told(await server.set_up(role=helpers))
    garden = server.guild.create_text_channel("garden")
    watch = server.hidden("watch", server.bot_role, server.moderator_role)
    await server.ada.slash(server.moderators, "setup", chat=garden, moderators=server.moderators)
    stage = server.guild.create_text_channel("stage")
    await server.ana.send(server.lobby, "Hi")
    (reply,) = server.said_by_bot(server.lobby, server.ana)[1:]
    await server.max.slash(server.lobby, "guide", text="Be kind.")
    await server.ben.send(server.lobby, DANGER)
    forger = await arrive(server, person)
    await server.env.settle()
    ids = {
        "lobby": str(server.lobby.id),
        "moderators": str(server.moderators.id),
        "stage": str(stage.id),
        "watch": str(watch.id),
        "somebody": str(server.ben.id),
    }
    return Town(server, forger, ids, reply.id)


Try = tuple[Row, str, Callable[[], Awaitable[InteractionResult]]]


def tries(town: Town) -> Iterator[Try]:
    """Everything that is tried: its row, what it is, and how."""
    commands, forger = commands_of(town.server), town.forger
    for row in SUGGESTIONS:
        name, option = row.what[1:].rsplit(" ", 1)
        yield row, row.what, lambda c=commands[name], o=option: forger.type_into(c, o)  # type: ignore[misc]
    # What is forgotten cannot be asked about any more, so that comes last.
    forget = [row for row in COMMANDS if row.what == "/forget"]
    for row in (row for row in COMMANDS if row not in forget):
        given = town.filled(row.options)
        what = f"{row.what} {given}"
        yield row, what, lambda c=commands[row.what[1:]], g=given: forger.give(c, g)  # type: ignore[misc]
    lobby, reply_id = town.server.lobby.id, town.reply_id
    for row in ENTRIES:
        yield row, row.what, lambda w=row.what: forger.choose_entry(w, lobby, reply_id)  # type: ignore[misc]
    for control in CONTROLS:
        for custom_id in control.ids:
            pressed, choice = (text.format(**town.ids) for text in (custom_id, control.choice))
            yield control, pressed, lambda p=pressed, c=choice: forger.press(p, c)  # type: ignore[misc]
    for form in FORMS:
        sent = form.id.format(**town.ids)
        yield form, sent, lambda s=sent, t=form.options: forger.send_form(s, t)  # type: ignore[misc]
    for row in forget:
        yield row, row.what, lambda: forger.give(commands["forget"], {})


def let_through(result: InteractionResult) -> bool:
    """Whether somebody got what they asked for, or was told why that cannot be done just now."""
    if result.autocomplete_choices is not None:
        return bool(result.autocomplete_choices)
    assert result.acknowledged, "nobody answers it"
    messages = [*([result.response] if result.response else []), *result.followups]
    answers = [message.content for message in messages if message.ephemeral]
    assert not any(answer.startswith("Something went wrong") for answer in answers), answers
    lines = [line for answer in answers for line in answer.split("\n")]
    return not any(line.startswith(REFUSALS) for line in lines)


async def test_who_is_let_through(town: Town, person: Person) -> None:
    """A person tries everything; who is refused has changed nothing, and nothing reads for long."""
    asked: Statements = {}
    for row, what, attempt in tries(town):
        before = await town.state()
        with noted() as seen:
            result = await attempt()
        asked |= seen
        assert let_through(result) is (person in row.may), what
        if person not in row.may or person is Person.ABROAD:
            assert await town.state() == before, what
    causes = [getattr(error, "original", error) for error in town.server.env.errors]
    expected = FourRoomsError | app_commands.CheckFailure | app_commands.TransformerError
    assert all(isinstance(cause, expected) for cause in causes), causes
    long = await long_ways(town.server.bot.stores.rooms._database, asked)
    assert unexcused(long) == {}


def test_the_paper_shows_the_table() -> None:
    paper = PAPER.read_text(encoding="utf-8")
    assert with_table(paper) == paper, "python -m tests.cogs.shared.who_may writes it anew"
    assert "entry *Show therapy*" in paper
