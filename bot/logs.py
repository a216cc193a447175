"""Logging: events with ids, counts and lengths, as readable lines or as JSON.

What people said never goes into a log, and neither does a secret: at no level, whoever logs it.
Of libraries only warnings come through, and of those the sentence without what was put into it;
of an error its kind and where it was raised, as its text may quote what it stumbled over.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final

import structlog

from bot.errors import FourRoomsError

OURS: Final = ("bot", "cogs")
"""Packages whose events are written with ids and counts alone: logged at the level asked for."""
LIBRARIES: Final = ("aiohttp", "asyncio", "discord", "sqlalchemy")
"""Libraries of which warnings are logged. Below, they write whole payloads and statements."""

_FACTS: Final = ("status", "status_code", "code", "errno", "sqlite_errorcode")
"""Attributes of errors that say more than the kind, where they are numbers."""
_QUOTING: Final = re.compile(r"[(\n]")
"""From here on a library's sentence may show values: a call's arguments, an object's fields."""


def set_up_logging(level: str, form: str) -> None:
    """Send our own events and the libraries' warnings to stderr in one form.

    ``form`` is ``console`` or ``json``; ``level`` a name that `logging` knows.
    """
    # What is not logged costs next to nothing; a turn has some twenty lines.
    first: list[structlog.typing.Processor] = [structlog.stdlib.filter_by_level]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_format_exception),
        _name_errors,
    ]
    structlog.configure(
        processors=[*first, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_may_be_logged)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_leave_values_out, *shared],
            use_get_message=False,
            pass_foreign_args=True,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
            ],
        )
    )
    logging.raiseExceptions = False  # what cannot be written would be printed with its values
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for package in OURS:
        logging.getLogger(package).setLevel(level)


def log_uncaught_errors() -> None:
    """Log what ends a thread or the process like any other error: a traceback may quote people."""
    log = structlog.get_logger(__name__)

    def hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None, /
    ) -> None:
        log.critical("uncaught error", exc_info=(kind, error, trace))

    def thread_hook(ended: threading.ExceptHookArgs, /) -> None:
        if ended.exc_value is not None:
            hook(ended.exc_type, ended.exc_value, ended.exc_traceback)

    sys.excepthook = hook
    threading.excepthook = thread_hook


def describe_error(error: BaseException) -> str:
    """Return the kind of an error with what is known to be harmless, and not its text."""
    name = type(error).__qualname__
    if isinstance(error, FourRoomsError):
        return f"{name}: {error.detail}"
    facts = [
        f"{fact} {value}"
        for fact in _FACTS
        if isinstance(value := getattr(error, fact, None), int) and not isinstance(value, bool)
    ]
    return f"{name} ({', '.join(facts)})" if facts else name


def _format_exception(exc_info: structlog.typing.ExcInfo) -> str:
    """Return the traceback of an error and of those that led to it, without their texts."""
    parts = [
        "".join(traceback.format_tb(error.__traceback__)) + describe_error(error)
        for error in _with_causes(exc_info[1])
    ]
    return "\nwhich led to:\n".join(reversed(parts))


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, the errors of a group, and what each came from; none of them twice."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        hidden = current.__suppress_context__
        waiting.append(current.__cause__ or (None if hidden else current.__context__))


def _may_be_logged(record: logging.LogRecord) -> bool:
    package = record.name.partition(".")[0]
    return package in OURS or (package in LIBRARIES and record.levelno >= logging.WARNING)


def _leave_values_out(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Take the values out of a library's sentence, and say where it stands."""
    record: logging.LogRecord = event["_record"]
    values = event.pop("positional_args")
    if record.name.partition(".")[0] in OURS:
        event["event"] = str(event["event"]) % values if values else event["event"]
    else:
        event["event"] = _QUOTING.split(event["event"], maxsplit=1)[0].rstrip()
        event["at"] = f"{record.filename}:{record.lineno}"
    return event


def _name_errors(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace each error among an event's values by its kind."""
    for key, value in event.items():
        if isinstance(value, BaseException):
            event[key] = describe_error(value)
    return event


def _renderer(form: str) -> structlog.typing.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
