"""A tuned adapter as a GGUF file: llama.cpp makes of it what PEFT makes of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import gguf
import numpy as np
import pytest
import torch
import xllamacpp
from safetensors.numpy import load_file, save_file

from bot.errors import SettingError
from bot.learning.tuning.adapter_file import (
    AdapterOrigin,
    export_adapter,
)
from bot.learning.tuning.base_weights import dequantised
from bot.llm.embedded.adapters import hash_file, read_adapter, require_base
from tests.tuning.runs import loaded, options, run, write_rows
from tests.tuning.tiny_model import write_tiny

ORIGIN = AdapterOrigin(base="b" * 64, data="d" * 64)


@contextmanager
def served(model: Path, adapter: Path) -> Iterator[str]:
    """The model with the adapter loaded and switched off, as the bot loads it."""
    params: Any = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_parallel, params.n_ctx = 1, 2048
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.ui = params.warmup = False
    params.verbosity = 0
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 0.0)]
    server = xllamacpp.Server(params)
    yield server.listening_address


def next_chances(address: str, ids: list[int], then: int, scale: float) -> dict[int, float]:
    """The log-probability of each next token after ``ids``.

    ``then`` is what is said, whatever was likely: of an end nothing would be told. Probabilities
    are those before that.
    """
    asked = {
        "prompt": ids, "n_predict": 1, "n_probs": 300, "temperature": 0.0,
        "cache_prompt": False, "logit_bias": [[then, 1000.0]], "lora": [{"id": 0, "scale": scale}],
    }  # fmt: skip
    with urlopen(f"{address}/completion", json.dumps(asked).encode(), timeout=60) as answer:  # noqa: S310
        first = json.load(answer)["completion_probabilities"][0]
    return {each["id"]: each["logprob"] for each in first["top_logprobs"]}


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("method", ["sft", "dpo"])
def test_llama_cpp_reads_what_peft_reads(tmp_path: Path, architecture: str, method: str) -> None:
    model = write_tiny(tmp_path / f"{architecture}.gguf", architecture)
    chosen = options(
        write_rows(tmp_path / "rows.jsonl"), tmp_path / "out", model,
        method=method, first_layer=0,
    )  # fmt: skip
    run(chosen)
    prepared, packed = loaded(chosen)
    fresh = packed.with_adapter
    row = prepared.tokens.examples[0].chosen
    ids = [*prepared.tokens.prefix, *row.ids]
    begin = len(prepared.tokens.prefix) + row.start
    with torch.no_grad():
        plain = torch.log_softmax(fresh(torch.tensor([ids])).logits[0], -1)
        load_trained(fresh, tmp_path / "out/adapter")
        tuned = torch.log_softmax(fresh(torch.tensor([ids])).logits[0], -1)
    assert float((tuned - plain)[begin - 1 : -1].abs().max()) > 0.3  # it has learned something
    with served(model, tmp_path / "out/adapter.gguf") as address:
        for at in range(begin, begin + 5):
            for scale, expected in ((1.0, tuned), (0.0, plain)):
                chances = next_chances(address, ids[:at], ids[at], scale)
                assert chances[ids[at]] == pytest.approx(float(expected[at - 1, ids[at]]), abs=0.05)


def load_trained(model: Any, folder: Path) -> None:
    from peft import set_peft_model_state_dict  # noqa: PLC0415 - slow
    from safetensors.torch import load_file as load_tensors  # noqa: PLC0415

    set_peft_model_state_dict(model, load_tensors(folder / "adapter_model.safetensors"))


# ── what it belongs to ──────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def adapter(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a PEFT adapter for the tiny model."""
    folder = tmp_path_factory.mktemp("adapter")
    packed = loaded(options(write_rows(folder / "rows.jsonl"), folder / "out", tiny))[1]
    packed.with_adapter.save_pretrained(folder / "adapter")
    return folder / "adapter"


