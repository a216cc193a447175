"""A Discord on this machine, with people to act as.

Example::

    async with Sandbox() as sandbox:
        discord.http.Route.BASE = sandbox.api_url      # what DISCORD_API_URL sets
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sandbox.gateway_url)
        async with bot:
            running = asyncio.create_task(bot.start(sandbox.token))
            await sandbox.gateway.wait_connected()
            await sandbox.person("Ana").say("#lobby", "Hello!")
"""

from __future__ import annotations

from functools import cached_property

from bot.sandbox.server.http_server import SandboxServer
from bot.sandbox.users.user import SandboxUser


class Sandbox(SandboxServer):
    """The server, with a way to act for each of its people."""

    @cached_property
    def _people(self) -> dict[int, SandboxUser]:
        return {}

    def person(self, who: str | int) -> SandboxUser:
        """Return somebody of the server by name or id. Raises KeyError."""
        user_id = self.guild.person_id(who) if isinstance(who, str) else who
        if user_id not in self.backend.users:
            raise KeyError(who)
        if user_id not in self._people:
            self._people[user_id] = SandboxUser(self.backend, self.typing_state, user_id)
        return self._people[user_id]
