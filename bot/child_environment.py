"""The environment of this program's child processes: all of its own but what is secret."""

from __future__ import annotations

import os
from typing import Final

_SECRETS: Final = ("TOKEN", "KEY", "SECRET", "PASSWORD", "DATABASE_URL")
"""Parts of the names of variables that no child has need of. Settings are read in any case."""


def child_environment() -> dict[str, str]:
    """Return the variables without those whose names speak of a secret, in whatever case."""
    return {
        name: value
        for name, value in os.environ.items()
        if not any(secret in name.upper() for secret in _SECRETS)
    }
