"""A GGUF model as a plain folder of Transformers, dequantised once into the cache.

Transformers reads GGUF itself, but takes minutes each time and refuses to save what it read.
Sources: llama.cpp's names of tensors, and its order of the rows of queries and keys in `llama`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bot.errors import SettingError
from bot.llm.embedded.model_files import models_folder
from bot.private_files import make_private_folder

ARCHITECTURES: Final = {"qwen2": "Qwen2ForCausalLM", "llama": "LlamaForCausalLM"}
_BYTES: Final = 4
"""Of a weight in float32, as it is kept."""
_SPARE: Final = 500_000_000
"""Bytes that have to stay free on the disk."""
_IN_LAYER: Final = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_down": "mlp.down_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
}
_OUTSIDE: Final = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}


def dequantised(path: Path, sha256: str, folder: Path | None = None) -> Path:
    """Return the folder of the model's weights in float32, made first if it is not there.

    Raises SettingError where the architecture is unknown or the disk has too little room.
    """
    target = (folder or models_folder() / "dequantised") / f"{path.stem}-{sha256[:12]}"
    if target.exists():
        return target
    make_private_folder(target.parent)
    reader = open_gguf(path)
    _require_disk(reader, target.parent)
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    _write(reader, path, part)
    part.rename(target)
    return target


def open_gguf(path: Path) -> Any:
    """Return gguf's reader of a model file; SettingError where it is none that can be tuned."""
    import gguf  # noqa: PLC0415

    try:
        reader = gguf.GGUFReader(path)
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} is no GGUF model ({type(error).__name__}).") from None
    architecture = gguf_field(reader, "general.architecture")
    if architecture not in ARCHITECTURES:
        known = " and ".join(ARCHITECTURES)
        raise SettingError(f"{path} is a {architecture} model; {known} can be tuned.")
    return reader


def gguf_field(reader: Any, name: str) -> Any:
    """Return a field of a GGUF file, None if it is not there."""
    field = reader.get_field(name)
    return None if field is None else field.contents()


def _require_disk(reader: Any, folder: Path) -> None:
    needed = _BYTES * sum(int(tensor.n_elements) for tensor in reader.tensors) + _SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SettingError(
            f"The model's weights need {needed / 1e9:.1f} GB in {folder}, "
            f"and {free / 1e9:.1f} GB are free."
        )


def _write(reader: Any, path: Path, folder: Path) -> None:
    from safetensors.numpy import save_file  # noqa: PLC0415
    from transformers import AutoTokenizer  # noqa: PLC0415

    make_private_folder(folder)
    state = dict(_weights(reader))
    _config(reader, state).save_pretrained(folder)
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name).save_pretrained(folder)


def _weights(reader: Any) -> Iterator[tuple[str, Any]]:
    """Give each weight under the name that Transformers has for it."""
    import gguf  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    architecture = gguf_field(reader, "general.architecture")
    names = _names(gguf_field(reader, f"{architecture}.block_count"))
    for tensor in reader.tensors:
        stem, kind = tensor.name.rsplit(".", 1)
        if stem not in names:
            raise SettingError(f"The model has a weight {tensor.name} that is not known here.")
        weight = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        if architecture == "llama" and stem.endswith(("attn_q", "attn_k")):
            weight = half_split(weight, _heads(reader, architecture, stem))
        yield f"{names[stem]}.{kind}", np.ascontiguousarray(weight)


def _names(layers: int) -> Mapping[str, str]:
    inner = {
        f"blk.{layer}.{ours}": f"model.layers.{layer}.{theirs}"
        for layer in range(layers)
        for ours, theirs in _IN_LAYER.items()
    }
    return {**_OUTSIDE, **inner}


def _heads(reader: Any, architecture: str, stem: str) -> int:
    kind = "head_count" if stem.endswith("attn_q") else "head_count_kv"
    return int(gguf_field(reader, f"{architecture}.attention.{kind}"))


def half_split(weight: Any, heads: int) -> Any:
    """Return rows that llama.cpp keeps in pairs in the order of Transformers: halves of a head."""
    rows = weight.shape[0] // heads // 2
    return weight.reshape(heads, rows, 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def _config(reader: Any, state: Mapping[str, Any]) -> Any:
    from transformers import AutoConfig  # noqa: PLC0415

    architecture = gguf_field(reader, "general.architecture")

    def of_model(name: str) -> Any:
        return gguf_field(reader, f"{architecture}.{name}")

    theta = of_model("rope.freq_base") or 10_000.0
    return AutoConfig.for_model(
        architecture,
        vocab_size=state["model.embed_tokens.weight"].shape[0],
        hidden_size=of_model("embedding_length"),
        intermediate_size=of_model("feed_forward_length"),
        num_hidden_layers=of_model("block_count"),
        num_attention_heads=of_model("attention.head_count"),
        num_key_value_heads=of_model("attention.head_count_kv"),
        rms_norm_eps=of_model("attention.layer_norm_rms_epsilon"),
        rope_theta=theta,
        rope_parameters={"rope_type": "default", "rope_theta": theta},
        max_position_embeddings=of_model("context_length"),
        tie_word_embeddings="lm_head.weight" not in state,
        bos_token_id=gguf_field(reader, "tokenizer.ggml.bos_token_id"),
        eos_token_id=gguf_field(reader, "tokenizer.ggml.eos_token_id"),
        dtype="float32",
        architectures=[ARCHITECTURES[architecture]],
    )
