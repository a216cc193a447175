"""Posting in Discord: what a failure means for whoever wants to try again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import discord

from bot.errors import DeliveryError, DeliveryRefused, DeliveryUncertain

DISCORD_ERRORS: Final = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""All that a call to Discord raises: discord.py lets the errors of its connection through."""


@contextmanager
def as_delivery_errors(what: str) -> Iterator[None]:
    """Turns whatever a call to Discord raises into a DeliveryError; ``what`` was to be done."""
    try:
        yield
    except DISCORD_ERRORS as error:
        raise delivery_error(error, what) from error


def delivery_error(error: Exception, what: str) -> DeliveryError:
    """What ``error`` says of the post: it is not there, may be there, or is refused for good."""
    detail = f"{what}: {_brief(error)}"
    if isinstance(error, discord.RateLimited | aiohttp.ClientConnectorError):
        return DeliveryError(detail)
    if not isinstance(error, discord.HTTPException):
        return DeliveryUncertain(detail)  # the request went out, the answer did not come back
    if error.status in (401, 429):
        return DeliveryError(detail)
    # Behind a 5xx the message may have been stored all the same.
    return DeliveryUncertain(detail) if error.status >= 500 else DeliveryRefused(detail)


def _brief(error: Exception) -> str:
    if isinstance(error, discord.HTTPException):
        return f"Discord said {error.status} ({error.code}): {error.text or error.response.reason}"
    if isinstance(error, discord.RateLimited):
        return f"Discord asks to wait {error.retry_after:.0f} s"
    return f"no answer from Discord ({type(error).__name__})"
