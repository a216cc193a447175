"""What any bot costs: hears a message, asks a model once, replies. Nothing else.

Run as a process by the benchmarks, to have something on this machine to compare with.
"""

from __future__ import annotations

import asyncio
import os

import discord
import yarl
from openai import AsyncOpenAI


class Echo(discord.Client):
    """One model call for each message."""

    def __init__(self, model: AsyncOpenAI) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            chunk_guilds_at_startup=False,
        )
        self.model = model

    async def on_message(self, message: discord.Message, /) -> None:
        """Answers people."""
        if not message.author.bot:
            answer = await self.model.chat.completions.create(
                model=os.environ["MODEL"], messages=[{"role": "user", "content": message.content}]
            )
            await message.channel.send(answer.choices[0].message.content or "…")


async def main() -> None:
    """Connects to the Discord that the environment names."""
    api_url = os.environ["DISCORD_API_URL"]
    discord.http.Route.BASE = api_url
    address = yarl.URL(api_url)
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = address.with_scheme("ws").with_path(
        "/gateway"
    )
    async with AsyncOpenAI() as model, Echo(model) as client:
        await client.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
