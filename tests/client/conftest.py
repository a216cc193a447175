"""The bot in a server, as the tests of the cogs have it."""

from tests.cogs.conftest import (
    empty_database,
    room,
    script,
    server,
    simcord_bot,
    simcord_env,
    stores,
)

__all__ = ["empty_database", "room", "script", "server", "simcord_bot", "simcord_env", "stores"]
