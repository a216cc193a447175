"""The precision of a base's weights while an adapter is trained on them."""

from __future__ import annotations

from typing import Final

import torch

FLOAT: Final = "float32"
BRAIN: Final = "bfloat16"
AUTO: Final = "auto"
CHOICES: Final = (AUTO, FLOAT, BRAIN)


def chosen_dtype(asked: str) -> str:
    """Return the precision that is asked for, or for ``auto`` what this machine is fast at.

    Where the processor multiplies bfloat16 itself it takes half the time and half the memory. The
    adapter is kept and trained in float32 either way.
    """
    if asked != AUTO:
        return asked
    if torch.cuda.is_available():
        return BRAIN if torch.cuda.is_bf16_supported() else FLOAT
    flags = torch.cpu.get_capabilities()
    return BRAIN if flags.get("avx512_bf16") or flags.get("amx_tile") else FLOAT
