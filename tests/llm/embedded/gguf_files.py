"""GGUF files that tests write: a random model of two layers, and LoRA adapters for it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]
Value = str | bool | int | float | list[str] | list[int]

WIDTH: Final = 64
_HIDDEN: Final = 128
_LAYERS: Final = 2
_HEADS: Final = 2
_RANK: Final = 4
_ALIGNMENT: Final = 32
_TEMPLATE: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIAL: Final = ["<|im_start|>", "<|im_end|>"]


def write_gguf(path: Path, metadata: Mapping[str, Value], tensors: Mapping[str, Tensor]) -> Path:
    """Write a GGUF file, version 3, with tensors in 32-bit floats."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_text(name) + _typed(value) for name, value in metadata.items())
    offset, data = 0, b""
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        data += _padded(np.ascontiguousarray(tensor, np.float32).tobytes())
        offset = len(data)
    path.write_bytes(_padded(head) + data)
    return path


def write_model(path: Path, *, seed: int = 0) -> Path:
    """Write a model of the Llama kind with random weights and a token for each byte."""
    random = np.random.default_rng(seed)
    tokens = [*_byte_letters(), *_SPECIAL]
    described: dict[str, Value] = {
        "general.architecture": "llama",
        "llama.context_length": 4096,
        "llama.embedding_length": WIDTH,
        "llama.block_count": _LAYERS,
        "llama.feed_forward_length": _HIDDEN,
        "llama.attention.head_count": _HEADS,
        "llama.attention.head_count_kv": _HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // _HEADS,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [1] * 256 + [3] * len(_SPECIAL),
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.bos_token_id": 256,
        "tokenizer.ggml.eos_token_id": 257,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": _TEMPLATE,
    }

    def weights(*shape: int) -> Tensor:
        return random.normal(0, 0.6 / np.sqrt(shape[-1]), shape).astype(np.float32)

    tensors = {
        "token_embd.weight": random.normal(0, 1, (len(tokens), WIDTH)).astype(np.float32),
        "output_norm.weight": np.ones(WIDTH, np.float32),
        "output.weight": 4 * weights(len(tokens), WIDTH),
    }
    # It says letters: a half of one, in UTF-8, comes without its probability.
    tensors["output.weight"][[*range(33), *range(127, len(tokens))]] = 0
    for layer in range(_LAYERS):
        block = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            tensors[f"{block}.{norm}.weight"] = np.ones(WIDTH, np.float32)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"{block}.{name}.weight"] = 3 * weights(WIDTH, WIDTH)
        for name in ("ffn_gate", "ffn_up"):
            tensors[f"{block}.{name}.weight"] = 2 * weights(_HIDDEN, WIDTH)
        tensors[f"{block}.ffn_down.weight"] = 2 * weights(WIDTH, _HIDDEN)
    return write_gguf(path, described, tensors)


def write_adapter(
    path: Path, *, seed: int = 1, width: int = WIDTH, metadata: Mapping[str, str]
) -> Path:
    """Write a LoRA adapter that changes what such a model says to every prompt."""
    random = np.random.default_rng(seed)
    described: dict[str, Value] = {
        "general.architecture": "llama",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": float(2 * _RANK),
    }
    tensors = {}
    for layer in range(_LAYERS):
        for name in ("attn_k", "attn_v"):
            weight = f"blk.{layer}.{name}.weight"
            tensors[f"{weight}.lora_a"] = random.normal(0, 0.3, (_RANK, width)).astype(np.float32)
            tensors[f"{weight}.lora_b"] = random.normal(0, 0.3, (width, _RANK)).astype(np.float32)
    return write_gguf(path, {**described, **metadata}, tensors)


def _byte_letters() -> list[str]:
    """Return the printable letter that stands for each byte in such vocabularies."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable}
    letters |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _typed(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    texts = [item for item in value if isinstance(item, str)]
    if texts:
        return struct.pack("<IIQ", 9, 8, len(texts)) + b"".join(map(_text, texts))
    return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
