"""The checks that Discord answers: token, intents, and permissions in every room that is set up.

Asked by discord.py over REST alone, so that a look needs no bot that is connected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import aiohttp
import discord
from discord.http import Route

from bot.client.audience import audience_of
from bot.doctor.findings import Finding, note, ok, wrong
from bot.domain import Room
from bot.domain.permissions import RequiredPermission, required_by_channel
from bot.settings import Settings

PORTAL: Final = "https://discord.com/developers/applications"
MESSAGE_CONTENT: Final = 1 << 18 | 1 << 19
"""Flags of an application that may read messages: approved by Discord, or simply switched on."""
SECONDS: Final = 40.0
"""One request's time: discord.py tries up to five times, 25 seconds apart in all."""

Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """Discord did not give what was asked for. ``status`` 0: nothing usable came at all."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


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
    # There is no voice here, so that discord.py need not warn of what voice would take.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    token = settings.discord_token.get_secret_value()
    with _api_at(settings.discord_api_url):
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            try:
                account = await ask("/users/@me", _own_account(client.http.static_login(token)))
            except NoAnswer as error:
                return [_token_trouble(error)]
            findings = [ok("Token", f"Discord knows the bot as {account['username']}.")]
            findings.append(await _examine_intent(client))
            for room in rooms:
                findings += await _examine_room(client, int(account["id"]), room)
            return findings


@contextmanager
def _api_at(url: str) -> Iterator[None]:
    """Make discord.py talk to the API at ``url`` for as long as this lasts."""
    before, Route.BASE = Route.BASE, url
    try:
        yield
    finally:
        Route.BASE = before


async def ask(path: str, request: Awaitable[Answer]) -> Answer:
    """Return what Discord answers to a request; ``path`` is what it goes to. Raises NoAnswer."""
    try:
        async with asyncio.timeout(SECONDS):
            return await request
    except discord.LoginFailure:
        raise NoAnswer(401, f"Discord answers 401 to {path}") from None
    except discord.HTTPException as error:
        raise NoAnswer(error.status, f"Discord answers {error.status} to {path}") from None
    except discord.RateLimited:
        raise NoAnswer(429, f"Discord answers 429 to {path}") from None
    except (aiohttp.ClientError, OSError) as error:
        why = f"{Route.BASE} cannot be reached ({type(error).__name__})"
        raise NoAnswer(0, why) from None
    except (discord.InvalidData, LookupError, TypeError, ValueError, AttributeError):
        # A page, or JSON of another shape, of which discord.py could make nothing.
        raise NoAnswer(0, f"what answers at {Route.BASE} is not Discord") from None


async def _own_account(request: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the bot's account, as soon as it is one."""
    account = await request
    return {"id": int(account["id"]), "username": str(account["username"])}


def _token_trouble(error: NoAnswer) -> Finding:
    if error.status == 401:
        return wrong(
            "Token",
            "DISCORD_TOKEN is not one that Discord accepts.",
            f"Copy a new one from {PORTAL}, your application, Bot, Reset Token.",
            setting=True,
        )
    return wrong("Token", f"{error}.", "Check the network, and DISCORD_API_URL if you have set it.")


async def _examine_intent(client: discord.Client) -> Finding:
    check = "Intents"
    try:
        application_id, flags = await ask("/oauth2/applications/@me", _application(client))
    except NoAnswer as error:
        return wrong(check, f"{error}.", "Try again in a minute.")
    if flags & MESSAGE_CONTENT:
        return ok(check, "The bot may read what people write.")
    return wrong(
        check,
        "The bot may not read what people write.",
        f"Switch on Message Content Intent at {PORTAL}/{application_id}/bot.",
    )


async def _application(client: discord.Client) -> tuple[int, int]:
    """Return the id and the flags of what the developer portal knows of the bot."""
    application = await client.http.application_info()
    return int(application["id"]), int(application.get("flags", 0))


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
