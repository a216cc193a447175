"""The tuning of the garbage collector, once everything is loaded."""

from __future__ import annotations

import gc


def freeze_gc() -> None:
    """Give back what loading left behind, and spare the collector what stays for ever.

    Looking through all that was imported takes a tenth of a second each time, in which nobody is
    answered.
    """
    gc.collect()
    gc.freeze()
