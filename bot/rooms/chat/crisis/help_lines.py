"""Help lines by country, as data: what a crisis text names for a server's country."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.rooms.chat.crisis.help_texts import CrisisTopic

MOST_LINES: Final = 2
"""Most lines named at once: a person in danger should not have to choose."""


class LineKind(StrEnum):
    """For whom a line is."""

    ANY = "any"
    HOME = "home"
    YOUNG = "young"


class HelpLine(BaseModel):
    """One line that people answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    number: str
    url: str = Field(pattern="^https://")
    kind: LineKind

    def __str__(self) -> str:
        """As it stands in a text; in angle brackets, so that Discord shows no preview."""
        return f"{self.name}: {self.number} <{self.url}>"


class CountryHelp(BaseModel):
    """What a country has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emergency: str
    lines: tuple[HelpLine, ...]

    def lines_for(self, topic: CrisisTopic) -> str | None:
        """Return the lines for ``topic``, the fitting one first; None if there is none."""
        first = LineKind.HOME if topic is CrisisTopic.HOME else LineKind.ANY
        usual = [
            line for line in self.lines if line.kind is not LineKind.HOME or line.kind is first
        ]
        ordered = sorted(usual, key=lambda line: line.kind is not first)
        return "; ".join(map(str, ordered[:MOST_LINES])) or None


@cache
def countries() -> dict[str, CountryHelp]:
    """Every country with known help, by its ISO 3166-1 code."""
    written = files(__package__).joinpath("help_lines.toml").read_text("utf-8")
    return TypeAdapter(dict[str, CountryHelp]).validate_python(tomllib.loads(written))


def country_help(code: str) -> CountryHelp | None:
    """Return the help of the country ``code``, or None if it is not known."""
    return countries().get(code.upper())
