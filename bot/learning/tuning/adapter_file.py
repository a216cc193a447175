"""A PEFT adapter as a GGUF adapter that llama.cpp loads, tied to the base that it was made for.

Source of the format: llama.cpp's ``llama-adapter.cpp``. For each tuned weight there are two
tensors, NAME.lora_a (rank x inputs) and NAME.lora_b (outputs x rank); what they add is multiplied
by ``adapter.lora.alpha`` / rank, the rank being read off the tensors.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bot.domain import Value
from bot.errors import SettingError
from bot.learning.tuning.base_weights import gguf_field, open_gguf
from bot.llm.embedded.adapters import BASE_KEY, DATA_KEY

_NOT_HELD: Final = (
    "alora_invocation_tokens",
    "alpha_pattern",
    "fan_in_fan_out",
    "layer_replication",
    "lora_bias",
    "modules_to_save",
    "rank_pattern",
    "target_parameters",
    "trainable_token_indices",
    "use_dora",
)
"""What an adapter of PEFT can have and a GGUF adapter cannot."""


class AdapterOrigin(Value):
    """What an adapter belongs to: hashes (SHA-256) of its base's file and of its rows."""

    base: str
    data: str


def export_adapter(adapter: Path, base: Path, out: Path, origin: AdapterOrigin) -> int:
    """Write the adapter of a PEFT folder as GGUF for the model in ``base``; return its bytes.

    SettingError where the adapter does not fit the base, or has what GGUF cannot hold.
    """
    from safetensors.numpy import load_file  # noqa: PLC0415

    rank, alpha = _shape(json.loads((adapter / "adapter_config.json").read_text("utf-8")))
    target = _Target(open_gguf(base), rank)
    tensors = load_file(adapter / "adapter_model.safetensors")
    named = dict(target.named(tensors))
    _write(out, target.architecture, alpha, origin, named)
    return out.stat().st_size


def _shape(config: Mapping[str, Any]) -> tuple[int, float]:
    """Return rank and alpha as llama.cpp counts them; SettingError for what GGUF cannot hold."""
    odd = [name for name in _NOT_HELD if config.get(name)]
    if config.get("peft_type") != "LORA" or config.get("bias", "none") != "none" or odd:
        what = ", ".join(odd) or "biases or another kind than LoRA"
        raise SettingError(f"An adapter with {what} cannot be kept in a GGUF file.")
    rank, alpha = int(config["r"]), float(config["lora_alpha"])
    # PEFT then divides by the root of the rank, llama.cpp always by the rank.
    return rank, alpha * math.sqrt(rank) if config.get("use_rslora") else alpha


class _Target:
    """The base: its names and shapes, which the adapter's tensors have to fit."""

    def __init__(self, reader: Any, rank: int) -> None:
        import gguf  # noqa: PLC0415

        self.architecture: str = gguf_field(reader, "general.architecture")
        self._reader = reader
        self._rank = rank
        self._shapes = {one.name: tuple(reversed(one.shape.tolist())) for one in reader.tensors}
        number = next(
            key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == self.architecture
        )
        self._names = gguf.get_tensor_name_map(number, self._field("block_count"))

    def named(self, tensors: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Give each tensor under its name in GGUF, in the order and shape that GGUF has."""
        for key, tensor in sorted(tensors.items()):
            module, _, side = (
                key.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".")
            )
            name = self._names.get_name(f"{module}.weight", try_suffixes=(".weight",))
            if name not in self._shapes or side not in ("lora_A", "lora_B"):
                raise SettingError(f"The base has no weight for {key} of the adapter.")
            outputs, inputs = self._shapes[name]
            if tensor.shape != (
                (self._rank, inputs) if side == "lora_A" else (outputs, self._rank)
            ):
                raise SettingError(f"{key} of the adapter does not fit the base's {name}.")
            paired = side == "lora_B" and self.architecture == "llama"
            yield f"{name}.{side.lower()}", self._paired(name, tensor) if paired else tensor

    def _paired(self, name: str, tensor: Any) -> Any:
        """Return rows of queries and keys in pairs, as llama.cpp keeps them for `llama`."""
        if ".attn_q." not in name and ".attn_k." not in name:
            return tensor
        heads = self._field("head_count" if ".attn_q." in name else "head_count_kv", "attention.")
        rows = tensor.shape[0] // heads // 2
        return tensor.reshape(heads, 2, rows, -1).swapaxes(1, 2).reshape(tensor.shape)

    def _field(self, name: str, group: str = "") -> int:
        return int(gguf_field(self._reader, f"{self.architecture}.{group}{name}"))


def _write(
    out: Path, architecture: str, alpha: float, origin: AdapterOrigin, named: Mapping[str, Any]
) -> None:
    import gguf  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    part = out.with_name(f"{out.name}.part")
    writer = gguf.GGUFWriter(part, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    writer.add_string(BASE_KEY, origin.base)
    writer.add_string(DATA_KEY, origin.data)
    for name, tensor in named.items():
        writer.add_tensor(name, np.ascontiguousarray(tensor, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(out)
