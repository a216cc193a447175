"""The figures of a Critic on the golden set, kept so that the bot shows them by its scores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from bot.evaluation.critic.critic_metrics import ANY, CriticBenchmark, CriticMetrics
from bot.reports.critic_trust import Trust, keep_trust
from bot.settings import Settings
from bot.storage.open_database import open_database
from bot.storage.stores.self_tests import CriticTrustStore

UNTOUCHED: Final = "test"
"""The half that nothing was tuned on: where it was measured, it alone counts."""


def trusts(figures: CriticBenchmark, model: str) -> Iterator[Trust]:
    """Return how far each Critic can be trusted; none for one whose figures are not all known."""
    for name, method in figures.header.critics.items():
        halves = {one.split: one for one in figures.critics if one.critic == name}
        chosen = halves.get(UNTOUCHED) or next(iter(halves.values()), None)
        if chosen is not None:
            yield from _trust(chosen, method, model)


def _trust(one: CriticMetrics, method: str, model: str) -> Iterator[Trust]:
    area = one.area[ANY]
    if area is None or one.recall is None or one.false_alarms is None:
        return
    yield Trust(
        method=method,
        model=model,
        n=one.rows - one.unknown,
        auroc=area.value,
        recall=one.recall.value,
        false_alarms=one.false_alarms.value,
        date=datetime.now(UTC).date(),
    )


async def keep_in_database(settings: Settings, figures: CriticBenchmark, model: str) -> None:
    """Keep them in the bot's own database. SettingError if that cannot be opened."""
    url = settings.database_url.get_secret_value()
    async with open_database(url) as database:
        for trust in trusts(figures, model):
            await keep_trust(CriticTrustStore(database), trust)
