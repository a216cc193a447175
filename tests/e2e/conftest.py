"""A house over real sockets for every test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from tests.e2e.mind import Mind
from tests.e2e.process import House
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import OpenAIServer


@pytest.fixture(autouse=True)
def slow_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a bot on a busy machine answer later than Discord would wait."""
    monkeypatch.setattr("bot.sandbox.users.user.FIRST_RESPONSE", PATIENCE)


@pytest.fixture
def mind() -> Mind:
    return Mind()


@pytest.fixture
async def house(tmp_path: Path, mind: Mind) -> AsyncIterator[House]:
    """The bot connected, its room not yet set up."""
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
        server.always(mind.answer)
        house = House(tmp_path, sandbox, server)
        try:
            await house.start()
            yield house
        finally:
            if mind.hold is not None:
                mind.hold.set()
            await house.stop()
        assert sandbox.gaps == []
