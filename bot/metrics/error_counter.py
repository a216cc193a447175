"""The counter of what the log warns of, by kind: the event's name, which finds it in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bot.logs import LIBRARIES, OURS

MAX_KINDS: Final = 200
"""Kinds that are told apart. Names of our events are fixed, and fewer than that."""
_OTHER: Final = "other"


class ErrorCounter(logging.Handler):
    """The handler that tells ``count`` the kind and level of each warning and error."""

    def __init__(self, count: Callable[[str, str], None]) -> None:
        super().__init__(logging.WARNING)
        self._count = count
        self._kinds: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record of ours by its event, of a library by the library's name."""
        package = record.name.partition(".")[0]
        if package in OURS:
            kind = str(record.msg["event"]) if isinstance(record.msg, dict) else package
        elif package in LIBRARIES:
            kind = package
        else:
            return
        if kind not in self._kinds and len(self._kinds) >= MAX_KINDS:
            kind = _OTHER
        self._kinds.add(kind)
        self._count(kind, record.levelname.lower())


@contextmanager
def count_errors(count: Callable[[str, str], None]) -> Iterator[None]:
    """Tell ``count`` of each warning and error that is logged in the block."""
    handler, root = ErrorCounter(count), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
