"""Some faults of each kind through sockets; ``make faults`` has all of them, for the docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.discord_faults import (
    CLOSES,
    see_changed,
    see_closed,
    see_discord_fault,
)
from tests.faults.ends import ENDS, see_end
from tests.faults.house import Seen, open_house
from tests.faults.models import see_model_fault
from tests.faults.simulations import see_simulation_fault

MODELS = (
    ("text", "200 with a web page", "apology"),
    ("_FullReview", "empty content", "apology"),
    ("_FullReflection", "401", "apology"),
    ("_FullWritten", "another answer", "reply"),
)
ROUTES = (("a reply", "answer lost"), ("a post in the thread", "request lost"))


async def test_people_read_one_thing_and_moderators_have_one_card(tmp_path: Path) -> None:
    seen: dict[str, tuple[str, Seen]] = {}
    async with open_house(tmp_path) as house:
        for kind, fault, read in MODELS:
            seen[f"{kind}: {fault}"] = read, await see_model_fault(house, kind, fault)
        for route, mishap in ROUTES:
            seen[f"{route}: {mishap}"] = "reply", await see_discord_fault(house, route, mishap)
        for change, read in (("is edited", "reply"), ("is deleted", "nothing")):
            seen[change] = read, await see_changed(house, change)
        close = CLOSES["session invalid (op 9)"]
        seen["gateway"] = "reply", await see_closed(house, lambda: close(house))
    assert [
        f"{name}: {found}"
        for name, (read, found) in seen.items()
        if not found.is_right or found.reply != read
    ] == []


async def test_a_simulation_whose_user_fails_ends_with_a_sentence(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        for fault in ("401", "503", "empty content"):
            seen = await see_simulation_fault(house, fault)
            assert seen.is_right, (fault, seen)


@pytest.mark.parametrize("code", ENDS)
async def test_a_close_that_no_new_try_mends_ends_with_a_sentence(
    tmp_path: Path, code: int
) -> None:
    end = await see_end(tmp_path, code)
    assert end.is_right(code), end
