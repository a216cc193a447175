"""What ends the process where Discord closes the gateway in a way that no new try mends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import discord

from bot.errors import FourRoomsError, SettingError
from bot.logs import describe_error

NOT_ACCEPTED: Final = (
    "DISCORD_TOKEN: Discord does not accept it. Copy a new one from "
    "discord.com/developers/applications, your application, Bot, Reset Token."
)
UPGRADE: Final = (
    "Discord does not take what this version of the bot speaks any more. Upgrade it: {what} "
    "(close code {code})."
)
FATAL_CLOSES: Final[Mapping[int, str]] = {
    4004: NOT_ACCEPTED,
    4010: "SHARD_IDS: Discord knows no such shard. Each is from 0 to one less than SHARD_COUNT; "
    "with both left empty the bot asks Discord.",
    4011: "SHARD_COUNT: Discord wants more shards, as the bot is in more servers than these may "
    "serve. Raise it, or leave it empty: the bot then asks Discord at its start. Where several "
    "processes share the shards, stop all of them first.",
    4012: UPGRADE.format(what="the version of the gateway", code=4012),
    4013: UPGRADE.format(what="the intents that it asks for", code=4013),
}
"""What a person has to do where the gateway is closed with that code: trying again mends nothing.

4014, a missing intent, is an error of its own in discord.py.
"""
_SHARDING_REQUIRED: Final = 4011


def error_for_close(error: discord.ConnectionClosed, *, asks_how_many: bool) -> FourRoomsError:
    """Return what ends the process where discord.py does not connect anew after a close.

    ``asks_how_many``: the bot asks Discord at each start how many shards it is to have.
    """
    if error.code not in FATAL_CLOSES:
        return FourRoomsError(f"Discord closed the connection: {describe_error(error)}")
    if error.code == _SHARDING_REQUIRED and asks_how_many:  # which the next start does
        return FourRoomsError("Discord wants more shards: the next start asks how many.")
    return SettingError(FATAL_CLOSES[error.code])
