"""The page's address: the same at each start, and opened where somebody sits."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.sandbox.server.http_server import HOST

_FILE: Final = "page.json"


@dataclass(frozen=True, slots=True)
class PageAddress:
    """The port and the key of the page's address. Port 0 is whichever is free."""

    port: int
    key: str


_ADDRESS: Final = TypeAdapter(PageAddress)


def load_address(folder: Path) -> PageAddress:
    """Return the address of the last start, so that a page that is still open finds it again.

    A new one where there was none, and on another port where that one is taken.
    """
    try:
        address = _ADDRESS.validate_json((folder / _FILE).read_bytes())
    except (OSError, ValidationError):
        return PageAddress(0, secrets.token_urlsafe(24))
    return address if is_free(address.port) else PageAddress(0, address.key)


def save_address(folder: Path, address: PageAddress) -> None:
    """Write the address down; nobody else on this machine may read the key."""
    path = folder / _FILE
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(_ADDRESS.dump_json(address))


def is_free(port: int) -> bool:
    """Return whether the page can be served at a port of this machine."""
    if not 0 < port < 65536:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


async def open_in_browser(address: str) -> bool:
    """Open the page in the person's browser, if there is a person; return whether it was tried."""
    if not has_screen():
        return False
    with suppress(webbrowser.Error, OSError):
        await asyncio.to_thread(webbrowser.open, address)
    return True


def has_screen() -> bool:
    """Return whether this runs in a terminal on a machine with a screen."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    # Without a screen a text browser would take over the terminal.
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
