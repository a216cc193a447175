"""The checks that Discord answers: token, intents, and permissions in every room that is set up.

Asked by discord.py over REST alone, so that a look needs no bot that is connected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import discord

from bot.client.audience import audience_of
from bot.client.discord_rest import ONLINE, PORTAL, NoAnswer, ask, read_application, rest_client
from bot.doctor.findings import Finding, note, ok, wrong
from bot.domain import Room
from bot.domain.permissions import RequiredPermission, required_by_channel
from bot.settings import Settings

MESSAGE_CONTENT: Final = 1 << 18 | 1 << 19
"""Flags of an application that may read messages: approved by Discord, or simply switched on."""


async def examine_discord(settings: Settings, rooms: Sequence[Room]) -> list[Finding]:
    """Examine the token, the intent, and the permissions in each of ``rooms``."""
    if settings.discord_token is None:
        return [
            wrong(
                "Token",
                "DISCORD_TOKEN is not set. `make demo` works without it, `make run` does not.",
                f"Make an application at {PORTAL}, copy the token from its page Bot into .env.",
                setting=True,
            )
        ]
    token = settings.discord_token.get_secret_value()
    try:
        async with rest_client(token, settings.discord_api_url) as (client, account):
            findings = [ok("Token", f"Discord knows the bot as {account['username']}.")]
            findings.append(await _examine_intent(client))
            for room in rooms:
                findings += await _examine_room(client, int(account["id"]), room)
            return findings
    except NoAnswer as error:  # of the login: each check above handles its own
        return [_token_trouble(error)]


def _token_trouble(error: NoAnswer) -> Finding:
    if error.status == 401:
        return wrong(
            "Token",
            "DISCORD_TOKEN is not one that Discord accepts.",
            f"Copy a new one from {PORTAL}, your application, Bot, Reset Token.",
            setting=True,
        )
    mend = ONLINE if error.offline else "Check the network, and DISCORD_API_URL if you have set it."
    return wrong("Token", f"{error}.", mend)


async def _examine_intent(client: discord.Client) -> Finding:
    check = "Intents"
    try:
        application = await read_application(client)
    except NoAnswer as error:
        return wrong(check, f"{error}.", "Try again in a minute.")
    if application.flags & MESSAGE_CONTENT:
        return ok(check, "The bot may read what people write.")
    return wrong(
        check,
        "The bot may not read what people write.",
        f"Switch on Message Content Intent at {PORTAL}/{application.id}/bot.",
    )


async def _examine_room(client: discord.Client, bot_id: int, room: Room) -> list[Finding]:
    guild_path = f"/guilds/{room.guild_id}"
    try:
        guild = await ask(guild_path, client.fetch_guild(room.guild_id, with_counts=False))
        member = await ask(f"{guild_path}/members/{bot_id}", guild.fetch_member(bot_id))
    except NoAnswer as error:
        return [
            wrong(
                "Permissions",
                f"Room {room.id}: {error}.",
                f"Invite the bot to server {room.guild_id} again.",
            )
        ]
    troubles = []
    channels: dict[int, discord.abc.GuildChannel] = {}
    for channel_id, required in required_by_channel(room).items():
        try:
            channel = await ask(f"/channels/{channel_id}", _guild_channel(guild, channel_id))
        except NoAnswer as error:
            troubles.append(_unseen(guild, channel_id, error))
            continue
        channels[channel_id] = channel
        if missing := lacking(required, held_permissions(channel, member)):
            troubles.append(_lacking(guild, channel, missing))
    findings = troubles or [ok("Permissions", f"Room {room.id} in {guild.name}: all there.")]
    if room.moderator_channel_id in channels:
        findings.append(_examine_audience(room, channels, member))
    return findings


def _examine_audience(
    room: Room, channels: Mapping[int, discord.abc.GuildChannel], me: discord.Member
) -> Finding:
    """Say who can see the moderator channel, and whether that is everybody."""
    channel = channels[room.moderator_channel_id]
    audience = audience_of(
        channel, channels.get(room.id), me=me, moderator_role_id=room.moderator_role_id
    )
    check, where = "Privacy", f"#{channel.name} in {channel.guild.name}"
    if audience.everybody is not None:
        role = audience.everybody.name
        return wrong(
            check,
            f"{where}: everybody can see it, by the role {role}. The bot posts nothing there.",
            f"Edit #{channel.name}, Permissions: take View Channel from {role}.",
        )
    if not audience.roles:
        return ok(check, f"{where} is seen by administrators alone.")
    names = ", ".join(role.name for role in audience.roles)
    return note(
        check,
        f"{where} is seen by administrators, and by the roles: {names}.",
        "If every member has one of them, take View Channel from it there.",
    )


async def _guild_channel(guild: discord.Guild, channel_id: int) -> discord.abc.GuildChannel:
    channel = await guild.fetch_channel(channel_id)
    if isinstance(channel, discord.Thread):
        raise discord.InvalidData("a thread is no Chat Room")
    return channel


def held_permissions(
    channel: discord.abc.GuildChannel, member: discord.Member
) -> discord.Permissions:
    """Return a member's permissions in a channel: nothing where they cannot see it.

    A text channel's own ``permissions_for`` also takes away what hangs on another permission, such
    as Embed Links on Send Messages; only the one to mend is to be named.
    """
    held = discord.abc.GuildChannel.permissions_for(channel, member)
    return held if held.view_channel else discord.Permissions.none()


def lacking(required: Sequence[RequiredPermission], held: discord.Permissions) -> list[str]:
    """Return the names of those permissions that are not held."""
    return [permission.label for permission in required if not getattr(held, permission.flag)]


def _unseen(guild: discord.Guild, channel_id: int, error: NoAnswer) -> Finding:
    return wrong(
        "Permissions",
        f"Channel {channel_id} in {guild.name}: {error}.",
        "Let the bot see it (Edit Channel, Permissions), or name another one with /setup.",
    )


def _lacking(
    guild: discord.Guild, channel: discord.abc.GuildChannel, missing: Sequence[str]
) -> Finding:
    names = ", ".join(missing)
    return wrong(
        "Permissions",
        f"#{channel.name} in {guild.name}: the bot lacks {names}.",
        f"Edit #{channel.name}, Permissions, the bot's role: allow {names}.",
    )
