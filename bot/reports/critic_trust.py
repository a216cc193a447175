"""The trust that a Critic deserves: the figures of its last self-test, beside every score."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Final, Protocol

from pydantic import ValidationError

from bot.domain import Value
from bot.prompting.templates import FOLDER
from bot.reasons import Reason, because
from bot.text.moderator_texts import say

NOT_TESTED: Final = "not tested"
MEASURED_IN: Final = frozenset({"en"})
"""The languages of the labelled replies: of replies in others nobody knows how good a Critic is."""
GOOD_FROM: Final = 0.9
FAIR_FROM: Final = 0.8
"""AUROC from which a Critic is called good or fair."""
SHIPPED: Final = FOLDER / "critic" / "trust.jsonl"
"""Self-tests of the embedded model's Critic on the untouched half of the golden set."""


class Trust(Value):
    """A self-test of one method with one model on labelled replies; figures 0-1."""

    method: str
    """With its version, as it stands beside the scores."""
    model: str
    n: int
    auroc: float
    recall: float
    false_alarms: float
    date: date


class TrustStore(Protocol):
    """A place for the figures, in JSON: `bot.storage.stores.self_tests.CriticTrustStore`."""

    async def get(self, method: str, model: str) -> str | None:
        """Return the figures of that method and model."""
        ...

    async def keep(self, method: str, model: str, figures: str) -> None:
        """Keep the figures of that method and model."""
        ...


async def keep_trust(store: TrustStore, trust: Trust) -> None:
    """Keep the figures of a self-test, in place of the earlier ones of that method and model."""
    await store.keep(trust.method, trust.model, trust.model_dump_json())


async def trust_of(store: TrustStore, method: str, model: str) -> Trust | None:
    """Return the figures for exactly that method, version and model; None if it was not tested.

    Those that were measured here, or else those that came with the prompts.
    """
    kept = await store.get(method, model)
    if kept is None:
        return _shipped().get((method, model))
    try:
        return Trust.model_validate_json(kept)
    except ValidationError:  # kept by another version: as good as not tested
        return None


@cache
def _shipped() -> dict[tuple[str, str], Trust]:
    lines = SHIPPED.read_text("utf-8").splitlines() if SHIPPED.exists() else []
    tests = (Trust.model_validate_json(line) for line in lines if line.strip())
    return {(one.method, one.model): one for one in tests}


def render_trust(trust: Trust | None) -> Reason:
    """Return ``AUROC 0.93, finds 88 %, false alarms 4 % (n 240, 2026-11-21)``, or "not tested"."""
    if trust is None:
        return because(NOT_TESTED)
    return because(
        "AUROC {auroc}, finds {found} %, false alarms {false} % (n {n}, {day})",
        auroc=trust.auroc,
        found=round(100 * trust.recall),
        false=round(100 * trust.false_alarms),
        n=trust.n,
        day=trust.date.isoformat(),
    )


def trust_in_words(trust: Trust | None) -> str:
    """Return the same in plain words: ``good, in English``, ``fair, …``, ``weak, …``."""
    if trust is None:
        return say(NOT_TESTED)
    if trust.auroc >= GOOD_FROM:
        return say("good, in English (it was not tested in other languages)")
    if trust.auroc >= FAIR_FROM:
        return say("fair, in English (it was not tested in other languages)")
    return say("weak, in English (it was not tested in other languages)")


async def render_critics(store: TrustStore, critics: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Say in words how far each Critic (method, model) can be trusted, by how it is named."""
    return {
        f"{method} by {model}": render_trust(await trust_of(store, method, model))
        for method, model in sorted(set(critics))
    }
