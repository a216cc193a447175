"""A random model of two layers in a GGUF file, with a tokenizer of bytes: small, and whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from transformers.convert_slow_tokenizer import bytes_to_unicode

LAYERS = 2
HIDDEN = 64
INNER = 96
HEADS = 4
KV_HEADS = 2
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("t h", "th e", "Ġ a", "i n")
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_tiny(path: Path, architecture: str = "qwen2", seed: int = 0) -> Path:
    """Write the model; the same seed writes the same file."""
    tokens = [*bytes_to_unicode().values(), *(merge.replace(" ", "") for merge in MERGES)]
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(2048)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens) + len(SPECIAL))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*tokens, *SPECIAL])
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_token_types([normal] * len(tokens) + [control] * len(SPECIAL))
    writer.add_token_merges(list(MERGES))
    writer.add_bos_token_id(len(tokens))
    writer.add_eos_token_id(len(tokens) + 2)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in _tensors(architecture, len(tokens) + len(SPECIAL), seed).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tensors(architecture: str, vocabulary: int, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)

    def matrix(*shape: int) -> Any:
        return random.normal(0, 0.2, shape).astype(np.float32)

    keys = HIDDEN // HEADS * KV_HEADS
    tensors = {
        "token_embd.weight": matrix(vocabulary, HIDDEN),
        "output_norm.weight": 1 + matrix(HIDDEN),
        "output.weight": matrix(vocabulary, HIDDEN),
    }
    for layer in range(LAYERS):
        shapes = {
            "attn_q": (HIDDEN, HIDDEN),
            "attn_k": (keys, HIDDEN),
            "attn_v": (keys, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN),
            "ffn_gate": (INNER, HIDDEN),
            "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }
        named = {f"blk.{layer}.{name}.weight": matrix(*shape) for name, shape in shapes.items()}
        for norm in ("attn_norm", "ffn_norm"):
            named[f"blk.{layer}.{norm}.weight"] = 1 + matrix(HIDDEN)
        if architecture == "qwen2":
            for name in ("attn_q", "attn_k", "attn_v"):
                named[f"blk.{layer}.{name}.bias"] = matrix(shapes[name][0])
        tensors |= named
    return tensors
