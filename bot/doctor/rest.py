"""Discord's REST API, as much of it as a look at the bot needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

SECONDS: Final = 10.0
"""One request's time; Discord answers in well under one."""

Answer = TypeVar("Answer", bound=BaseModel)


class Me(BaseModel):
    """The bot's own account."""

    id: int
    username: str


class Application(BaseModel):
    """What the developer portal knows of the bot."""

    id: int
    flags: int = 0


class Role(BaseModel):
    """A role of a server."""

    id: int
    permissions: int


class Guild(BaseModel):
    """A server."""

    id: int
    name: str
    owner_id: int
    roles: list[Role]


class Member(BaseModel):
    """The bot as a member of a server."""

    roles: list[int]


class Overwrite(BaseModel):
    """What a channel allows and denies to one role or member."""

    id: int
    allow: int
    deny: int


class Channel(BaseModel):
    """A channel of a server."""

    id: int
    name: str
    permission_overwrites: list[Overwrite] = []


class NoAnswer(Exception):
    """Discord did not give what was asked for. ``status`` 0: nothing usable came at all."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Rest:
    """Asks Discord as the bot."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session = session
        self._api_url = api_url

    async def get(self, path: str, answer: type[Answer]) -> Answer:
        """What Discord answers there; raises NoAnswer."""
        try:
            async with self._session.get(f"{self._api_url}{path}") as response:
                if response.status != 200:
                    raise NoAnswer(response.status, f"Discord answers {response.status} to {path}")
                return answer.model_validate_json(await response.read())
        except ValidationError:
            raise NoAnswer(0, f"what answers at {self._api_url} is not Discord") from None
        except (aiohttp.ClientError, OSError) as error:
            why = f"{self._api_url} cannot be reached ({type(error).__name__})"
            raise NoAnswer(0, why) from None


@asynccontextmanager
async def open_rest(api_url: str, token: str) -> AsyncIterator[Rest]:
    """Discord's API at that address, asked with that token."""
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bot {token}"}, timeout=aiohttp.ClientTimeout(total=SECONDS)
    ) as session:
        yield Rest(session, api_url)
