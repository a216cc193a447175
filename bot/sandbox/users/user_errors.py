"""The errors that a person meets: the server or their client refuses, or nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from simcord.backend.errors import BackendError, SetupError

from bot.sandbox.server.api_errors import correct_error


class Refused(Exception):
    """A refusal by the server, or by the person's own client.

    ``code`` is Discord's numeric code, 0 where a client would not even have sent it.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.code = code


class NoResponse(Exception):
    """A missing response: no first answer of the application within three seconds."""


@contextmanager
def refusing() -> Iterator[None]:
    """Turn simcord's errors into `Refused`."""
    try:
        yield
    except BackendError as error:
        refusal = correct_error(error)
        raise Refused(refusal.code, refusal.message) from error
    except SetupError as error:
        raise Refused(0, str(error)) from error
