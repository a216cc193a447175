"""A server's own limits, over all of its Chat Rooms together: what its admins may change.

They come on top of the operator's: the narrower one holds. A field's title and description are
what the panel in Discord shows.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.limits import Limit

MOST_CALLS: Final = 10_000_000
MOST_TOKENS: Final = 10_000_000_000
MOST_DOLLARS: Final = 100_000
LONGEST_COOLDOWN: Final = 3600
"""Seconds: after an hour nobody remembers what they asked."""
MOST_ROLES: Final = 10


class ServerLimits(BaseModel):
    """The limits of a server, and who is beyond those of a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cooldown: float | None = Field(
        None,
        ge=0,
        le=LONGEST_COOLDOWN,
        allow_inf_nan=False,
        title="cooldown, seconds",
        description="between two answers to one person; empty: as whoever runs the bot set it",
    )
    person_calls: int | None = Field(
        None,
        ge=1,
        le=MOST_CALLS,
        title="a person, calls a day",
        description="model calls for one person in all rooms here; a reply takes about ten",
    )
    person_tokens: int | None = Field(
        None,
        ge=1,
        le=MOST_TOKENS,
        title="a person, tokens a day",
        description="tokens for one person in all rooms here; a reply takes about 10,000",
    )
    person_cost: float | None = Field(
        None,
        gt=0,
        le=MOST_DOLLARS,
        allow_inf_nan=False,
        title="a person, US $ a day",
        description="what the models may cost for one person in all rooms here",
    )
    exempt_roles: tuple[int, ...] = Field(
        (),
        max_length=MOST_ROLES,
        title="exempt roles",
        description="no cooldown and no limit of a person for them: names or ids, with commas",
    )
    server_calls: int | None = Field(
        None,
        ge=1,
        le=MOST_CALLS,
        title="server, calls a day",
        description="model calls of all rooms here; then all rest until tomorrow (UTC)",
    )
    server_tokens: int | None = Field(
        None,
        ge=1,
        le=MOST_TOKENS,
        title="server, tokens a day",
        description="tokens of all rooms here; then all rest until tomorrow (UTC)",
    )
    server_cost: float | None = Field(
        None,
        gt=0,
        le=MOST_DOLLARS,
        allow_inf_nan=False,
        title="server, US $ a day",
        description="what the models may cost here; then all rooms rest until tomorrow (UTC)",
    )

    @property
    def person(self) -> Limit:
        """Return the limit of each person here."""
        return Limit.of_day(self.person_calls, self.person_tokens, self.person_cost)

    @property
    def server(self) -> Limit:
        """Return the limit of all rooms together."""
        return Limit.of_day(self.server_calls, self.server_tokens, self.server_cost)
