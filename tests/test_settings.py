"""The environment: what is read, what is refused, and with which words."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import Agent
from bot.domain.limits import Amount, Limit, OperatorLimits
from bot.errors import SettingError
from bot.llm.endpoint import Price, Sampling
from bot.settings import Settings, variables

ROOT = Path(__file__).parent.parent
Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """The settings of an environment with just these variables."""
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)

    def load_with(env_file: Path | None = None, **environment: str) -> Settings:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            return Settings.load(env_file)

    return load_with


def test_nothing_has_to_be_set(load: Load) -> None:
    settings = load()
    assert [settings.endpoint(agent) for agent in Agent] == [None] * 4
    assert settings.database_url.get_secret_value() == "sqlite+aiosqlite:///data/four-rooms.db"
    assert (settings.metrics_port, settings.metrics_host) == (None, "127.0.0.1")
    assert (settings.llm_max_concurrency, settings.llm_timeout) == (64, 60.0)


def test_empty_counts_as_not_set(load: Load) -> None:
    assert load(**{name: "" for name, _ in variables()}) == load()


def test_the_env_file_is_read_and_the_environment_wins(load: Load, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "MODEL=of-the-file\nOPENAI_API_KEY='abc'\nCRITIC_TEMPERATURE=0\nLOG_LEVEL=\nOTHER=1\n"
    )
    settings = load(file, MODEL="of-the-environment", CRITIC_TEMPERATURE="")
    endpoint = settings.endpoint(Agent.CRITIC)
    assert endpoint is not None
    assert endpoint.model == "of-the-environment"
    assert endpoint.key == "abc"
    assert endpoint.sampling == Sampling(temperature=0.0)
    assert settings.log_level == "INFO"


def test_a_missing_env_file_is_no_error(load: Load, tmp_path: Path) -> None:
    load(tmp_path / "none")


def test_an_env_file_that_is_no_text_is_named(load: Load, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"MODEL=\xff\xfe\n")
    with pytest.raises(SettingError) as caught:
        load(file)
    assert str(file) in caught.value.detail


WRONG = [
    ("LLM_TIMEOUT", "-3", "greater than 0"),
    ("LLM_TIMEOUT", "soon", "valid number"),
    ("LLM_TIMEOUT", "inf", "finite"),
    ("LLM_MAX_CONCURRENCY", "0", "greater than or equal to 1"),
    ("METRICS_PORT", "70000", "65535"),
    ("METRICS_HOST", "  ", "blank"),
    ("LOG_LEVEL", "LOUD", "DEBUG"),
    ("LOG_FORMAT", "xml", "console"),
    ("MODEL", "  ", "blank"),
    ("SHARD_IDS", "a,1", "valid integer"),
    ("SHARD_IDS", "0", "SHARD_COUNT"),
    ("SHARDS", "some", "auto"),
    ("DATABASE_URL", "mysql://host/x", "postgresql://"),
    ("DATABASE_URL", "data.db", "sqlite:///"),
    ("DISCORD_API_URL", "discord.com", "http"),
    ("OPENAI_BASE_URL", "localhost:8080", "http"),
    ("OPENAI_BASE_URL", "http://", "http"),
    ("OPENAI_BASE_URL", "http://host:99999/v1", "http"),
    ("OPENAI_BASE_URL", "http://[half/v1", "http"),
    ("OPENAI_BASE_URL", "http://me:word@host/v1", "password"),
    ("OPENAI_API_KEY", "two words", "ASCII"),
    ("OPENAI_API_KEY", "schlüssel", "ASCII"),
    ("DISCORD_TOKEN", "a\nb", "ASCII"),
    ("CHATBOT_TEMPERATURE", "3", "less than or equal to 2"),
    ("THERAPIST_TOP_P", "0", "greater than 0"),
    ("CRITIC_MAX_TOKENS", "1.5", "integer"),
    ("USER_PRICE_PER_MILLION_INPUT", "-1", "greater than or equal to 0"),
    ("CRITIC_BASE_URL", "ftp://host", "http"),
]


@pytest.mark.parametrize(("name", "value", "word"), WRONG)
def test_a_wrong_value_is_named_with_how_to_mend_it(
    load: Load, name: str, value: str, word: str
) -> None:
    with pytest.raises(SettingError) as caught:
        load(**{name: value})
    detail = caught.value.detail
    assert detail.startswith(f"{name}: ")
    assert word in detail
    assert "\n" not in detail


def test_all_that_is_wrong_is_told_at_once(load: Load) -> None:
    with pytest.raises(SettingError) as caught:
        load(LLM_TIMEOUT="x", CRITIC_TOP_P="x", USER_MODEL=" ")
    named = [line.partition(":")[0] for line in caught.value.detail.splitlines()]
    assert named == ["LLM_TIMEOUT", "USER_MODEL", "CRITIC_TOP_P"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=4))
def test_no_secret_is_ever_shown(load: Load, secret: str) -> None:
    names = ("DISCORD_TOKEN", "OPENAI_API_KEY", "CRITIC_API_KEY", "DATABASE_URL")
    marked = f"#{secret}#"
    try:
        shown = repr(load(**dict.fromkeys(names, marked)))
    except SettingError as error:
        shown = f"{error} {error.detail} {error!r}"
    assert marked not in shown


# ── endpoints ───────────────────────────────────────────────────────────────────────────────


def test_a_key_alone_means_openai(load: Load) -> None:
    endpoint = load(OPENAI_API_KEY="k", MODEL="m").endpoint(Agent.CHATBOT)
    assert endpoint is not None
    assert (endpoint.base_url, endpoint.model) == ("https://api.openai.com/v1", "m")


def test_an_address_alone_needs_no_key_and_no_model(load: Load) -> None:
    endpoint = load(OPENAI_BASE_URL="http://localhost:8080/v1/").endpoint(Agent.CRITIC)
    assert endpoint is not None
    assert (endpoint.base_url, endpoint.model) == ("http://localhost:8080/v1", None)
    assert endpoint.key == "none"


def test_an_agent_overrides_what_is_common(load: Load) -> None:
    settings = load(
        OPENAI_BASE_URL="http://one/v1",
        OPENAI_API_KEY="common",
        MODEL="m",
        THERAPIST_MODEL="wise",
        THERAPIST_TEMPERATURE="0.4",
        THERAPIST_MAX_TOKENS="300",
    )
    therapist, chatbot = settings.endpoint(Agent.THERAPIST), settings.endpoint(Agent.CHATBOT)
    assert therapist is not None
    assert chatbot is not None
    assert (therapist.model, chatbot.model) == ("wise", "m")
    assert therapist.sampling.parameters() == {"temperature": 0.4, "max_tokens": 300}
    assert chatbot.sampling.parameters() == {}
    assert therapist.key == chatbot.key == "common"
    assert therapist.variables.model == "THERAPIST_MODEL"


def test_a_key_goes_only_to_the_address_it_was_set_with(load: Load) -> None:
    endpoint = load(
        OPENAI_API_KEY="common", MODEL="m", CRITIC_BASE_URL="http://elsewhere/v1"
    ).endpoint(Agent.CRITIC)
    assert endpoint is not None
    assert endpoint.key == "none"
    assert endpoint.model is None
    assert endpoint.variables.api_key == "CRITIC_API_KEY"


def test_an_agent_may_have_an_endpoint_while_others_use_the_embedded_model(load: Load) -> None:
    settings = load(CRITIC_API_KEY="k", CRITIC_MODEL="m")
    assert settings.endpoint(Agent.CRITIC) is not None
    assert settings.endpoint(Agent.CHATBOT) is None


@pytest.mark.parametrize("name", ["MODEL", "CHATBOT_MODEL"])
def test_a_model_without_an_endpoint_is_a_mistake(load: Load, name: str) -> None:
    with pytest.raises(SettingError, match=SettingError.public) as caught:
        load(**{name: "m"}).endpoint(Agent.CHATBOT)
    assert caught.value.detail.startswith(f"{name} is set, but no endpoint")


def test_prices_belong_to_the_model_they_were_set_for(load: Load) -> None:
    settings = load(
        OPENAI_API_KEY="k",
        MODEL="m",
        PRICE_PER_MILLION_INPUT="1",
        PRICE_PER_MILLION_OUTPUT="4",
        CRITIC_MODEL="other",
        USER_PRICE_PER_MILLION_INPUT="1",
        USER_PRICE_PER_MILLION_CACHED="0.5",
        USER_PRICE_PER_MILLION_OUTPUT="2",
    )
    endpoints = {agent: settings.endpoint(agent) for agent in Agent}
    prices = {agent: endpoint.price for agent, endpoint in endpoints.items() if endpoint}
    assert prices[Agent.CHATBOT] == Price(input=1.0, output=4.0)
    assert prices[Agent.CRITIC] is None
    assert prices[Agent.USER] == Price(input=1.0, output=2.0, cached=0.5)


@pytest.mark.parametrize(
    ("given_url", "used"),
    [
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("postgres://u:p@h/n", "postgresql+asyncpg://u:p@h/n"),
        ("postgresql+asyncpg://h/n", "postgresql+asyncpg://h/n"),
    ],
)
def test_database_addresses_get_their_driver(load: Load, given_url: str, used: str) -> None:
    assert load(DATABASE_URL=given_url).database_url.get_secret_value() == used


def test_shards(load: Load) -> None:
    assert load(SHARD_COUNT="3", SHARD_IDS="0, 2").shard_ids == (0, 2)
    with pytest.raises(SettingError) as caught:
        load(SHARD_COUNT="2", SHARD_IDS="2")
    assert "SHARD_IDS" in caught.value.detail
    with pytest.raises(SettingError) as caught:
        load(SHARD_COUNT="2", SHARD_IDS="1", SHARDS="auto")
    assert "SHARDS: is set beside SHARD_IDS" in caught.value.detail


def test_the_embedded_model_has_to_be_a_gguf_file(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    for content, word in ((None, "no such file"), (b"", "not a GGUF"), (b"PK34", "not a GGUF")):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SettingError) as caught:
            load(EMBEDDED_MODEL=str(path))
        assert word in caught.value.detail
    path.write_bytes(b"GGUF\x03")
    assert load(EMBEDDED_MODEL=str(path)).embedded_model == path.resolve()


# ── limits of a day ─────────────────────────────────────────────────────────────────────────

PRICES = {"PRICE_PER_MILLION_INPUT": "1", "PRICE_PER_MILLION_OUTPUT": "4"}
PAID = {"OPENAI_API_KEY": "abc", "MODEL": "m"}


def test_limits_are_on_by_default(load: Load) -> None:
    limits = load().operator_limits()
    assert limits.cooldown == 5
    assert limits.person == Limit.of_day(3_000, 2_000_000, 5)
    assert limits.process == Limit.of_day(150_000, 100_000_000, 250)
    assert limits.unpriced == ()  # the embedded model costs nothing, and that is known


def test_limits_are_set_and_switched_off(load: Load) -> None:
    chosen = {"LIMIT_PERSON_CALLS": "7", "LIMIT_ROOM_TOKENS": "off", "COOLDOWN_SECONDS": "0"}
    limits = load(**chosen).operator_limits()
    assert (limits.person.calls, limits.person.tokens) == (7, 2_000_000)
    assert (limits.room.calls, limits.room.tokens) == (30_000, None)
    assert limits.cooldown == 0


def test_without_defaults_only_what_is_set_holds(load: Load) -> None:
    assert load().operator_limits(defaults=False) == OperatorLimits()
    limits = load(LIMIT_PERSON_CALLS="7", COOLDOWN_SECONDS="2").operator_limits(defaults=False)
    assert limits == OperatorLimits(cooldown=2, person=Limit(calls=7))


def test_defaults_in_dollars_wait_for_a_price(load: Load) -> None:
    unpriced = load(**PAID).operator_limits()
    assert unpriced.unpriced == tuple(Agent)
    assert unpriced.person == Limit(3_000, 2_000_000)
    priced = load(**PAID, **PRICES).operator_limits()
    assert priced.unpriced == ()
    assert priced.person == Limit.of_day(3_000, 2_000_000, 5)
    assert priced.typical_turn == Amount(10, 10_000, 16_000_000)  # 8,000 read, 2,000 written


@pytest.mark.parametrize("scope", ["PERSON", "ROOM", "SERVER", "PROCESS"])
def test_dollars_without_a_price_are_refused_by_name(load: Load, scope: str) -> None:
    name = f"LIMIT_{scope}_COST"
    with pytest.raises(SettingError) as caught:
        load(**PAID, **PRICES, CRITIC_MODEL="other", **{name: "2"})
    assert caught.value.detail.startswith(f"{name}: is set, but the price of the model")
    assert "(Critic)" in caught.value.detail
    assert "PRICE_PER_MILLION_INPUT" in caught.value.detail
    assert load(**PAID, **{name: "off"}).operator_limits().unpriced
    assert load(**PAID, **PRICES, **{name: "2"}).operator_limits()


# ── its papers, its weight ──────────────────────────────────────────────────────────────────


def test_the_example_lists_every_variable_with_a_comment() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    listed = {
        line.partition("=")[0]: before
        for before, line in itertools.pairwise(lines)
        if re.match(r"[A-Z_]+=", line)
    }
    assert sorted(listed) == sorted(name for name, _ in variables())
    assert [name for name, before in listed.items() if not re.match("# .", before)] == []


def test_the_example_can_be_used_as_it_is(load: Load) -> None:
    assert load(ROOT / ".env.example") == load()


def test_settings_bring_in_nothing_heavy() -> None:
    program = (
        "import sys, bot.settings, bot.errors, bot.app.llm_factory\n"
        "print([name for name in ('openai', 'xllamacpp', 'aiohttp', 'rich', 'discord')"
        " if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - the program is the one above
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ},
    )
    assert done.stdout.strip() == "[]"
