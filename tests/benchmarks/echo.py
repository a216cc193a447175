"""What any bot costs: hears a message and replies. Nothing else.

Run as a process by the benchmarks, to have something on this machine to compare with.
"""

from __future__ import annotations

import asyncio
import os

import discord
import yarl


class Echo(discord.Client):
    """One reply for each message."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            chunk_guilds_at_startup=False,
        )

    async def on_message(self, message: discord.Message, /) -> None:
        """Answers people."""
        if not message.author.bot:
            await message.channel.send(message.content or "…")


async def main() -> None:
    """Connects to the Discord that the environment names."""
    api_url = os.environ["DISCORD_API_URL"]
    discord.http.Route.BASE = api_url
    address = yarl.URL(api_url)
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = address.with_scheme("ws").with_path(
        "/gateway"
    )
    async with Echo() as client:
        await client.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
