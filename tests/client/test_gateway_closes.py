"""What a close of the gateway that no new try mends comes to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.client.gateway_closes import error_for_close
from bot.errors import SettingError


def closed(code: int) -> discord.ConnectionClosed:
    socket = cast("Any", SimpleNamespace(close_code=code))
    return discord.ConnectionClosed(socket, shard_id=0)


@pytest.mark.parametrize(
    ("code", "asks_how_many", "is_setting", "said"),
    [
        (4004, True, True, "DISCORD_TOKEN"),
        (4010, True, True, "SHARD_IDS"),
        (4011, False, True, "SHARD_COUNT"),
        (4011, True, False, "the next start asks how many"),
        (4012, True, True, "Upgrade it"),
        (4013, True, True, "Upgrade it"),
        (4999, True, False, "Discord closed the connection"),
    ],
)
def test_what_only_a_person_mends_is_a_setting(
    code: int, asks_how_many: bool, is_setting: bool, said: str
) -> None:
    error = error_for_close(closed(code), asks_how_many=asks_how_many)
    assert isinstance(error, SettingError) is is_setting
    assert said in error.detail
