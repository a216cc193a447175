"""A Discord on this machine: REST and gateway over sockets, people to act as, faults on demand.

It stands on simcord's in-memory Discord. `Sandbox` is the way in; `Person` acts for somebody.
"""

from __future__ import annotations

from bot.sandbox.server.faults import Drop, Fault, Faults
from bot.sandbox.server.guild import BOT_PERMISSIONS
from bot.sandbox.server.rate_limits import Limit
from bot.sandbox.server.request_log import Request, RequestLog
from bot.sandbox.server.server import Sandbox
from bot.sandbox.users.event_stream import Watch
from bot.sandbox.users.reader import NotSeen
from bot.sandbox.users.responses import Answer, NoAnswer, Refused
from bot.sandbox.users.user import Person
from bot.sandbox.users.views import Message, Place

__all__ = (
    "BOT_PERMISSIONS",
    "Answer",
    "Drop",
    "Fault",
    "Faults",
    "Limit",
    "Message",
    "NoAnswer",
    "NotSeen",
    "Person",
    "Place",
    "Refused",
    "Request",
    "RequestLog",
    "Sandbox",
    "Watch",
)
