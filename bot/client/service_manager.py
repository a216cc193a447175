"""The word to the systemd that started the bot, if one did: ready, alive, stopping.

The protocol is that of sd_notify(3): lines of text to a datagram socket that the environment names.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Final, Self

import structlog

log = structlog.get_logger(__name__)

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"
_ALIVE: Final = "WATCHDOG=1"


class ServiceManager:
    """The service manager at ``address``; None where nobody wants to know.

    ``watchdog`` is the time in seconds within which it wants a sign of life, if it wants any.
    """

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        self._address = address
        self._watchdog = watchdog

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the manager that the environment names; signs of life are this process's own."""
        found = os.environ if environment is None else environment
        meant = found.get("WATCHDOG_PID") or str(os.getpid())
        microseconds = found.get("WATCHDOG_USEC", "")
        wants = meant == str(os.getpid()) and microseconds.isdigit() and int(microseconds) > 0
        watchdog = int(microseconds) / 1_000_000 if wants else None
        return cls(found.get("NOTIFY_SOCKET") or None, watchdog)

    async def report(self, serving: asyncio.Event) -> None:
        """Tell that the bot is ready once ``serving`` is set, and of its life until cancelled.

        The signs of life come from the event loop: they stop where it hangs.
        """
        await serving.wait()
        self.notify(READY)
        while self._watchdog is not None:
            self.notify(_ALIVE)
            await asyncio.sleep(self._watchdog / 2)

    def notify(self, state: str) -> None:
        """Tell a state, or log why that was not possible; it never blocks."""
        if self._address is None:
            return
        # An address with an @ is no file: the system knows it by a name that begins with a zero.
        name = self._address
        address = f"\0{name[1:]}" if name.startswith("@") else name
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(state.encode(), address)
        except (OSError, ValueError) as error:
            log.warning("service manager not told", state=state, error=error)


NOBODY: Final = ServiceManager()
"""Who is told where no manager started the bot."""
