"""Questions to Discord over REST alone, so that a look needs no bot that is connected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import aiohttp
import discord
from discord.http import Route

PORTAL: Final = "https://discord.com/developers/applications"
ONLINE: Final = "Is the machine online?"
"""What to ask where a name cannot be looked up: mostly it is that, and never a setting."""
SECONDS: Final = 40.0
"""One request's time: discord.py tries up to five times, 25 seconds apart in all."""

Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """Discord did not give what was asked for. ``status`` 0: nothing usable came at all."""

    def __init__(self, status: int, why: str, *, offline: bool = False) -> None:
        super().__init__(why)
        self.status = status
        self.offline = offline
        """Whether not even the name could be looked up."""


@dataclass(frozen=True, slots=True)
class Application:
    """What the developer portal knows of a bot."""

    id: int
    flags: int


@asynccontextmanager
async def rest_client(
    token: str, api_url: str
) -> AsyncIterator[tuple[discord.Client, Mapping[str, Any]]]:
    """Log in to the API at ``api_url``; give the client, and the bot's account. Raises NoAnswer."""
    # There is no voice here, so that discord.py need not warn of what voice would take.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    with _api_at(api_url):
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            account = await ask("/users/@me", _own_account(client.http.static_login(token)))
            yield client, account


@contextmanager
def _api_at(url: str) -> Iterator[None]:
    """Make discord.py talk to the API at ``url`` for as long as this lasts."""
    before, Route.BASE = Route.BASE, url
    try:
        yield
    finally:
        Route.BASE = before


async def ask(path: str, request: Awaitable[Answer]) -> Answer:
    """Return what Discord answers to a request; ``path`` is what it goes to. Raises NoAnswer."""
    try:
        async with asyncio.timeout(SECONDS):
            return await request
    except discord.LoginFailure:
        raise NoAnswer(401, f"Discord answers 401 to {path}") from None
    except discord.HTTPException as error:
        raise NoAnswer(error.status, f"Discord answers {error.status} to {path}") from None
    except discord.RateLimited:
        raise NoAnswer(429, f"Discord answers 429 to {path}") from None
    except aiohttp.ClientConnectorDNSError as error:
        raise NoAnswer(0, f"The name {error.host} cannot be looked up", offline=True) from None
    except (aiohttp.ClientError, OSError) as error:
        why = f"{Route.BASE} cannot be reached ({type(error).__name__})"
        raise NoAnswer(0, why) from None
    except (discord.InvalidData, LookupError, TypeError, ValueError, AttributeError):
        # A page, or JSON of another shape, of which discord.py could make nothing.
        raise NoAnswer(0, f"what answers at {Route.BASE} is not Discord") from None


async def _own_account(request: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the bot's account, as soon as it is one."""
    account = await request
    return {"id": int(account["id"]), "username": str(account["username"])}


async def read_application(client: discord.Client) -> Application:
    """Return what the developer portal knows of the bot. Raises NoAnswer."""
    return await ask("/oauth2/applications/@me", _application(client))


async def _application(client: discord.Client) -> Application:
    application = await client.http.application_info()
    return Application(int(application["id"]), int(application.get("flags", 0)))
