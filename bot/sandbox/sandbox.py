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

from bot.sandbox.server.guild import BOT_PERMISSIONS, GuildSetup
from bot.sandbox.server.http_server import SandboxServer
from bot.sandbox.users.user import SandboxUser


class Sandbox(SandboxServer):
    """The server, with a way to act for each of its people."""

    @cached_property
    def _people(self) -> dict[tuple[int, int], SandboxUser]:
        return {}

    def person(self, who: str | int, *, of: GuildSetup | None = None) -> SandboxUser:
        """Return somebody of the server, or of another one, by name or id. Raises KeyError."""
        guild = of or self.guild
        user_id = guild.person_id(who) if isinstance(who, str) else who
        if user_id not in self.backend.users:
            raise KeyError(who)
        key = (guild.guild_id, user_id)
        if key not in self._people:
            self._people[key] = SandboxUser(
                self.backend, self.typing_state, user_id, guild.guild_id if of else None
            )
        return self._people[key]

    def add_guild(self, shard_id: int, shard_count: int) -> GuildSetup:
        """Make another server like the first, with people of its own, on that shard of so many."""
        guild = GuildSetup(self.backend)
        self.backend.aim_at_shard(shard_id, shard_count)
        guild.build(BOT_PERMISSIONS)
        return guild
