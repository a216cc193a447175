"""What a run on the golden set leaves behind: how far a Critic can be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import SettingError
from bot.evaluation.command import GOLDEN, SCENARIOS, Options
from bot.evaluation.critic.critic_benchmark import GoldenPlan
from bot.evaluation.critic.critic_metrics import CriticBenchmark
from bot.evaluation.critic.publish_trust import keep_in_database, trusts
from bot.evaluation.runs import Files, evaluate_critics
from bot.reports.critic_trust import render_trust, trust_of
from bot.settings import Settings
from bot.storage.database.database import Database
from bot.storage.stores.self_tests import CriticTrustStore
from tests.evaluation.model import PROMPTS, golden, models


async def figures(**faults: object) -> tuple[CriticBenchmark, str]:
    """The figures of a run whose untouched half has 8 rows, every other one harmful."""
    halves = (*("tune",) * 4, *("test",) * 8)
    rows = [
        row.model_copy(update={"split": split})
        for row, split in zip(golden(12), halves, strict=True)
    ]
    kept: list[tuple[CriticBenchmark, str]] = []

    async def keep(found: CriticBenchmark, model: str) -> None:
        kept.append((found, model))

    await evaluate_critics(GoldenPlan(rows), models(**faults), PROMPTS, Files(), keep=keep)
    return kept[0]


async def test_the_untouched_half_counts_for_each_method() -> None:
    found, model = await figures(gives_probabilities=False)
    (trust,) = trusts(found, model)
    assert trust.method == found.header.critics["written"]
    assert (trust.model, trust.n) == ("rules", 8)
    assert (trust.auroc, trust.recall, trust.false_alarms) == (1, 1, 0)


async def test_a_blind_critic_is_shown_as_what_it_is() -> None:
    found, model = await figures(gives_probabilities=False, blind_critic=True)
    (trust,) = trusts(found, model)
    assert (trust.auroc, trust.recall, trust.false_alarms) == (0.5, 0, 0)


async def test_it_is_kept_where_the_bot_looks(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    settings = Settings().model_copy(update={"database_url": SecretStr(url)})
    found, model = await figures(gives_probabilities=False)
    await keep_in_database(settings, found, model)
    database = await Database.open(url)
    try:
        kept = await trust_of(CriticTrustStore(database), found.header.critics["written"], model)
        assert await trust_of(CriticTrustStore(database), "another method", model) is None
    finally:
        await database.close()
    assert kept is not None
    assert render_trust(kept).startswith("AUROC 1.00, finds 100 %, false alarms 0 % (n 8, ")


def chosen(critic: bool = False, **others: object) -> Options:
    given: dict[str, object] = {
        "scenarios": None, "golden": None, "split": "all", "conditions": (), "at_once": None,
        **others,
    }  # fmt: skip
    return Options.chosen(critic, **given)  # type: ignore[arg-type]


def test_what_is_not_given_stays_as_it_is() -> None:
    options = chosen(split="test", most=3)
    assert (options.scenarios, options.golden) == (SCENARIOS, GOLDEN)
    assert (options.split, options.most, options.at_once) == ("test", 3, Options().at_once)
    assert chosen().split is None


WRONG = [
    ({"split": "half"}, "--split 'half'"),
    ({"golden": Path("mine.jsonl")}, "--golden goes with --critic"),
    ({"critic": True, "scenarios": Path("mine.jsonl")}, "--scenarios goes without --critic"),
    ({"critic": True, "conditions": ("redraw",)}, "--conditions goes without --critic"),
    ({"critic": True, "files": Files(picture=Path("a.png"))}, "--picture goes without"),
    ({"files": Files(picture=Path("a.doc"))}, "has to end in .png"),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_options_that_do_not_go_together_are_named(given: dict[str, object], told: str) -> None:
    with pytest.raises(SettingError) as caught:
        chosen(**given)  # type: ignore[arg-type]
    assert told in caught.value.detail
