"""Registering commands: what Discord checks, and one at a time."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.sandbox import Sandbox, SandboxUser
from tests.sandbox.conftest import Probe

_OPTION = {"name": "x", "description": "d", "type": 3}


def _put(probe: Probe, commands: list[dict[str, Any]]) -> Any:
    assert probe.application_id is not None
    return probe.http.bulk_upsert_global_commands(probe.application_id, commands)


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Upper", "description": "d"},
        {"name": "two words", "description": "d"},
        {"name": "n" * 33, "description": "d"},
        {"name": "ok"},
        {"name": "ok", "description": "d" * 101},
        {"name": "ok", "description": "d", "options": [_OPTION] * 26},
        {
            "name": "ok",
            "description": "d",
            "options": [_OPTION, {**_OPTION, "name": "y", "required": True}],
        },
        {"name": "ok", "description": "d", "options": [{**_OPTION, "description": ""}]},
        {
            "name": "ok",
            "description": "d",
            "options": [{**_OPTION, "choices": [{"name": "c" * 90, "value": "v" * 90}] * 25}] * 2,
        },
    ],
    ids=[
        "upper case",
        "a space",
        "a long name",
        "no description",
        "a long description",
        "too many options",
        "required after optional",
        "an option without description",
        "too large",
    ],
)
async def test_what_cannot_be_registered(probe: Probe, command: dict[str, Any]) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await _put(probe, [command])
    assert (refused.value.status, refused.value.code) == (400, 50035)


async def test_two_of_one_name(probe: Probe) -> None:
    command = {"name": "ok", "description": "d"}
    with pytest.raises(discord.HTTPException):
        await _put(probe, [command, command])


async def test_one_at_a_time(sandbox: Sandbox, probe: Probe, ana: SandboxUser) -> None:
    assert probe.application_id is not None
    application: Any = probe.application_id
    http: Any = probe.http
    await _put(probe, [{"name": "first", "description": "d"}])
    added = await http.upsert_global_command(application, {"name": "second", "description": "d"})
    assert [c.name for c in ana.commands("#lobby")] == ["first", "second"]
    await http.edit_global_command(application, added["id"], {"description": "changed"})
    assert ana.commands("#lobby")[1].description == "changed"
    read = await http.get_global_command(application, added["id"])
    assert read["description"] == "changed"
    await http.delete_global_command(application, added["id"])
    assert [c.name for c in ana.commands("#lobby")] == ["first"]
    with pytest.raises(discord.NotFound) as missing:
        await http.delete_global_command(application, added["id"])
    assert missing.value.code == 10063
