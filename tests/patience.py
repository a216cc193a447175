"""How long tests wait for what is to happen."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 60.0
"""Seconds for what takes an idle machine a moment: a busy one is slow, and slow is not wrong."""
