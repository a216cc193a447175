"""The conversations of a simulation: between whom, how long, and with which seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.seeds import piece_seed
from bot.errors import SettingError
from bot.prompting.user_personas import UserPersona, UserPersonaKind

ALL: Final = "all"
MOST_TURNS: Final = 50
"""A small model runs in circles long before, and its context is full."""


@dataclass(frozen=True, slots=True)
class TalkPlan:
    """One conversation: who plays the User, and the seed that all its calls get."""

    persona: UserPersona
    number: int
    """Counts a persona's conversations from 1."""
    seed: int

    @property
    def name(self) -> str:
        """Return the name by which people tell it from the others."""
        return f"{self.persona.name} {self.number}"


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """The conversations to be held: ``conversations`` with each of the ``people``."""

    people: tuple[UserPersona, ...]
    chatbot_persona: str = "default"
    conversations: int = 1
    turns: int = 5
    """At most: the AI User may end the talk."""
    seed: int = 1
    at_once: int = 4

    def talks(self) -> list[TalkPlan]:
        """Return every talk; the people take turns, so that a broken run has some of each."""
        return [
            TalkPlan(persona, number, piece_seed(self.seed, persona.name, number))
            for number in range(1, self.conversations + 1)
            for persona in self.people
        ]


def choose_people(
    user_personas: Mapping[str, UserPersona], names: Sequence[str]
) -> tuple[UserPersona, ...]:
    """Return those of these names or kinds, or ``all``; in the personas' order, each once.

    SettingError lists whom there is if one is not known.
    """
    kinds = {kind.value for kind in UserPersonaKind}
    accepted = {ALL, *kinds, *user_personas}
    if unknown := [name for name in names if name not in accepted]:
        raise SettingError(
            f"--persona {unknown[0]!r}: there is no such persona for the AI User. "
            f"There are: {ALL}, {', '.join(sorted(kinds))}, {', '.join(sorted(user_personas))}."
        )
    wanted = set(names)
    return tuple(
        persona
        for persona in user_personas.values()
        if wanted & {ALL, persona.kind.value, persona.name}
    )
