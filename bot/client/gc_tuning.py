"""The tuning of memory: of the garbage collector once everything is loaded, and of malloc."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Final

_M_ARENA_MAX: Final = -8
"""The name of glibc's setting for how many heaps there are: as many as 8 a core without it."""


def share_one_heap() -> None:
    """Have all threads allocate from one heap, where the C library is glibc.

    The database's few threads work one after the other: heaps of their own would only each keep
    what they once needed, some 5 MB. To be called before threads are started.
    """
    if sys.platform == "linux":
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)
        if set_option is not None:
            set_option(_M_ARENA_MAX, 1)


def freeze_gc() -> None:
    """Give back what loading left behind, and spare the collector what stays for ever.

    Looking through all that was imported takes a tenth of a second each time, in which nobody is
    answered.
    """
    gc.collect()
    gc.freeze()
