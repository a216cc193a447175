"""The file of one language's rules, and its index."""

from __future__ import annotations

from dataclasses import KW_ONLY

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from bot.domain.crisis import CrisisKind

# Of these there are a thousand, and a model keeps two dictionaries for each: half a megabyte.


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Rule:
    """What one kind of danger sounds like in one language."""

    id: str
    kind: CrisisKind
    about_other: bool = False
    unless: tuple[str, ...] = ()
    """Signs any of which, here or in the lines before, excuses the words; a+b: both together."""
    needs: tuple[str, ...] = ()
    """Signs each of which must be here or in the lines before."""
    _: KW_ONLY
    patterns: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Evidence:
    """A weak sign: one of several that are danger together and none alone."""

    id: str
    family: str
    """Signs of one family count once, with the greatest weight."""
    weight: float = Field(gt=0, lt=1)
    kind: CrisisKind = CrisisKind.SUICIDE
    """Only weights of one kind are added up."""
    unless: tuple[str, ...] = ()
    _: KW_ONLY
    patterns: tuple[str, ...] = Field(min_length=1)


class RuleFile(BaseModel):
    """One language's file as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[str, ...] = ()
    spelling: dict[str, str] = {}
    slots: dict[str, tuple[str, ...]] = {}
    signs: dict[str, tuple[str, ...]] = {}
    idioms: tuple[str, ...] = Field(min_length=1)
    rule: tuple[Rule, ...]
    evidence: tuple[Evidence, ...] = ()


class Index(BaseModel):
    """What is worked out from a file: its patterns by the strings that ask for them."""

    model_config = ConfigDict(frozen=True)

    of: str
    """Digest of the file that it was worked out from."""
    file: RuleFile
    always: tuple[int, ...]
    """Numbers of the patterns that are looked for in every text."""
    triggers: dict[str, str]
    """By the numbers of patterns, the strings that ask for them, each in a line of its own."""
    words: str
