"""The doctor's look at the embedded model: its adapters, and models of the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.doctor.findings import Finding, Mark
from bot.doctor.model_checks import examine_models
from bot.llm.embedded.adapters import BASE_KEY
from bot.settings import Settings, variables
from tests.llm.embedded.conftest import TinyModel
from tests.llm.embedded.gguf_files import write_adapter
from tests.stand_ins.model_hub import ModelHub

Load = Callable[..., Settings]
NAME = "some/model/tiny.gguf"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)

    def load_with(**environment: object) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        return Settings.load(None)

    return load_with


def marks(found: list[Finding]) -> list[tuple[str, Mark]]:
    return [(one.what, one.mark) for one in found]


async def test_each_adapter_is_asked_with_and_without(load: Load, tiny: TinyModel) -> None:
    one, two = tiny.adapters
    found = await examine_models(
        load(
            EMBEDDED_MODEL=tiny.path,
            CHATBOT_ADAPTER=one,
            CHATBOT_ADAPTER_SCALE="0.5",
            THERAPIST_ADAPTER=two,
            THERAPIST_ADAPTER_SCALE="0",
        )
    )
    assert marks(found) == [("Model", Mark.OK), ("Adapter", Mark.OK), ("Adapter", Mark.NOTE)]
    assert "It is the Chatbot, Therapist, Critic." in found[0].said
    assert found[1].said.startswith("The Chatbot speaks with adapter one (")
    assert ") at 0.5, made for this model. It answers in " in found[1].said
    assert " s without it (scale 0)." in found[1].said
    assert found[2].said == "two.gguf is at scale 0: the Therapist speaks without it."


async def test_an_adapter_of_another_model_is_a_wrong_setting(
    load: Load, tiny: TinyModel, tmp_path: Path
) -> None:
    other = write_adapter(tmp_path / "other.gguf", metadata={BASE_KEY: "f" * 64})
    (found,) = await examine_models(load(EMBEDDED_MODEL=tiny.path, CHATBOT_ADAPTER=other))
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "CHATBOT_ADAPTER" in found.said
    assert "made for another model" in found.said


async def test_a_model_of_the_hub_before_and_after_its_first_start(
    load: Load, tiny: TinyModel, tmp_path: Path
) -> None:
    content = tiny.path.read_bytes()
    async with ModelHub("some/model/resolve/main/tiny.gguf", content) as hub:
        settings = load(EMBEDDED_MODEL=NAME, HF_ENDPOINT=hub.url)
        found = await examine_models(settings)
        assert hub.ranges == ["bytes=0-3"], "nothing is fetched by a look"
    assert marks(found) == [("Model", Mark.NOTE), ("Model", Mark.NOTE)]
    assert "0 MB are fetched into " in found[0].mend
    assert " MB are free." in found[0].mend
    path = tmp_path / "four-rooms/models" / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    pin = f'{{"bytes": {len(content)}, "sha256": "{tiny.sha256}"}}'
    path.with_name("tiny.gguf.pin").write_text(pin)
    found = await examine_models(settings)
    assert marks(found) == [("Model", Mark.OK), ("Model", Mark.NOTE)]
    assert f"Nothing of this project was fitted for {NAME}" in found[1].said


async def test_a_name_that_the_hub_does_not_know(load: Load) -> None:
    async with ModelHub("another", b"GGUF") as hub:
        (found,) = await examine_models(load(EMBEDDED_MODEL=NAME, HF_ENDPOINT=hub.url))
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "HTTP 404" in found.said


async def test_a_hub_that_cannot_be_reached(load: Load) -> None:
    settings = load(EMBEDDED_MODEL=NAME, HF_ENDPOINT="http://127.0.0.1:9")
    (found,) = await examine_models(settings)
    assert (found.mark, found.setting) == (Mark.WRONG, False)
    assert "HF_ENDPOINT" in found.mend
