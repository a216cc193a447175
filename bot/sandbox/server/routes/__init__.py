"""REST routes that the sandbox answers itself, because simcord's differ from Discord's."""

from __future__ import annotations

from bot.sandbox.server.routes import (
    application_routes,
    command_routes,
    interaction_routes,
    message_routes,
    thread_routes,
)
from bot.sandbox.server.routes.table import Routes

ROUTES = Routes.joined(
    application_routes.routes,
    command_routes.routes,
    interaction_routes.routes,
    message_routes.routes,
    thread_routes.routes,
)
