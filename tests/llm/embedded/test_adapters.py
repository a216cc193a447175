"""What is read of an adapter's file, and which files are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.llm.embedded.adapters import BASE_KEY, DATA_KEY, read_adapter, require_base
from bot.llm.embedded.gguf_metadata import read_texts
from tests.llm.embedded.conftest import TinyModel
from tests.llm.embedded.gguf_files import write_adapter, write_gguf


def test_texts_are_found_among_everything_else_in_a_models_head(tiny: TinyModel) -> None:
    names = ("general.architecture", "tokenizer.ggml.model", "llama.block_count", "unheard.of")
    assert read_texts(tiny.path, names) == {
        "general.architecture": "llama",
        "tokenizer.ggml.model": "gpt2",
    }


@pytest.mark.parametrize("length", [0, 4, 23, 24, 40, 90])
def test_a_head_that_is_cut_off(tiny: TinyModel, tmp_path: Path, length: int) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(tiny.path.read_bytes()[:length])
    with pytest.raises(ValueError, match="cut off"):
        read_texts(cut, ("general.type",))


@pytest.mark.parametrize(
    "data",
    [
        b"GGML" + bytes(20),
        b"GGUF" + (1).to_bytes(4, "little") + bytes(16),
        b"GGUF" + (3).to_bytes(4, "little") + bytes(8) + b"\xff" * 8,
        b"GGUF" + (3).to_bytes(4, "little") + bytes(8) + (1).to_bytes(8, "little") + b"\xff" * 8,
    ],
)
def test_a_head_that_makes_no_sense(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "odd.gguf"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="it "):
        read_texts(path, ("general.type",))


def test_an_adapter_says_its_base_and_its_data(tiny: TinyModel) -> None:
    adapter = read_adapter("CHATBOT_ADAPTER", tiny.adapters[0], 0.5)
    assert (adapter.base_sha256, adapter.data_sha256) == (tiny.sha256, "0" * 64)
    require_base(adapter, tiny.path, tiny.sha256)


def test_an_adapter_for_another_base_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    path = write_adapter(tmp_path / "other.gguf", metadata={BASE_KEY: "f" * 64, DATA_KEY: ""})
    adapter = read_adapter("THERAPIST_ADAPTER", path, 1.0)
    with pytest.raises(SettingError) as caught:
        require_base(adapter, tiny.path, tiny.sha256)
    for word in ("THERAPIST_ADAPTER", str(path), "f" * 12, tiny.sha256[:12], str(tiny.path)):
        assert word in caught.value.detail


def test_an_adapter_that_does_not_say_its_base_is_refused(tmp_path: Path) -> None:
    path = write_adapter(tmp_path / "mute.gguf", metadata={})
    with pytest.raises(SettingError) as caught:
        read_adapter("CHATBOT_ADAPTER", path, 1.0)
    assert BASE_KEY in caught.value.detail


def test_a_model_is_no_adapter(tiny: TinyModel) -> None:
    with pytest.raises(SettingError) as caught:
        read_adapter("CHATBOT_ADAPTER", tiny.path, 1.0)
    assert "no LoRA adapter" in caught.value.detail


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "short.gguf", {"general.type": "adapter"}, {})
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(SettingError) as caught:
        read_adapter("CHATBOT_ADAPTER", path, 1.0)
    assert "cut off" in caught.value.detail
