"""The three harms that are scores: those of the findings that are a scale of 0-100."""

from __future__ import annotations

from typing import Final

from bot.domain.findings import ALL_FINDINGS

ALL_HARMS: Final = tuple(kind for kind in ALL_FINDINGS if kind.is_score)
"""The three of the paper (Lin, Bouneffouf, Cecchi, Varshney, 2023), in the order of every table."""

HARMS: Final = tuple(harm.name for harm in ALL_HARMS)
"""Their names, which are those of the scales."""
