"""Where the gateway of a stand-in for Discord is: its API is asked, as Discord's can be."""

from __future__ import annotations

from typing import Final

import aiohttp

from bot.errors import SettingError

SECONDS: Final = 15.0
"""What a stand-in may take to answer."""


async def gateway_of(api_url: str, token: str) -> str:
    """The gateway's address that the API at ``api_url`` names.

    Raises SettingError if nothing there answers as Discord does.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as session,
            session.get(
                f"{api_url}/gateway/bot",
                headers={"Authorization": f"Bot {token}"},
                raise_for_status=True,
            ) as answer,
        ):
            return str((await answer.json())["url"])
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
        raise SettingError(
            f"DISCORD_API_URL: no Discord answers at {api_url} ({type(error).__name__}). "
            "Unset it to use Discord itself."
        ) from error
