"""A Discord on this machine: REST and gateway over sockets, people to act as, faults on demand.

It stands on simcord's in-memory Discord. `Sandbox` is the way in; `SandboxUser` acts for somebody.
"""

from __future__ import annotations

from bot.sandbox.sandbox import Sandbox
from bot.sandbox.server.faults import Drop, Fault, Faults
from bot.sandbox.server.guild import BOT_PERMISSIONS
from bot.sandbox.server.rate_limits import RateLimit
from bot.sandbox.server.request_log import LoggedRequest, RequestLog
from bot.sandbox.users.event_stream import EventStream
from bot.sandbox.users.reader import NotSeen
from bot.sandbox.users.responses import InteractionResponse
from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.user_errors import NoResponse, Refused
from bot.sandbox.users.views import Message, Place

__all__ = (
    "BOT_PERMISSIONS",
    "Drop",
    "EventStream",
    "Fault",
    "Faults",
    "InteractionResponse",
    "LoggedRequest",
    "Message",
    "NoResponse",
    "NotSeen",
    "Place",
    "RateLimit",
    "Refused",
    "RequestLog",
    "Sandbox",
    "SandboxUser",
)
