"""The rules for who may use which command.

Each command wears exactly one of `moderators_only`, `admins_only` and `everybody`. It sets both
what Discord shows to whom by default and the check when the command runs: a server can override
the first for any member, so that alone guards nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from enum import StrEnum
from functools import wraps
from typing import Any, Final, TypeVar

import discord
from discord import app_commands

from bot.client.bot import FourRoomsBot
from bot.client.moderators import may_moderate
from bot.domain import Moderator, Room
from bot.errors import FourRoomsError
from bot.text.moderator_texts import say
from cogs.shared.text import display_name

Asked = discord.Interaction[FourRoomsBot]
"""An interaction with this bot."""
Predicate = Callable[[Asked], Coroutine[Any, Any, bool]]
F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C")
Choices = list[app_commands.Choice[str]]
Suggest = Callable[[C, Asked, str], Coroutine[Any, Any, Choices]]
"""A cog's method that suggests what fits to what was typed."""


class NoColleague(FourRoomsError):
    """A person to whom nothing of a room can be handed: they do not moderate it."""


MARK: Final = "__for_whom__"
"""The attribute by which a callback tells whom it is for."""
WHICH: Final = "the Chat Room; if left out, the one you are in or that reports here"
"""The description of a command's option `channel`."""
WHICH_OR_ALL: Final = "the Chat Room; if left out, the one you are in or all that report here"
"""The same for commands that can be about several rooms."""
MAX_DAYS: Final = 365
ReportDays = app_commands.Range[int, 1, MAX_DAYS]
"""Days that these look back."""


ReplyNumber = app_commands.Range[int, 1, 999_999_999]
"""A reply's number in its room; a menu's id has room for it."""


class ForWhom(StrEnum):
    """The people a command is for."""

    MODERATORS = "moderators"
    ADMINS = "admins"
    EVERYBODY = "everybody"


class NotAllowed(app_commands.CheckFailure):
    """A person who may not do that; ``str()`` says so to them."""


def moderators_only(command: F) -> F:
    """Make a command one for the moderators of a Chat Room: see `moderates`."""
    shown_to = discord.Permissions(manage_messages=True)
    return _for(ForWhom.MODERATORS, command, _moderates_a_room, shown_to)


def admins_only(command: F) -> F:
    """Make a command one for members who may manage the server."""
    return _for(ForWhom.ADMINS, command, _manages_server, discord.Permissions(manage_guild=True))


def everybody(command: F) -> F:
    """Make a command one for every member of a server."""
    return _for(ForWhom.EVERYBODY, command, _is_member, None)


def suggestions(suggest: Suggest[C]) -> Suggest[C]:
    """Have an option suggest nothing to who may not give its command.

    Discord runs the checks of a command when it is given, and not while it is typed.
    """

    @wraps(suggest)
    async def suggest_if_allowed(cog: C, interaction: Asked, typed: str, /) -> Choices:
        return await suggest(cog, interaction, typed) if await _may_give(interaction) else []

    return suggest_if_allowed


async def _may_give(interaction: Asked) -> bool:
    """Return whether the person passes the checks of the command that they type."""
    command = interaction.command
    if command is None:
        return False
    try:
        for check in command.checks:
            passed = check(interaction)
            if not (await passed if isinstance(passed, Awaitable) else passed):
                return False
    except app_commands.CheckFailure:
        return False
    return True


def _for(whom: ForWhom, command: F, check: Predicate, shown_to: discord.Permissions | None) -> F:
    setattr(command, MARK, whom)
    app_commands.guild_only(command)
    if shown_to is not None:
        app_commands.default_permissions(shown_to)(command)
    app_commands.check(check)(command)
    return command


async def _manages_server(interaction: Asked) -> bool:
    require_admin(interaction)
    return True


async def _is_member(interaction: Asked) -> bool:
    if interaction.guild_id is not None:
        return True
    raise NotAllowed(say("That only works in a server."))


async def _moderates_a_room(interaction: Asked) -> bool:
    rooms = await _rooms_here(interaction)
    if any(moderates(room, interaction.user) for room in rooms):
        return True
    if not rooms and may_moderate(interaction.permissions):
        return True  # so that they hear that nothing is set up yet
    raise NotAllowed(say("Only moderators can do that."))


def moderates(room: Room, person: discord.User | discord.Member) -> bool:
    """Return whether ``person`` is a moderator of ``room``.

    They are with the role named in `/setup`, or if they may manage messages in the Chat Room or
    time members out.
    """
    if not isinstance(person, discord.Member):
        return False
    if room.moderator_role_id is not None and person.get_role(room.moderator_role_id):
        return True
    channel = person.guild.get_channel(room.id)
    rights = channel.permissions_for(person) if channel else person.guild_permissions
    return may_moderate(rights)


def require_moderator(interaction: Asked, room: Room) -> None:
    """Let only a moderator of ``room`` go on. Raises NotAllowed."""
    if not moderates(room, interaction.user):
        raise NotAllowed(say("Only moderators of <#{room}> can do that.", room=room.id))


def require_admin(interaction: Asked) -> None:
    """Let only who may manage the server go on. Raises NotAllowed."""
    if not interaction.permissions.manage_guild:
        raise NotAllowed(say("Only admins can do that: it needs the Manage Server permission."))


def colleague_in(room: Room, person: discord.User | discord.Member | None) -> Moderator:
    """Return a person who moderates a room, as they stand on the record. Raises NoColleague."""
    if person is None or person.bot or not moderates(room, person):
        raise NoColleague(public=say("Choose somebody who moderates <#{room}>.", room=room.id))
    return Moderator(person.id, display_name(person.display_name))


def as_moderator(interaction: Asked) -> Moderator:
    """Return the person as they stand on the record."""
    return Moderator(interaction.user.id, display_name(interaction.user.display_name))


async def _rooms_here(interaction: Asked) -> list[Room]:
    if interaction.guild_id is None:
        return []
    return await interaction.client.stores.rooms.of_guild(interaction.guild_id)
