"""The base of a tuning: which GGUF model, its hash, and the model that Transformers makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.errors import SettingError
from bot.learning.tuning.base_weights import dequantised
from bot.llm.embedded.adapters import hash_file
from bot.llm.embedded.model_files import CHAT, catalogue, obtain
from bot.llm.embedded.progress import progress_bar

EMBEDDED: Final = "embedded"
"""The name of the model that serves every agent without an endpoint."""


@dataclass(frozen=True, slots=True)
class Base:
    """A model's file, and the SHA-256 by which adapters know it."""

    path: Path
    sha256: str


def find_base(name: str) -> Base:
    """Return the base of that name: ``embedded``, or the path of a GGUF file.

    SettingError where there is no such file; LLMUnavailable where it cannot be fetched.
    """
    if name == EMBEDDED:
        model = catalogue()[CHAT]
        with progress_bar(model.title) as show:
            return Base(asyncio.run(obtain(model, show=show)), model.sha256)
    path = Path(name).expanduser()
    try:
        return Base(path, hash_file(path))
    except OSError as error:
        raise SettingError(f"--base {name}: {error.strerror}. It is embedded or a file.") from None


def open_tokenizer(folder: Path) -> Any:
    """Return the tokenizer of a dequantised base, with the base's own chat template."""
    from transformers import AutoTokenizer  # noqa: PLC0415

    return AutoTokenizer.from_pretrained(folder)


def open_model(folder: Path, dtype: str) -> Any:
    """Return the model of a dequantised base; ``dtype`` is float32 or bfloat16."""
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    return AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))


def weights_folder(base: Base) -> Path:
    """Return the folder of the base's weights, dequantised first if they are not there."""
    return dequantised(base.path, base.sha256)
