"""REST routes that the sandbox answers itself, because simcord's differ from Discord's."""

from __future__ import annotations

from bot.sandbox.server.routes import application, commands, interactions, messages, threads
from bot.sandbox.server.routes.table import Routes

ROUTES = Routes.joined(
    application.routes, commands.routes, interactions.routes, messages.routes, threads.routes
)
