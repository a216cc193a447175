"""Models that are named at the hub: found, fetched, pinned, and refused once they are others."""

from __future__ import annotations

import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import LLMUnavailable, SettingError
from bot.llm.embedded.downloads import Hub
from bot.llm.embedded.hub_models import obtain_from_hub, path_of, read_pin
from tests.stand_ins.model_hub import ModelHub, sha256

CONTENT = b"GGUF" + random.Random(7).randbytes(2_500_000)  # noqa: S311
HUB = Hub(repository="some/model", file="sub/tiny.gguf")


@pytest.fixture
async def hub() -> AsyncIterator[ModelHub]:
    async with ModelHub("some/model/resolve/main/sub/tiny.gguf", CONTENT) as running:
        yield running


NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize("tells_hash", [True, False])
async def test_it_is_fetched_pinned_and_needs_no_hub_again(
    hub: ModelHub, tmp_path: Path, tells_hash: bool
) -> None:
    hub.tells_hash = tells_hash
    said: list[str] = []
    path, known = await obtain_from_hub(HUB, hub.url, folder=tmp_path, say=said.append)
    assert path == tmp_path / "some/model/sub/tiny.gguf" == path_of(HUB, tmp_path)
    assert path.read_bytes() == CONTENT
    assert known == sha256(CONTENT)
    assert len(said) == 1
    assert said[0].startswith("some/model/sub/tiny.gguf: 2 MB are fetched into ")
    assert said[0].endswith(" MB are free.")
    pin = read_pin(path)
    assert pin is not None
    assert (pin.bytes, pin.sha256) == (len(CONTENT), known)
    shown: list[str] = []
    again = await obtain_from_hub(
        HUB, NOBODY, folder=tmp_path, say=said.append, show=lambda what, *_: shown.append(what)
    )
    assert again == (path, known)
    assert len(said) == 1


async def test_a_fetch_that_broke_off_is_gone_on_with_by_the_next_start(
    hub: ModelHub, tmp_path: Path
) -> None:
    hub.breaks_after = 0
    with pytest.raises(LLMUnavailable):
        await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    partial = tmp_path / "some/model/sub/tiny.gguf.HubSource.partial"
    partial.write_bytes(CONTENT[:1_500_000])
    hub.breaks_after, hub.ranges = None, []
    path, _ = await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    assert path.read_bytes() == CONTENT
    assert hub.ranges == ["bytes=0-3", "bytes=1500000-"]


async def test_what_was_begun_is_not_gone_on_with_where_nothing_could_tell_it_apart(
    hub: ModelHub, tmp_path: Path
) -> None:
    hub.tells_hash = False
    partial = tmp_path / "some/model/sub/tiny.gguf.HubSource.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"GGUF of another day")
    path, known = await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    assert (path.read_bytes(), known) == (CONTENT, sha256(CONTENT))


@pytest.mark.parametrize("changed", [CONTENT[:-1] + b"?", b"GGUF"])
async def test_a_file_that_was_changed_here_is_refused(
    hub: ModelHub, tmp_path: Path, changed: bytes
) -> None:
    path, _ = await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    path.write_bytes(changed)
    with pytest.raises(SettingError) as caught:
        await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    assert "EMBEDDED_MODEL" in caught.value.detail
    assert f"{path} was changed" in caught.value.detail
    assert path.read_bytes() == changed, "it is left to whoever changed it"


@pytest.mark.parametrize("tells_hash", [True, False])
async def test_another_file_at_the_hub_is_refused(
    hub: ModelHub, tmp_path: Path, tells_hash: bool
) -> None:
    path, _ = await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    path.unlink()
    hub.content, hub.tells_hash = CONTENT[:-1] + b"?", tells_hash
    with pytest.raises((SettingError, LLMUnavailable)) as caught:
        await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    expected = "is another file by now" if tells_hash else "wrong SHA-256"
    assert expected in caught.value.detail
    assert not path.exists()


async def test_the_first_one_is_fetched_again_where_it_is_gone(
    hub: ModelHub, tmp_path: Path
) -> None:
    path, known = await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    path.unlink()
    assert await obtain_from_hub(HUB, hub.url, folder=tmp_path) == (path, known)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_name_that_the_hub_does_not_know_is_a_wrong_setting(
    hub: ModelHub, tmp_path: Path, status: int
) -> None:
    hub.status = status
    with pytest.raises(SettingError) as caught:
        await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    assert f"HTTP {status}" in caught.value.detail
    assert "some/model/resolve/main/sub/tiny.gguf" in caught.value.detail


@pytest.mark.parametrize("status", [200, 503])
async def test_a_hub_that_answers_something_else(
    hub: ModelHub, tmp_path: Path, status: int
) -> None:
    hub.status = status
    with pytest.raises(LLMUnavailable):
        await obtain_from_hub(HUB, hub.url, folder=tmp_path)


async def test_a_hub_that_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(LLMUnavailable) as caught:
        await obtain_from_hub(HUB, NOBODY, folder=tmp_path)
    assert NOBODY in caught.value.detail


async def test_too_small_a_disk_is_said_before_the_fetch(
    hub: ModelHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil._ntuple_diskusage(10**9, 9 * 10**8, 10**8)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(LLMUnavailable) as caught:
        await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    assert "100 MB are free" in caught.value.detail
    assert hub.ranges == ["bytes=0-3"]


async def test_a_pin_that_cannot_be_read_is_named(hub: ModelHub, tmp_path: Path) -> None:
    path, _ = await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    pin = path.with_name("tiny.gguf.pin")
    pin.write_text("{")
    with pytest.raises(SettingError) as caught:
        await obtain_from_hub(HUB, hub.url, folder=tmp_path)
    assert str(pin) in caught.value.detail
