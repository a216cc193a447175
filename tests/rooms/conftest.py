from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture(autouse=True)
def worlds(request: pytest.FixtureRequest, database_kind: str) -> None:
    """Worlds are kept where the test runs."""
    if database_kind == "postgres":
        request.getfixturevalue("worlds_on_postgres")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World(tmp_path).open()
    yield world
    await world.close()
