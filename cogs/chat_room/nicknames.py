"""What people are called in their server: messages from the history name the account alone."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

import discord
import structlog

from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)

KEPT_SECONDS: Final = 60.0
"""How long a name that was looked up serves: the messages of one look into a history."""
MAX_NAMES: Final = 500


class Nicknames:
    """The looker-up of names in servers, each once for a history."""

    def __init__(self) -> None:
        self._names: OrderedDict[tuple[int, int], tuple[float, str]] = OrderedDict()

    async def of_author(self, message: discord.Message) -> str:
        """Return what the author of a message is called in its server."""
        author, guild = message.author, message.guild
        if isinstance(author, discord.Member) or guild is None:
            return author.display_name
        key, now = (guild.id, author.id), time.monotonic()
        at, name = self._names.get(key, (0.0, ""))
        if not name or now - at > KEPT_SECONDS:
            name = await _look_up(guild, author)
            self._names[key] = (now, name)
            if len(self._names) > MAX_NAMES:
                self._names.popitem(last=False)
        return name

    def forget(self, person_id: int) -> None:
        """Forget what a person is called."""
        for key in [key for key in self._names if key[1] == person_id]:
            del self._names[key]


async def _look_up(guild: discord.Guild, author: discord.User) -> str:
    try:
        return (await guild.fetch_member(author.id)).display_name
    except DISCORD_ERRORS as error:  # such as one who has left
        log.info("name not looked up", guild_id=guild.id, error=repr(error))
        return author.display_name
