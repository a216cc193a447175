"""Models of the hub that an operator names: fetched once, pinned by their hash, and kept.

The hub may change a file under its name. So what came the first time is what is used from then on:
a file beside the model says its hash, and any other file is refused.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.domain import Value
from bot.errors import LLMUnavailable, SettingError
from bot.llm.embedded.adapters import hash_file
from bot.llm.embedded.downloads import DownloadFailed, Hub, HubFile, HubRefused, HubSource
from bot.llm.embedded.model_files import (
    ModelFile,
    ShowProgress,
    is_unchanged,
    models_folder,
    obtain,
)

_MB: Final = 1_000_000


class Pin(Value):
    """What a model's file has to be."""

    bytes: int
    sha256: str


def path_of(hub: Hub, folder: Path | None = None) -> Path:
    """Return where such a file is kept."""
    return (folder or models_folder()) / hub.repository / hub.file


def read_pin(target: Path) -> Pin | None:
    """Return what a file has to be, None before its first use. SettingError if it is unreadable."""
    path = _pin_path(target)
    try:
        return Pin.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise SettingError(f"EMBEDDED_MODEL: {path} cannot be read. Remove it.") from None


async def obtain_from_hub(
    hub: Hub,
    hub_url: str,
    *,
    folder: Path | None = None,
    show: ShowProgress = lambda _what, _done, _size: None,
    say: Callable[[str], None] = lambda _text: None,
) -> tuple[Path, str]:
    """Return a model's path and its SHA-256; fetched and pinned if it is not there yet.

    ``say`` is told the size and the free disk before a fetch. Raises SettingError where the hub
    has no such file or another one than before, or where the file here was changed; LLMUnavailable
    where it cannot be had now.
    """
    target = path_of(hub, folder)
    pin = read_pin(target)
    if pin is not None and target.exists():
        if not await asyncio.to_thread(is_unchanged, target, _model(hub, pin), show):
            raise SettingError(_refusal(target, f"{target} was changed"))
        return target, pin.sha256
    source = HubSource(hub, hub_url)
    offered = await _look(source)
    if pin is not None and not _is_pinned(offered, pin):
        raise SettingError(_refusal(target, f"{source.url} is another file by now"))
    say(describe_fetch(hub, offered, target))
    wanted = pin or Pin(bytes=offered.bytes, sha256=offered.sha256)
    if not wanted.sha256:  # what an earlier start has left may be of another file
        target.with_name(f"{target.name}.{HubSource.__name__}.partial").unlink(missing_ok=True)
    await obtain(_model(hub, wanted), folder=target.parent, sources=[source], show=show)
    sha256 = wanted.sha256 or await asyncio.to_thread(hash_file, target)
    made = Pin(bytes=wanted.bytes, sha256=sha256)
    _pin_path(target).write_text(made.model_dump_json() + "\n", "utf-8")
    return target, sha256


async def look_at_hub(hub: Hub, hub_url: str) -> str:
    """Return what a fetch would take, in a sentence; raises as `obtain_from_hub` does."""
    return describe_fetch(hub, await _look(HubSource(hub, hub_url)), path_of(hub))


def describe_fetch(hub: Hub, offered: HubFile, target: Path) -> str:
    """Return what is fetched, where it goes, and how much of the disk is free."""
    folder = next(folder for folder in target.parents if folder.exists())
    free = shutil.disk_usage(folder).free
    return (
        f"{hub.repository}/{hub.file}: {offered.bytes // _MB:,} MB are fetched into "
        f"{target.parent}, where {free // _MB:,} MB are free."
    )


async def _look(source: HubSource) -> HubFile:
    try:
        return await source.look()
    except HubRefused as refused:
        raise SettingError(
            f"EMBEDDED_MODEL: the hub has no such file, or not for everybody ({refused})."
        ) from None
    except DownloadFailed as failure:
        raise LLMUnavailable(f"The embedded model could not be fetched: {failure}.") from None


def _is_pinned(offered: HubFile, pin: Pin) -> bool:
    """Return whether the hub may still have the pinned file; what comes is hashed anyway."""
    return offered.bytes == pin.bytes and offered.sha256 in ("", pin.sha256)


def _model(hub: Hub, pin: Pin) -> ModelFile:
    name = Path(hub.file).name
    return ModelFile(
        title=name, file=name, bytes=pin.bytes, sha256=pin.sha256, licence="as at the hub"
    )


def _refusal(target: Path, why: str) -> str:
    return (
        f"EMBEDDED_MODEL: {why} since its first use, and is refused. Put the first one back, or "
        f"remove {target} and {_pin_path(target)} to take what the hub has now."
    )


def _pin_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.pin")
