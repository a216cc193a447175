"""`python -m bot init` from its questions to the file, against stand-ins on real sockets."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.errors import FourRoomsError, SettingError
from bot.first_settings.wizard import EMBEDDED, FirstSettings, Wizard
from bot.settings import variables
from tests.stand_ins.discord_rest import APPLICATION, TOKEN, DiscordStandIn, discord_stand_in
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, with nothing of ours in the environment."""
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # no embedded model there
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordStandIn]:
    async with discord_stand_in() as running:
        monkeypatch.setenv("DISCORD_API_URL", running.url)
        yield running


@pytest.fixture
async def model() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer(probabilities=True, strict=False) as running:
        running.always({"legs": 8})
        yield running


class Typist:
    """A person who answers what was planned, and nothing besides."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(self, question: str, default: str = "") -> str:
        self.asked.append(question)
        return self.answers.pop(0) or default

    def ask_secret(self, question: str) -> str:
        return self.ask(question)


async def init(
    person: Typist | None = None, endpoint: str | None = None, model: str | None = None
) -> str:
    """Runs it; what was told."""
    told: list[str] = []
    await Wizard(FirstSettings(os.environ, endpoint, model), person, told.append).run()
    assert person is None or not person.answers
    return "\n".join(told)


async def test_answers_are_checked_written_and_the_link_told(
    discord: DiscordStandIn, model: OpenAIServer, tmp_path: Path
) -> None:
    told = await init(Typist(TOKEN, model.base_url, KEY, MODEL))
    assert dotenv_values(".env") == {
        "DISCORD_TOKEN": TOKEN, "OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": KEY,
        "MODEL": MODEL,
    }  # fmt: skip
    assert stat.filemode((tmp_path / ".env").stat().st_mode) == "-rw-------"
    assert f"oauth2/authorize?client_id={APPLICATION}&" in told
    assert "Discord knows the bot as four-rooms" in told
    assert f"{MODEL} at {model.base_url} answers in " in told
    assert TOKEN not in told
    assert KEY not in told


async def test_what_does_not_work_is_said_and_asked_again(
    discord: DiscordStandIn, model: OpenAIServer
) -> None:
    typist = Typist(
        "mistyped", TOKEN, model.base_url, "wrong-key", MODEL, model.base_url, KEY, MODEL
    )
    told = await init(typist)
    assert "DISCORD_TOKEN is not one that Discord accepts." in told
    assert "OPENAI_API_KEY" in told
    assert "mistyped" not in told
    assert "wrong-key" not in told
    assert dotenv_values(".env")["OPENAI_API_KEY"] == KEY


async def test_after_three_tries_nothing_is_written(
    discord: DiscordStandIn, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match="set up correctly"):
        await init(Typist("one", "two", "three"))
    assert not (tmp_path / ".env").exists()
    assert not (tmp_path / ".env.new").exists()


async def test_all_of_the_environment_and_nobody_asked(
    monkeypatch: pytest.MonkeyPatch, discord: DiscordStandIn, model: OpenAIServer, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\n")
    await init(endpoint=model.base_url, model=MODEL)
    written = dotenv_values(".env")
    assert (written["LOG_LEVEL"], written["DISCORD_TOKEN"]) == ("DEBUG", TOKEN)
    assert (written["OPENAI_BASE_URL"], written["MODEL"]) == (model.base_url, MODEL)


async def test_the_embedded_model_is_what_is_taken_without_a_word(discord: DiscordStandIn) -> None:
    told = await init(Typist(TOKEN, ""))
    assert dotenv_values(".env") == {"DISCORD_TOKEN": TOKEN}
    assert "The first start fetches it" in told


async def test_a_key_of_the_environment_would_win_over_the_embedded_model(
    monkeypatch: pytest.MonkeyPatch, discord: DiscordStandIn
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(SettingError) as refused:
        await init(endpoint=EMBEDDED)
    assert "OPENAI_API_KEY is set in the environment" in refused.value.detail
    assert KEY not in refused.value.detail


async def test_without_a_terminal_what_is_missing_is_named() -> None:
    with pytest.raises(SettingError) as missing:
        await init()
    assert missing.value.detail.startswith("DISCORD_TOKEN is not set, and there is no terminal")


async def test_an_intent_that_is_off_is_said_and_keeps_nobody(
    discord: DiscordStandIn, tmp_path: Path
) -> None:
    discord.answers["/oauth2/applications/@me"] = {"id": str(APPLICATION), "flags": 0}
    told = await init(Typist(TOKEN, ""))
    assert "Switch on Message Content Intent" in told
    assert (tmp_path / ".env").exists()


async def test_a_link_that_cannot_be_had_leaves_no_file(
    discord: DiscordStandIn, tmp_path: Path
) -> None:
    discord.answers["/oauth2/applications/@me"] = 503
    with pytest.raises(FourRoomsError):
        await init(Typist(TOKEN, ""))
    assert not (tmp_path / ".env").exists()


async def test_a_key_that_is_left_empty_is_no_choice_of_the_embedded_model(
    discord: DiscordStandIn, tmp_path: Path
) -> None:
    with pytest.raises(SettingError) as refused:
        await init(Typist(TOKEN, "openai", "", "openai", "", "openai", ""))
    assert "OPENAI_API_KEY is empty" in refused.value.detail
    assert not (tmp_path / ".env").exists()


async def test_an_endpoint_that_the_environment_overrules_is_refused_before_it_is_written(
    monkeypatch: pytest.MonkeyPatch, discord: DiscordStandIn, model: OpenAIServer, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(SettingError) as refused:
        await init(endpoint=model.base_url, model=MODEL)
    assert "OPENAI_BASE_URL is set to something else" in refused.value.detail
    assert not (tmp_path / ".env").exists()
