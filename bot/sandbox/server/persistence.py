"""The world in a folder: written while it runs, found again at the next start.

Everything is in ``world.json``; the files of messages lie beside it, under ``files``. It is
written to a new file first and then put in place, so that a crash leaves the old one whole.
All of it is for its owner alone.
Ephemeral messages and open interactions are not kept: on Discord they do not survive either.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from simcord.backend.models import Channel, Guild, Message, User, Webhook

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.events import ServerEvent, TypingBegan
from bot.sandbox.server.messages import LOADING

log = logging.getLogger(__name__)

VERSION: Final = 1
"""Of the saved form; another one is not read."""

EVERY: Final = 2.0
"""Least seconds between two saves while it runs."""

SHARE: Final = 0.02
"""Most of the time that saving may take, as it holds up everything else."""


@dataclass
class SavedWorld:
    """All that is kept of a world."""

    version: int
    last_id: int
    application_id: int
    bot_id: int
    secret: str
    users: list[User]
    guilds: list[Guild]
    channels: list[Channel]
    messages: list[Message]
    webhooks: list[Webhook]
    dm_channels: dict[int, int]
    commands: list[tuple[int | None, list[dict[str, Any]]]]
    blobs: dict[str, str]
    """Paths of files to the name that each has in the folder."""


_SAVED: Final = TypeAdapter(SavedWorld)


class WorldFile:
    """The file that keeps one world, in one folder."""

    def __init__(self, sandbox: SandboxBackend, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._changed = asyncio.Event()
        sandbox.event_bus.listen(self._note)

    @property
    def file(self) -> Path:
        """The path that the world is written to."""
        return self._folder / "world.json"

    def _note(self, event: ServerEvent) -> None:
        if not isinstance(event, TypingBegan):
            self._changed.set()

    async def run(self) -> None:
        """Save after changes, until cancelled."""
        took = 0.0
        while True:
            await self._changed.wait()
            await asyncio.sleep(max(EVERY, took / SHARE))
            self._changed.clear()
            began = time.monotonic()
            self.save()
            took = time.monotonic() - began

    def save(self) -> None:
        """Write the world as it is."""
        folder = self._folder / "files"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        blobs: dict[str, str] = {}
        for path, content in self._sandbox.files.blobs.items():
            name = hashlib.sha256(path.encode()).hexdigest()[:40]
            blobs[path] = name
            if not (folder / name).exists():
                _write(folder / name, content)
        new = self.file.with_suffix(".new")
        _write(new, _SAVED.dump_json(self._taken(blobs)))
        os.replace(new, self.file)  # noqa: PTH105 - replaces on every system

    def _taken(self, blobs: dict[str, str]) -> SavedWorld:
        backend = self._sandbox
        return SavedWorld(
            version=VERSION,
            last_id=backend.last_id,
            application_id=backend.application_id,
            bot_id=backend.bot_user.id,
            secret=backend.files.secret,
            users=list(backend.users.values()),
            guilds=list(backend.guilds.values()),
            channels=list(backend.channels.values()),
            messages=[
                message
                for place in backend.messages.values()
                for message in place.values()
                if not message.is_ephemeral and not message.flags & LOADING
            ],
            webhooks=list(backend.webhooks.values()),
            dm_channels=dict(backend.dm_channels),
            commands=[
                (scope, list(commands.values())) for scope, commands in backend.commands.items()
            ],
            blobs=blobs,
        )

    def load(self) -> bool:
        """Fill the world from the folder; return False where there is nothing that can be read."""
        try:
            saved = _SAVED.validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return False
        except (OSError, ValidationError) as error:
            log.warning("the saved world cannot be read, a new one begins: %s", type(error))
            self._put_aside()
            return False
        if saved.version != VERSION:
            self._put_aside()
            return False
        self._fill(saved)
        return True

    def _put_aside(self) -> None:
        if self.file.exists():
            os.replace(self.file, self.file.with_suffix(".old"))  # noqa: PTH105 - see above

    def _fill(self, saved: SavedWorld) -> None:
        backend = self._sandbox
        backend.last_id = max(backend.last_id, saved.last_id)
        backend.application_id = saved.application_id
        backend.users = {user.id: user for user in saved.users}
        backend.bot_user = backend.users[saved.bot_id]
        backend.guilds = {guild.id: guild for guild in saved.guilds}
        backend.channels = {channel.id: channel for channel in saved.channels}
        backend.messages = {channel.id: {} for channel in saved.channels}
        for message in saved.messages:
            backend.messages[message.channel_id][message.id] = message
        backend.webhooks = {webhook.id: webhook for webhook in saved.webhooks}
        backend.webhook_tokens = {webhook.token: webhook.id for webhook in saved.webhooks}
        backend.dm_channels = saved.dm_channels
        for scope, commands in saved.commands:
            backend.commands[scope] = {(c["name"], int(c["type"])): c for c in commands}
        backend.files.secret = saved.secret
        for path, name in saved.blobs.items():
            stored = self._folder / "files" / name
            if stored.exists():
                backend.files.blobs[path] = stored.read_bytes()

    def refresh_addresses(self) -> None:
        """Give the files of loaded messages the addresses of this run."""
        for place in self._sandbox.messages.values():
            for message in place.values():
                for item in [*message.attachments, *_pictures(message)]:
                    self._refresh(item)

    def _refresh(self, item: dict[str, Any]) -> None:
        for key in ("url", "proxy_url", "icon_url"):
            path = self._sandbox.files.path_of(str(item.get(key) or ""))
            if path is not None:
                item[key] = self._sandbox.files.address(path)


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)  # an old file would keep its rights
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)


def _pictures(message: Message) -> list[dict[str, Any]]:
    return [part for embed in message.embeds for part in embed.values() if isinstance(part, dict)]
