"""What Discord says of the bot: token, intents, and permissions in every room that is set up.

Asked over plain REST, so that a look needs no connected bot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.doctor.findings import Finding, ok, wrong
from bot.doctor.rest import Application, Channel, Guild, Me, Member, NoAnswer, Rest, open_rest
from bot.doctor.rights import lacking, needed_in, permissions
from bot.domain import Room
from bot.settings import Settings

PORTAL: Final = "https://discord.com/developers/applications"
MESSAGE_CONTENT: Final = 1 << 18 | 1 << 19
"""Flags of an application that may read messages: approved by Discord, or simply switched on."""


async def examine_discord(settings: Settings, rooms: Sequence[Room]) -> list[Finding]:
    """Token, intent, and the permissions in each of ``rooms``."""
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
    async with open_rest(settings.discord_api_url, token) as rest:
        try:
            me = await rest.get("/users/@me", Me)
        except NoAnswer as error:
            return [_token_trouble(error)]
        findings = [ok("Token", f"Discord knows the bot as {me.username}.")]
        findings.append(await _examine_intent(rest))
        for room in rooms:
            findings += await _examine_room(rest, me, room)
    return findings


def _token_trouble(error: NoAnswer) -> Finding:
    if error.status == 401:
        return wrong(
            "Token",
            "DISCORD_TOKEN is not one that Discord accepts.",
            f"Copy a new one from {PORTAL}, your application, Bot, Reset Token.",
            setting=True,
        )
    return wrong("Token", f"{error}.", "Check the network, and DISCORD_API_URL if you have set it.")


async def _examine_intent(rest: Rest) -> Finding:
    what = "Intents"
    try:
        application = await rest.get("/oauth2/applications/@me", Application)
    except NoAnswer as error:
        return wrong(what, f"{error}.", "Try again in a minute.")
    if application.flags & MESSAGE_CONTENT:
        return ok(what, "The bot may read what people write.")
    return wrong(
        what,
        "The bot may not read what people write.",
        f"Switch on Message Content Intent at {PORTAL}/{application.id}/bot.",
    )


async def _examine_room(rest: Rest, me: Me, room: Room) -> list[Finding]:
    try:
        guild = await rest.get(f"/guilds/{room.guild_id}", Guild)
        member = await rest.get(f"/guilds/{room.guild_id}/members/{me.id}", Member)
    except NoAnswer as error:
        return [
            wrong(
                "Permissions",
                f"Room {room.id}: {error}.",
                f"Invite the bot to server {room.guild_id} again.",
            )
        ]
    troubles = []
    for channel_id, needed in needed_in(room).items():
        try:
            channel = await rest.get(f"/channels/{channel_id}", Channel)
        except NoAnswer as error:
            troubles.append(_unseen(guild, channel_id, error))
            continue
        if missing := lacking(needed, permissions(me.id, guild, member, channel)):
            troubles.append(_lacking(guild, channel, missing))
    return troubles or [ok("Permissions", f"Room {room.id} in {guild.name}: all there.")]


def _unseen(guild: Guild, channel_id: int, error: NoAnswer) -> Finding:
    return wrong(
        "Permissions",
        f"Channel {channel_id} in {guild.name}: {error}.",
        "Let the bot see it (Edit Channel, Permissions), or name another one with /setup.",
    )


def _lacking(guild: Guild, channel: Channel, missing: Sequence[str]) -> Finding:
    names = ", ".join(missing)
    return wrong(
        "Permissions",
        f"#{channel.name} in {guild.name}: the bot lacks {names}.",
        f"Edit #{channel.name}, Permissions, the bot's role: allow {names}.",
    )
