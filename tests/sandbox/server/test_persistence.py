"""The world in a folder: found again, with new ids after the old."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.server.threads import NewThread


async def test_the_world_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "discord"
    folder.mkdir()
    (folder / "world.new").write_text("left by a crash")
    async with Sandbox(folder=folder) as sandbox:
        await sandbox.person("Ana").say("#lobby", "keep this", files=[("note.txt", b"a note")])
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert (folder / "files").stat().st_mode & 0o777 == 0o700


async def test_a_restart_finds_the_world_again(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path) as first:
        ana = first.person("Ana")
        said = await ana.say("#lobby", "keep this", files=[("note.txt", b"a note")])
        answered = await ana.say("#lobby", "and this", reply_to=said)
        bot_id, lobby = first.guild.bot_id, first.guild.lobby_id
        thread = first.backend.open_thread(lobby, bot_id, NewThread("therapy", private=True))
        first.backend.create_message(thread.id, bot_id, "a draft")
        first.backend.register_commands(None, [{"name": "pause", "description": "Stop"}])
        gone = first.backend.new_interaction(2, lobby, ana.id, first.guild.guild_id)

    async with Sandbox(folder=tmp_path) as second:
        ana, moderator = second.person("Ana"), second.person("Max")
        assert second.guild.bot_id == bot_id
        kept = ana.messages("#lobby")
        assert [m.text for m in kept] == ["keep this", "and this"]
        assert kept[1].reply_to == said.id
        assert [m.text for m in moderator.messages("therapy")] == ["a draft"]
        assert not ana.may_see(thread.id)
        assert [command.name for command in ana.commands("#lobby")] == ["pause"]
        new = await ana.say("#lobby", "and on")
        assert new.id > max(answered.id, gone.id)
        assert kept[0].files[0].url.startswith(second.url)
        url = kept[0].files[0].url
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert await answer.read() == b"a note"


async def test_a_clock_set_back_gives_no_id_twice(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path) as first:
        first.backend.clock.advance(3600)
        said = await first.person("Ana").say("#lobby", "from the future")
    async with Sandbox(folder=tmp_path) as second:
        assert (await second.person("Ana").say("#lobby", "now")).id > said.id


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 99}', b"[1, 2]"])
async def test_what_cannot_be_read_is_put_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "world.json").write_bytes(content)
    async with Sandbox(folder=tmp_path) as sandbox:
        assert [p.name for p in sandbox.person("Ana").places()] == ["lobby"]
    assert (tmp_path / "world.old").read_bytes() == content
    assert (tmp_path / "world.json").stat().st_size > 100


async def test_only_what_others_may_see_is_kept(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path) as first:
        ana = first.person("Ana")
        meta = {"user": {"id": str(ana.id)}, "id": "1"}
        lobby, bot_id = first.guild.lobby_id, first.guild.bot_id
        first.backend.create_message(
            lobby, bot_id, "for you only", flags=64, interaction_metadata=meta, broadcast=False
        )
        assert [m.text for m in ana.messages("#lobby")] == ["for you only"]
    async with Sandbox(folder=tmp_path) as second:
        assert second.person("Ana").messages("#lobby") == ()
