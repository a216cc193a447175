"""The link by which somebody invites the bot to their server."""

from __future__ import annotations

from typing import Final

import discord

from bot.client.discord_rest import ONLINE, PORTAL, NoAnswer, read_application, rest_client
from bot.domain.permissions import REQUIRED_PERMISSIONS
from bot.errors import FourRoomsError, SettingError
from bot.settings import Settings

SCOPES: Final = ("bot", "applications.commands")
NO_TOKEN: Final = f"DISCORD_TOKEN is not set. Copy it from {PORTAL}, your application, Bot."
REFUSED: Final = (
    "DISCORD_TOKEN is not one that Discord accepts. "
    f"Copy a new one from {PORTAL}, your application, Bot, Reset Token."
)


def invite_link(application_id: int) -> str:
    """Return the link for an application: it asks for what `/setup` checks, and no more."""
    flags = {right.flag for needed in REQUIRED_PERMISSIONS.values() for right in needed}
    permissions = discord.Permissions(**dict.fromkeys(flags, True))
    return discord.utils.oauth_url(application_id, permissions=permissions, scopes=SCOPES)


async def read_invite_link(settings: Settings) -> str:
    """Ask Discord whose token is set, and return the link for it.

    Raises SettingError where there is no token or Discord refuses it, FourRoomsError where no
    answer comes.
    """
    if settings.discord_token is None:
        raise SettingError(NO_TOKEN)
    token = settings.discord_token.get_secret_value()
    try:
        async with rest_client(token, settings.discord_api_url) as (client, _):
            return invite_link((await read_application(client)).id)
    except NoAnswer as error:
        if error.status == 401:
            raise SettingError(REFUSED) from None
        mend = ONLINE if error.offline else "Try again in a minute."
        raise FourRoomsError(f"{error}. {mend}") from None
