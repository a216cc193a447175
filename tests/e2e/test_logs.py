"""LOG_LEVEL=DEBUG of the running bot: nobody's words in it, and no token."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from tests.e2e.mind import HARM, Mind, rated
from tests.e2e.process import House
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import KEY, OpenAIServer

TOKEN_IN_PATH = re.compile(r"/(?:interactions|webhooks)/\d+/([^/]+)")


async def whole_day(house: House, mind: Mind) -> None:
    """A turn with therapy and scores, moderators' commands, and a database that is not there."""
    mind.reviews.append({**HARM, "says": "SAIDTHERAPY?", "user_feels": "SAIDFEELING"})
    mind.drafts.append("SAIDDRAFT, by the way.")
    mind.scores.append({**rated(5, "SAIDREASON"), "narcissistic": 80})
    await house.set_up()
    said = await house.ana.say("#lobby", "SAIDMARK, I was promoted!")
    await house.answer_to(said)
    await house.card_after(None)
    for command, words in (
        ("guide", {"text": "SAIDGUIDANCE"}),
        ("query", {"question": "SAIDQUESTION"}),
        ("pause", {"reason": "SAIDWHY"}),
    ):
        answered = await house.max.slash("#moderators", command, **words)
        await answered.message(timeout=PATIENCE)


@pytest.mark.parametrize("form", ["console", "json"])
async def test_at_debug_there_is_neither_a_word_nor_a_token(
    tmp_path: Path, mind: Mind, form: str
) -> None:
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
        server.always(mind.answer)
        extra = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": form}
        house = House(tmp_path, sandbox, server, extra)
        try:
            await house.start()
            await whole_day(house, mind)
        finally:
            await house.stop()
        paths = [str(request) for request in sandbox.requests.since(0)]
    tokens = {token for path in paths for token in TOKEN_IN_PATH.findall(path)}
    log = house.log
    assert len(tokens) >= 4
    assert "turn evaluated" in log
    for secret in (*tokens, sandbox.token, KEY, "SAID"):
        assert secret not in log
    if form == "json":
        assert all(json.loads(line)["event"] for line in log.splitlines())
