"""The server that everybody meets in: its rooms, its people, and what each may do.

The community's permissions hang on the role "Member" and not on ``@everyone``, so that the bot
holds exactly `BOT_PERMISSIONS` and no more: whatever else it tries is refused as on a real server.
"""

from __future__ import annotations

from typing import Final

import discord
from simcord.backend.models import Channel, Overwrite
from simcord.enums import ChannelType, OverwriteType

from bot.sandbox.server.backend import SandboxBackend

GUILD_NAME: Final = "Four Rooms"
LOBBY: Final = "lobby"
MODERATORS: Final = "moderators"

BOT_PERMISSIONS: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_private_threads=True,
    manage_threads=True,
    read_message_history=True,
    embed_links=True,
    attach_files=True,
)
"""The permissions that the bot is invited with; README names the same."""

COMMUNITY: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    read_message_history=True,
    embed_links=True,
    attach_files=True,
    add_reactions=True,
    use_application_commands=True,
    change_nickname=True,
)
MODERATION: Final = COMMUNITY | discord.Permissions(
    manage_messages=True, manage_threads=True, moderate_members=True, kick_members=True
)

PEOPLE: Final = (
    ("Ana", "Member"),
    ("Ben", "Member"),
    ("Chi", "Member"),
    ("Max", "Moderator"),
    ("Ada", "Admin"),
)
"""The members: name and role. Ada also owns the server."""


class GuildSetup:
    """The server's set-up, and changes to it that no bot and no person here could make."""

    def __init__(self, sandbox: SandboxBackend, guild_id: int | None = None) -> None:
        """Look after the server of that id; none given: the first one."""
        self._sandbox = sandbox
        self._guild_id = guild_id

    @property
    def guild_id(self) -> int:
        """The server."""
        return self._guild_id or next(iter(self._sandbox.guilds))

    @property
    def lobby_id(self) -> int:
        """The channel ``#lobby``, seen by all."""
        return self.channel_id(LOBBY)

    @property
    def moderators_id(self) -> int:
        """The channel ``#moderators``, seen by moderators, admins and the bot."""
        return self.channel_id(MODERATORS)

    @property
    def bot_id(self) -> int:
        """The bot's user."""
        return self._sandbox.bot_user.id

    def channel_id(self, name: str) -> int:
        """Return a channel's id by its name, with or without ``#``. Raises KeyError."""
        wanted = name.removeprefix("#")
        for channel_id in self._sandbox.get_guild(self.guild_id).channel_ids:
            if self._sandbox.channels[channel_id].name == wanted:
                return channel_id
        raise KeyError(name)

    def role_id(self, name: str) -> int:
        """Return a role's id by its name. Raises KeyError."""
        for role in self._sandbox.get_guild(self.guild_id).roles.values():
            if role.name == name:
                return role.id
        raise KeyError(name)

    def person_id(self, name: str) -> int:
        """Return a member's id by display name, in any case. Raises KeyError."""
        for user_id, member in self._sandbox.get_guild(self.guild_id).members.items():
            user = self._sandbox.users[user_id]
            if name.lower() in (user.name.lower(), (member.nick or user.global_name or "").lower()):
                return user_id
        raise KeyError(name)

    def add_person(self, name: str, *, role: str = "Member", nick: str | None = None) -> int:
        """Let somebody new into the server; return the id of the new member."""
        user = self._sandbox.make_user(name.lower(), global_name=name)
        roles = [self.role_id(role)]
        self._sandbox.add_member(self.guild_id, user.id, roles=roles, nick=nick, announce=True)
        return user.id

    def rename_person(self, user_id: int, nick: str | None) -> None:
        """Give somebody another display name in this server."""
        self._sandbox.edit_member(self.guild_id, user_id, {"nick": nick})

    def add_channel(self, name: str, *, kind: int = ChannelType.TEXT, hidden: bool = False) -> int:
        """Make a channel (a hidden one is seen by the admin alone) and return its id."""
        return self._add(name, [_deny_view(self.guild_id)] if hidden else [], kind).id

    def _add(self, name: str, overwrites: list[Overwrite], kind: int = ChannelType.TEXT) -> Channel:
        return self._sandbox.create_channel(self.guild_id, name, type=kind, overwrites=overwrites)

    def remove_channel(self, channel_id: int) -> None:
        """Delete a channel or thread with all that is in it."""
        self._sandbox.delete_channel(channel_id)

    def set_permissions(self, channel_id: int, target_id: int, **granted: bool | None) -> None:
        """Set what a role or member may do in a channel: True allows, False denies.

        The names are those of ``discord.PermissionOverwrite``; what is not named is inherited.
        """
        allow, deny = discord.PermissionOverwrite(**granted).pair()
        role = target_id in self._sandbox.get_guild(self.guild_id).roles
        kind = OverwriteType.ROLE if role else OverwriteType.MEMBER
        self._sandbox.set_overwrite(
            channel_id, Overwrite(target_id, kind, allow=allow.value, deny=deny.value)
        )

    def set_bot_permissions(self, held: discord.Permissions) -> None:
        """Change what the bot holds in the whole server."""
        role_id = self.role_id(self._sandbox.bot_user.name)
        self._sandbox.edit_role(self.guild_id, role_id, {"permissions": held.value})

    def build(self, permissions: discord.Permissions) -> None:
        """Make the server out of nothing, with a bot that holds these permissions."""
        sandbox = self._sandbox
        sandbox.edit_bot_profile(GUILD_NAME)
        ada = sandbox.make_user("ada", global_name="Ada")
        guild = sandbox.create_guild(GUILD_NAME, owner_id=ada.id)
        self._guild_id = guild.id
        guild.everyone_role.permissions = 0
        self.set_bot_permissions(permissions)
        for role, held in (
            ("Member", COMMUNITY),
            ("Moderator", MODERATION),
            ("Admin", discord.Permissions(administrator=True)),
        ):
            sandbox.create_role(guild.id, role, permissions=held.value, hoist=True)
        for name, role in PEOPLE:
            if name != "Ada":
                self.add_person(name, role=role)
        sandbox.add_member_role(guild.id, ada.id, self.role_id("Admin"))
        self._add(LOBBY, [])
        seen_by = [self.role_id("Moderator"), self.role_id(GUILD_NAME)]
        view = discord.Permissions(view_channel=True).value
        self._add(
            MODERATORS,
            [_deny_view(guild.id)]
            + [Overwrite(role_id, OverwriteType.ROLE, allow=view) for role_id in seen_by],
        )


def _deny_view(guild_id: int) -> Overwrite:
    view = discord.Permissions(view_channel=True).value
    return Overwrite(guild_id, OverwriteType.ROLE, deny=view)
