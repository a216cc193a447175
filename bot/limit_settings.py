"""The operator's limits of a day, from the environment, for all servers of a process.

The defaults are on: nobody in a normal community meets them, and one eager member cannot run up
the bill. A person has some 200 turns a day; a room what ten such people take, a server twenty,
the process fifty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings

from bot.domain.limits import Amount, Limit, OperatorLimits
from bot.domain.turns import Agent
from bot.errors import SettingError

OFF: Final = ("off", "none")
"""Words for no limit; an empty value counts as not set, so that the default holds."""
_SCOPES: Final = ("person", "room", "server", "process")


def _or_off(value: object) -> object:
    return None if isinstance(value, str) and value.strip().casefold() in OFF else value


Count = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_or_off)]
Money = Annotated[
    Annotated[float, Field(gt=0, allow_inf_nan=False)] | None, BeforeValidator(_or_off)
]


class LimitSettings(BaseSettings):
    """The limits: calls, tokens and US dollars a day (UTC), by whom they hold for."""

    cooldown_seconds: float = Field(
        5.0,
        ge=0,
        allow_inf_nan=False,
        description="seconds between two answers to one person, e.g. 5; 0 for none",
    )
    limit_person_calls: Count = Field(
        3_000, description="model calls a day for one person, e.g. 3000; off for no limit"
    )
    limit_person_tokens: Count = Field(
        2_000_000, description="tokens a day for one person, e.g. 2000000; off for no limit"
    )
    limit_person_cost: Money = Field(
        5.0, description="US dollars a day for one person, e.g. 5; off for no limit"
    )
    limit_room_calls: Count = Field(
        30_000, description="model calls a day in one Chat Room, e.g. 30000; off for no limit"
    )
    limit_room_tokens: Count = Field(
        20_000_000, description="tokens a day in one Chat Room, e.g. 20000000; off for no limit"
    )
    limit_room_cost: Money = Field(
        50.0, description="US dollars a day in one Chat Room, e.g. 50; off for no limit"
    )
    limit_server_calls: Count = Field(
        60_000, description="model calls a day in one server, e.g. 60000; off for no limit"
    )
    limit_server_tokens: Count = Field(
        40_000_000, description="tokens a day in one server, e.g. 40000000; off for no limit"
    )
    limit_server_cost: Money = Field(
        100.0, description="US dollars a day in one server, e.g. 100; off for no limit"
    )
    limit_process_calls: Count = Field(
        150_000, description="model calls a day of this process, e.g. 150000; off for no limit"
    )
    limit_process_tokens: Count = Field(
        100_000_000, description="tokens a day of this process, e.g. 100000000; off for no limit"
    )
    limit_process_cost: Money = Field(
        250.0, description="US dollars a day of this process, e.g. 250; off for no limit"
    )

    def refuse_money_without_price(self, unpriced: Sequence[Agent]) -> None:
        """Raise SettingError where a limit in money is set that nothing could be counted for."""
        names = [f"limit_{scope}_cost" for scope in _SCOPES]
        chosen = [
            name
            for name in names
            if name in self.model_fields_set and getattr(self, name) is not None
        ]
        if chosen and unpriced:
            agents = ", ".join(agent.value.capitalize() for agent in unpriced)
            raise SettingError(
                f"{chosen[0].upper()}: is set, but the price of the model is not known ({agents}), "
                "so that nothing would be counted. Set PRICE_PER_MILLION_INPUT and "
                "PRICE_PER_MILLION_OUTPUT (or those of the agent), or limit calls or tokens."
            )

    def limits_of_day(
        self, unpriced: Sequence[Agent], typical_turn: Amount, *, defaults: bool
    ) -> OperatorLimits:
        """Return the limits as the rooms take them; without ``defaults`` only what is set.

        Money is not limited where a model's price is unknown.
        """
        person, room, server, process = (
            self._limit(scope, money=not unpriced, defaults=defaults) for scope in _SCOPES
        )
        return OperatorLimits(
            cooldown=self._value("cooldown_seconds", defaults) or 0.0,
            person=person,
            room=room,
            server=server,
            process=process,
            typical_turn=typical_turn,
            unpriced=tuple(unpriced),
        )

    def _limit(self, scope: str, *, money: bool, defaults: bool) -> Limit:
        calls, tokens, cost = (
            self._value(f"limit_{scope}_{measure}", defaults)
            for measure in ("calls", "tokens", "cost")
        )
        return Limit.of_day(_whole(calls), _whole(tokens), cost if money else None)

    def _value(self, name: str, defaults: bool) -> float | None:
        value: float | None = getattr(self, name)
        return value if defaults or name in self.model_fields_set else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
