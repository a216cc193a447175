"""The one sentence that a person reads whose command or button came to nothing."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord
import structlog
from discord import app_commands

from bot.errors import FourRoomsError
from bot.text.moderator_texts import say

log = structlog.get_logger(__name__)


async def refuse(
    interaction: discord.Interaction[Any], error: Exception, view: discord.ui.View | None = None
) -> None:
    """Say one kind sentence to the person whose command or button failed; the log has more.

    ``view`` is what they can do about it, if anything.
    """
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    payload: dict[str, Any] = {**(interaction.data or {})}
    ids = {
        "command": interaction.command.qualified_name if interaction.command else None,
        "control": payload.get("custom_id"),
        "interaction_id": interaction.id,
        "guild_id": interaction.guild_id,
        "channel_id": interaction.channel_id,
        "user_id": interaction.user.id,
    }
    if isinstance(cause, FourRoomsError):
        log.warning("command refused", detail=cause.detail, **ids)
    elif isinstance(cause, app_commands.CheckFailure):
        log.info("command not allowed", **ids)
    elif not isinstance(cause, app_commands.TransformerError):
        log.error("command failed", exc_info=cause, **ids)
    await tell(interaction, explain_error(cause, interaction.id), view)


def explain_error(error: Exception, reference: int) -> str:
    """Return what a person is told of an error; ``reference`` finds its details in the log."""
    if isinstance(error, app_commands.NoPrivateMessage):
        return say("That only works in a server.")
    if isinstance(error, FourRoomsError | app_commands.CheckFailure):
        return say(str(error))
    if isinstance(error, app_commands.TransformerError):
        return say("I could not understand one of the options. Please choose it from the list.")
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        return say("That command has just changed. Please try again in a minute.")
    return say(
        "Something went wrong on my side. It is in my log under {reference}.", reference=reference
    )


async def tell(
    interaction: discord.Interaction[Any], text: str, view: discord.ui.View | None = None
) -> None:
    """Say ``text`` to the person alone, whether or not the interaction has been answered."""
    controls: dict[str, Any] = {"view": view} if view else {}
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True, **controls)
        else:
            await interaction.response.send_message(text, ephemeral=True, **controls)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("answer not delivered", interaction_id=interaction.id, error=error)
