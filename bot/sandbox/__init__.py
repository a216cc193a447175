"""A Discord on this machine: REST and gateway over sockets, people to act as, faults on demand.

It stands on simcord's in-memory Discord. `Sandbox` is the way in; `Person` acts for somebody.
"""

from __future__ import annotations

from bot.sandbox.answers import Answer, NoAnswer, Refused
from bot.sandbox.faults import Drop, Fault, Faults
from bot.sandbox.limits import Limit
from bot.sandbox.people import Person
from bot.sandbox.reader import NotSeen
from bot.sandbox.requests import Request, RequestLog
from bot.sandbox.server import Sandbox
from bot.sandbox.views import Message, Place
from bot.sandbox.watch import Watch
from bot.sandbox.world import BOT_PERMISSIONS

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
