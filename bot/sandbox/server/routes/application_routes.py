"""Routes on the application itself and on the way to the gateway."""

from __future__ import annotations

from typing import Any, Final

import discord

from bot.sandbox.server.routes.table import Call, Routes

routes = Routes()

# Flags of the application: which privileged intents its portal page has on.
PRESENCES: Final = 1 << 13
MEMBERS: Final = 1 << 15
MESSAGE_CONTENT: Final = 1 << 19


def build_application_flags(approved: discord.Intents) -> int:
    """Return the application's flags for the intents that it may ask for."""
    return (
        PRESENCES * approved.presences
        | MEMBERS * approved.members
        | MESSAGE_CONTENT * approved.message_content
    )


@routes.on("GET", "/oauth2/applications/@me")
@routes.on("GET", "/applications/@me")
def application(call: Call) -> Any:
    """Return the application, with the flags that say which intents it may ask for."""
    call.path = "/oauth2/applications/@me"
    return {**call.pass_on(), "flags": build_application_flags(call.sandbox.approved)}


@routes.on("GET", "/gateway/bot")
@routes.on("GET", "/gateway")
def gateway(call: Call) -> Any:
    """Return the gateway's address, and how many shards it wants."""
    answer: dict[str, Any] = {"url": call.sandbox.gateway_url}
    if call.path.endswith("/bot"):
        answer |= {
            "shards": call.sandbox.shards,
            "session_start_limit": {
                "total": 1000,
                "remaining": 1000,
                "reset_after": 0,
                "max_concurrency": call.sandbox.max_concurrency,
            },
        }
    return answer
