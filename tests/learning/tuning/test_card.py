"""The card of an adapter says what it is and what it is worth."""

from __future__ import annotations

from pathlib import Path

from bot.learning.tuning.card import Card, DataCard, RunCard, write_card
from bot.learning.tuning.figures import Figure, HeldOut
from bot.learning.tuning.settings import Method, TuneSettings

BEFORE = HeldOut(loss=1.4, unlikely=Figure(value=3.5, low=3.1, high=3.9, n=60))
AFTER = HeldOut(
    loss=1.1,
    unlikely=Figure(value=3.25, low=3.0, high=3.5, n=60),
    accuracy=Figure(value=0.75, low=0.6, high=0.85, n=60),
    margin=Figure(value=0.4, low=None, high=None, n=1),
)
CARD = Card(
    base="model.gguf",
    base_sha256="b" * 64,
    adapter="adapter.gguf",
    adapter_sha256="a" * 64,
    adapter_bytes=26_400_000,
    prompt="chatbot/draft",
    prompt_version="0123456789ab",
    settings=TuneSettings(method=Method.DPO, beta=0.25),
    data=DataCard(
        sha256="d" * 64, rows=300, train=240, held=60, situations=100, languages={"en": 300}
    ),
    run=RunCard(
        steps=60, best_step=48, cut=True, seconds=3000.0, needed_gb=5.9, peak_gb=None,
        device="cpu", dtype="bfloat16", first_layer=18, packages={"torch": "2.13.0"},
    ),
    before=BEFORE,
    after=AFTER,
)  # fmt: skip


def test_it_tells_hashes_figures_and_settings(tmp_path: Path) -> None:
    write_card(CARD, tmp_path)
    text = (tmp_path / "card.md").read_text("utf-8")
    for told in ("b" * 64, "d" * 64, "26.4 MB", "beta 0.25", "torch 2.13.0", "cut by the time"):
        assert told in text
    assert "| unlikeliness, nats a token" in text
    assert "3.500 [3.100, 3.900] (n 60)" in text
    assert "0.750 [0.600, 0.850] (n 60)" in text
    assert "0.400 (n 1)" in text
    assert "likelier one" not in text  # it has no such figure


def test_it_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    write_card(CARD, tmp_path)
    assert Card.model_validate_json((tmp_path / "card.json").read_text("utf-8")) == CARD
