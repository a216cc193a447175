"""Answers with a picture: where it cannot be drawn they come without it, and say so."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

import structlog

from bot.reports.report_maker import ReportFailed, ReportMaker
from bot.text.moderator_texts import say

log = structlog.get_logger(__name__)

ResultT = TypeVar("ResultT")


def can_draw() -> bool:
    """Return whether matplotlib is there: it comes with the extra `charts`."""
    return find_spec("matplotlib") is not None


def say_not_drawn() -> str:
    """Return the sentence that stands in the place of a picture."""
    return say("-# The picture could not be drawn just now.")


async def make_with_picture(
    maker: ReportMaker, function: Callable[..., ResultT], *args: Any
) -> tuple[ResultT, str]:
    """Return a report with its picture; if that cannot be drawn without, and the sentence for it.

    ``function`` is a module's, which takes whether to ``draw``. Raises ReportFailed if not even
    the rest can be made.
    """
    try:
        return await maker.make(function, *args, draw=can_draw()), ""
    except ReportFailed as error:
        log_not_drawn(function.__name__, error)
        return await maker.make(function, *args, draw=False), say_not_drawn()


def log_not_drawn(what: str, error: ReportFailed) -> None:
    """Tell whoever reads the log which picture is missing, and why."""
    log.warning("picture not drawn", report=what, detail=error.detail)
