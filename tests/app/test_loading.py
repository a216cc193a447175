"""What a person reads while the model on this machine is loaded."""

from __future__ import annotations

import pytest

from bot.app.embedded_model import announce_loading
from bot.domain import Agent
from bot.settings import Settings


def test_a_model_that_is_loaded_is_announced_also_without_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    announce_loading(Settings(openai_base_url=None, openai_api_key=None), (Agent.CHATBOT,))
    told = capsys.readouterr()
    assert told.err == "Loading the model on this machine: up to a minute …\n"
    assert told.out == ""


def test_an_endpoint_is_not_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    announce_loading(Settings(openai_base_url="http://127.0.0.1:9/v1", model="m"), Agent)
    assert capsys.readouterr().err == ""
