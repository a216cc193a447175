"""What every command does with the process that it runs in: its log, and its settings."""

from __future__ import annotations

import json
import sys
from typing import Final

SCRIPT: Final = "four-rooms"
"""The name under which the command line is installed: pyproject.toml."""


def set_up_logging(least: str | None = None) -> None:
    """Set up the log as the settings say; ``least`` is the level where they say none."""
    from bot.logs import log_uncaught_errors, set_up_logging  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    chosen = "log_level" in settings.model_fields_set
    level = least if least and not chosen else settings.log_level
    set_up_logging(level, settings.log_format)
    log_uncaught_errors()


def database_url() -> str:
    """Return the address of the database, which may hold a password."""
    from bot.settings import Settings  # noqa: PLC0415

    return Settings.load().database_url.get_secret_value()


def print_json(value: object) -> None:
    """Print a value as JSON, for another program to read."""
    sys.stdout.write(f"{json.dumps(value, ensure_ascii=False, indent=1)}\n")