def test_it_knows_its_base_and_its_rows(tiny: Path, adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.gguf"
    assert export_adapter(adapter, tiny, out, ORIGIN) == out.stat().st_size
    served_as = read_adapter("CHATBOT_ADAPTER", out, 1.0)
    assert AdapterOrigin(base=served_as.base_sha256, data=served_as.data_sha256) == ORIGIN
    require_base(served_as, tiny, ORIGIN.base)


def test_another_base_is_refused(tiny: Path, adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.gguf"
    export_adapter(adapter, tiny, out, ORIGIN)
    with pytest.raises(SettingError) as caught:
        require_base(read_adapter("CHATBOT_ADAPTER", out, 1.0), tiny, "c" * 64)
    assert "another model" in caught.value.detail


def test_what_is_no_adapter_of_ours_is_refused(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        read_adapter("CHATBOT_ADAPTER", tiny, 1.0)
    (tmp_path / "text.gguf").write_text("no model at all, but long enough to be read " * 9)
    with pytest.raises(SettingError):
        read_adapter("CHATBOT_ADAPTER", tmp_path / "text.gguf", 1.0)


# ── what GGUF cannot hold ───────────────────────────────────────────────────────────────────


def changed(adapter: Path, folder: Path, **config: Any) -> Path:
    shutil.copytree(adapter, folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **config}), "utf-8")
    return folder


@pytest.mark.parametrize(
    "config",
    [
        {"use_dora": True},
        {"bias": "all"},
        {"peft_type": "IA3"},
        {"rank_pattern": {"q_proj": 2}},
        {"alpha_pattern": {"q_proj": 2}},
        {"modules_to_save": ["lm_head"]},
        {"lora_bias": True},
    ],
)
def test_what_gguf_cannot_hold_is_refused(
    tiny: Path, adapter: Path, tmp_path: Path, config: dict[str, Any]
) -> None:
    with pytest.raises(SettingError) as caught:
        export_adapter(
            changed(adapter, tmp_path / "a", **config), tiny, tmp_path / "a.gguf", ORIGIN
        )
    assert "GGUF" in caught.value.detail
    assert not (tmp_path / "a.gguf").exists()


def test_an_adapter_that_does_not_fit_the_base_is_refused(
    tiny: Path, adapter: Path, tmp_path: Path
) -> None:
    folder = changed(adapter, tmp_path / "a")
    weights = load_file(folder / "adapter_model.safetensors")
    key = next(key for key in sorted(weights) if key.endswith("lora_B.weight"))
    save_file({**weights, key: weights[key][:-1]}, folder / "adapter_model.safetensors")
    with pytest.raises(SettingError) as caught:
        export_adapter(folder, tiny, tmp_path / "a.gguf", ORIGIN)
    assert "does not fit" in caught.value.detail
    unknown = {key.replace("layers.1.", "layers.7."): value for key, value in weights.items()}
    save_file(unknown, folder / "adapter_model.safetensors")
    with pytest.raises(SettingError) as caught:
        export_adapter(folder, tiny, tmp_path / "a.gguf", ORIGIN)
    assert "no weight" in caught.value.detail


def test_a_scale_by_the_root_of_the_rank_is_kept(tiny: Path, adapter: Path, tmp_path: Path) -> None:
    def alpha(folder: Path) -> float:
        export_adapter(folder, tiny, tmp_path / "a.gguf", ORIGIN)
        field = gguf.GGUFReader(tmp_path / "a.gguf").get_field("adapter.lora.alpha")
        return float(field.contents())

    rooted = changed(adapter, tmp_path / "a", use_rslora=True)
    assert alpha(rooted) == pytest.approx(2 * alpha(adapter))  # of rank 4


# ── the base's weights ──────────────────────────────────────────────────────────────────────


def test_weights_are_dequantised_once(tiny: Path, tmp_path: Path) -> None:
    sha256 = hash_file(tiny)
    folder = dequantised(tiny, sha256, tmp_path)
    weights = load_file(folder / "model.safetensors")
    stored = {tensor.name: tensor.data for tensor in gguf.GGUFReader(tiny).tensors}
    assert np.array_equal(
        weights["model.layers.1.mlp.up_proj.weight"], stored["blk.1.ffn_up.weight"]
    )
    written = (folder / "model.safetensors").stat().st_mtime_ns
    assert dequantised(tiny, sha256, tmp_path) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == written


def test_a_disk_that_is_full_is_said(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("bot.learning.tuning.base_weights.shutil.disk_usage", lambda _: full)
    with pytest.raises(SettingError) as caught:
        dequantised(tiny, "a" * 64, tmp_path)
    assert "GB" in caught.value.detail


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.gguf"
    path.write_text("no model at all, but long enough to be read " * 9)
    with pytest.raises(SettingError) as caught:
        dequantised(path, "a" * 64, tmp_path / "cache")
    assert "no GGUF model" in caught.value.detail
