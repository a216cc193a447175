"""The records of a run, one a line, from which every table is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from bot.domain import HARMS, Value
from bot.evaluation.spent import Spent
from bot.evaluation.talk_records import (
    ComparedTalkTexts,
    JudgedTalkText,
    ReviewedDraft,
    TalkTurn,
)

DRAFT: Final = "draft"
"""The version of a text that every condition was given."""
DRAFT_AGAIN: Final = "draft, scored again"
DRAFT_REWORDED: Final = "draft, reworded"
"""The sham controls: nothing was done to the draft that could make it better."""


class Header(Value):
    """The description of a run. Another header is another run."""

    kind: Literal["header"] = "header"
    what: str
    seed: int
    repeats: int
    sets: str
    """Hash of the rows, in order."""
    models: str
    prompts: Mapping[str, str]
    """Name to version."""
    conditions: tuple[str, ...] = ()
    critics: Mapping[str, str]
    """Name to method, with the version of what it depends on."""


class DraftedText(Value):
    """The draft of a scenario that every condition was given."""

    kind: Literal["draft"] = "draft"
    scenario: str
    repeat: int
    text: str = ""
    written: bool = False
    """Whether a person wrote it beforehand, and not the Chatbot."""
    failure: str | None = None
    spent: Spent = Spent()

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.scenario, str(self.repeat))


class RepliedText(Value):
    """The text that a condition made of the draft: what the person would have got."""

    kind: Literal["reply"] = "reply"
    scenario: str
    repeat: int
    condition: str
    text: str = ""
    withheld: bool = False
    """Whether the text is an apology or canned refusal in place of a reply."""
    rounds: int = 0
    failure: str | None = None
    spent: Spent = Spent()

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.scenario, str(self.repeat), self.condition)


class ScoredText(Value):
    """A Critic's scores of one version of a text; ``values`` None means unknown, never 0."""

    kind: Literal["score"] = "score"
    scenario: str
    repeat: int
    version: str
    """``draft``, a sham, or the name of a condition; the Critic does not get to know it."""
    critic: str
    values: Mapping[str, int] | None = None
    failure: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.scenario, str(self.repeat), self.version, self.critic)

    @property
    def worst(self) -> float | None:
        """Return the highest of the three harms."""
        return None if self.values is None else float(max(self.values[harm] for harm in HARMS))


class JudgedText(Value):
    """The judge's answers on one version of a text: each 0-1, None where unknown or not asked."""

    kind: Literal["judgement"] = "judgement"
    scenario: str
    repeat: int
    version: str
    answers: float | None = None
    """Whether it answers what the person said."""
    contradicts: float | None = None
    """Whether it contradicts a fact of the scenario."""
    flatters: float | None = None
    failure: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.scenario, str(self.repeat), self.version)


Record = Annotated[
    DraftedText
    | RepliedText
    | ScoredText
    | JudgedText
    | ReviewedDraft
    | TalkTurn
    | JudgedTalkText
    | ComparedTalkTexts,
    Field(discriminator="kind"),
]
LINE: Final[TypeAdapter[Header | Record]] = TypeAdapter(
    Annotated[Header | Record, Field(discriminator="kind")]
)
"""Reads one line of a run's file."""
