"""The systemd unit fits the bot that it starts, and takes from it what it does not need."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.client.bot import LAST_CALLS
from bot.settings import variables

UNIT = Path(__file__).parent.parent.parent / "docs/deploy/four-rooms.service"


@pytest.fixture(scope="module")
def unit() -> dict[str, list[str]]:
    """The settings of the unit, in order, as systemd reads them."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_bot_tells_how_it_is_doing(unit: dict[str, list[str]]) -> None:
    assert unit["Type"] == ["notify"]
    assert 10 < int(unit["WatchdogSec"][0]) <= 120
    assert int(unit["TimeoutStopSec"][0]) > LAST_CALLS
    assert unit["ExecStart"] == ["/opt/four-rooms/.venv/bin/python -m bot run"]


def test_a_wrong_setting_is_not_tried_again(unit: dict[str, list[str]]) -> None:
    assert unit["Restart"] == ["on-failure"]
    assert unit["RestartPreventExitStatus"] == ["2"]


def test_it_runs_as_a_user_of_its_own_that_may_do_little(unit: dict[str, list[str]]) -> None:
    assert unit["User"] == unit["Group"] == ["four-rooms"]
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == [""]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["StateDirectoryMode"] == ["0700"]
    assert unit["UMask"] == ["0077"]
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices"):
        assert unit[name] == ["yes"]


def test_what_it_writes_is_where_it_may_write(unit: dict[str, list[str]]) -> None:
    set_to = dict(line.split("=", 1) for line in unit["Environment"])
    # None of the bot's own: an empty line of the settings' file would take it away again.
    assert not {name for name, _ in variables()} & {*set_to}
    assert set_to["PYTHONPATH"] == "/opt/four-rooms"
    assert unit["WorkingDirectory"] == [f"/var/lib/{unit['StateDirectory'][0]}"]
    assert set_to["XDG_CACHE_HOME"] == f"/var/cache/{unit['CacheDirectory'][0]}"
