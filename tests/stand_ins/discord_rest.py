"""As much of Discord's REST as a look asks for, on a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import discord
from aiohttp import web

from bot.domain.permissions import REQUIRED_PERMISSIONS

TOKEN = "MTA.secret-token-of-the-bot"
APPLICATION = 77
ME, GUILD, BOT_ROLE = 900, 1, 30
LOBBY, MODS, TEAM = 10, 20, 33
VIEW = 1 << 10


def bits(*flags: str) -> int:
    """The number that stands for permissions in what Discord answers."""
    return discord.Permissions(**dict.fromkeys(flags, True)).value


EVERYTHING_NEEDED = bits(*(it.flag for needed in REQUIRED_PERMISSIONS.values() for it in needed))


def overwrite(whose: int, *, allow: int = 0, deny: int = 0) -> dict[str, object]:
    kind = 1 if whose == ME else 0
    return {"id": str(whose), "type": kind, "allow": str(allow), "deny": str(deny)}


def channel(number: int, name: str, *overwrites: Mapping[str, object]) -> dict[str, object]:
    return {"id": str(number), "name": name, "type": 0, "permission_overwrites": overwrites,
            "guild_id": str(GUILD), "position": 0}  # fmt: skip


PRIVATE = (
    overwrite(GUILD, deny=VIEW),
    overwrite(BOT_ROLE, allow=VIEW),
    overwrite(TEAM, allow=VIEW),
)


def member(*roles: int) -> dict[str, object]:
    user = {"id": str(ME), "username": "four-rooms", "discriminator": "0", "avatar": None}
    return {"roles": [str(role) for role in roles], "user": user, "flags": 0}


def as_json(content: object, status: int = 200) -> web.Response:
    # Discord names no charset, and discord.py reads nothing as JSON that does.
    body = json.dumps(content).encode()
    return web.Response(body=body, status=status, content_type="application/json")


@dataclass
class DiscordStandIn:
    """As much of Discord as the doctor asks for. A status in place of a body is an error."""

    answers: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        roles = [
            {"id": str(GUILD), "name": "@everyone", "permissions": str(VIEW)},
            {
                "id": str(BOT_ROLE),
                "name": "Four Rooms",
                "permissions": str(EVERYTHING_NEEDED),
                "managed": True,
            },
            {"id": "31", "name": "Other", "permissions": str(1 << 3)},
            {"id": str(TEAM), "name": "Team", "permissions": "0"},
        ]
        known = {"id": str(APPLICATION), "flags": 1 << 19, "name": "Four Rooms"}
        self.answers = {
            "/users/@me": {"id": str(ME), "username": "four-rooms", "bot": True},
            "/oauth2/applications/@me": known,
            f"/guilds/{GUILD}": {"id": "1", "name": "Garden", "owner_id": "5", "roles": roles},
            f"/guilds/{GUILD}/members/{ME}": member(BOT_ROLE),
            f"/channels/{LOBBY}": channel(LOBBY, "lobby"),
            f"/channels/{MODS}": channel(MODS, "moderators", *PRIVATE),
        }

    async def handle(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return as_json({"code": 0, "message": "401: Unauthorized"}, status=401)
        answer = self.answers.get(request.path, 404)
        if isinstance(answer, int):
            return as_json({"code": 50001, "message": "Missing Access"}, status=answer)
        if isinstance(answer, str):
            return web.Response(text=answer, content_type="text/html")
        return as_json(answer)


@asynccontextmanager
async def discord_stand_in() -> AsyncIterator[DiscordStandIn]:
    """A server that answers as Discord does, for as long as this lasts."""
    stand_in = DiscordStandIn()
    app = web.Application()
    app.router.add_get("/{path:.*}", stand_in.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    stand_in.url = f"http://{host}:{port}"
    yield stand_in
    await runner.cleanup()
