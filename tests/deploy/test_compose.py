"""compose.yaml and what it brings along: the form of all that is used, and that nothing is lax."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import SettingError
from bot.settings import variables
from bot.storage.database.connections import leasing_engine, parse_url

ROOT = Path(__file__).parent.parent.parent

Duration = Annotated[str, Field(pattern=r"^\d+[smh]$")]
Volume = Annotated[str, Field(pattern=r"^[\w./-]+:/[\w./-]+(:ro)?$")]
Image = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*(/[a-z0-9-]+)?(:v?\d[\w.]*)?$")]
"""A name without a host: the first part has neither a dot nor a port."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Build(Strict):
    context: str
    dockerfile: str


class HealthCheck(Strict):
    test: list[str]
    interval: Duration
    timeout: Duration
    retries: int
    start_period: Duration


class Deploy(Strict):
    replicas: int


class Dependency(Strict):
    condition: Literal["service_healthy"]


class Service(Strict):
    """The part of the Compose Specification that is used here."""

    image: Image
    build: Build | None = None
    profiles: list[str] = []
    env_file: str | None = None
    environment: dict[Annotated[str, Field(pattern=r"^[A-Z_]+$")], str] = {}
    deploy: Deploy | None = None
    depends_on: dict[str, Dependency] = {}
    user: Annotated[str, Field(pattern=r"^[1-9]\d*:[1-9]\d*$")] | None = None
    read_only: Literal[True]
    tmpfs: list[str] = []
    volumes: list[Volume]
    ports: list[Annotated[str, Field(pattern=r"^127\.0\.0\.1:\d+:\d+$")]] = []
    cap_drop: tuple[Literal["ALL"]] = Field(strict=False)
    security_opt: tuple[Literal["no-new-privileges:true"]] = Field(strict=False)
    init: bool = False
    stop_grace_period: Duration | None = None
    restart: Literal["unless-stopped"]
    healthcheck: HealthCheck | None = None


class Compose(Strict):
    name: str
    services: dict[str, Service]
    volumes: dict[str, None]


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def compose() -> Compose:
    return Compose.model_validate(load("compose.yaml"))


def test_only_the_bot_starts_unless_the_others_are_asked_for(compose: Compose) -> None:
    alone = [name for name, service in compose.services.items() if not service.profiles]
    assert alone == ["bot"]
    assert {*compose.services} == {"bot", "shard", "postgres", "prometheus", "grafana"}


def test_every_volume_is_declared_and_every_file_is_there(compose: Compose) -> None:
    used = [volume.split(":") for one in compose.services.values() for volume in one.volumes]
    assert {place for place, *_ in used if not place.startswith(".")} == {*compose.volumes}
    for place, _, *mode in used:
        if place.startswith("."):
            assert (ROOT / place).is_file()
            assert mode == ["ro"]


def test_the_bot_is_nobody_special_and_keeps_its_data(compose: Compose) -> None:
    bot = compose.services["bot"]
    assert bot.user == "10001:10001"
    assert bot.init
    assert bot.env_file == ".env"
    assert not bot.ports
    assert bot.environment["DATABASE_URL"] == "sqlite:////data/four-rooms.db"
    assert bot.volumes == ["data:/data"]
    assert {*bot.environment} <= {name for name, _ in variables()}
    grace = bot.stop_grace_period
    assert grace is not None
    assert int(grace.removesuffix("s")) > 10  # what replies on their way get


def test_processes_that_share_shards_are_the_same_bot_on_postgres(compose: Compose) -> None:
    bot, shard, postgres = (compose.services[name] for name in ("bot", "shard", "postgres"))
    assert shard.deploy is not None
    assert shard.deploy.replicas == 2
    assert shard.environment["SHARDS"] == "auto"
    assert {*shard.environment} - {"PGPASSWORD"} <= {name for name, _ in variables()}
    assert shard.profiles == postgres.profiles == ["shards"]
    assert {*shard.depends_on} == {"postgres"}
    named = {key: postgres.environment[f"POSTGRES_{key}"] for key in ("USER", "PASSWORD", "DB")}
    assert shard.environment["DATABASE_URL"] == "postgresql://{USER}@postgres/{DB}".format(**named)
    assert shard.environment["PGPASSWORD"] == named["PASSWORD"]
    for field in ("image", "user", "tmpfs", "healthcheck", "stop_grace_period", "init"):
        assert getattr(shard, field) == getattr(bot, field)


def test_the_bot_on_sqlite_refuses_to_start_beside_shards(compose: Compose) -> None:
    bot, shard = compose.services["bot"], compose.services["shard"]
    assert bot.environment["SHARDS"] == "${POSTGRES_PASSWORD:+auto}"
    assert "POSTGRES_PASSWORD" in shard.environment["PGPASSWORD"]
    with pytest.raises(SettingError) as caught:
        leasing_engine(parse_url(bot.environment["DATABASE_URL"]))
    assert "SHARDS" in caught.value.detail


def test_the_image_and_compose_look_at_health_in_the_same_way(compose: Compose) -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    in_image = re.search(r"^ +CMD (\[.*\])$", text, re.MULTILINE)
    check = compose.services["bot"].healthcheck
    assert in_image is not None
    assert check is not None
    assert yaml.safe_load(in_image[1]) == check.test[1:]
    assert "http://127.0.0.1:9464/healthz" in check.test[-1]
    assert compose.services["bot"].environment["METRICS_PORT"] == "9464"


def test_prometheus_reads_the_bot_and_grafana_reads_prometheus(compose: Compose) -> None:
    (job,) = load("docs/deploy/prometheus.yml")["scrape_configs"]
    (source,) = load("docs/deploy/grafana-datasource.yml")["datasources"]
    (boards,) = load("docs/deploy/grafana-dashboards.yml")["providers"]
    assert job["job_name"] == "four-rooms"  # the dashboard asks for it
    assert job["static_configs"] == [{"targets": ["bot:9464"]}]
    assert job["dns_sd_configs"] == [{"names": ["shard"], "type": "A", "port": 9464}]
    assert source["url"] == "http://prometheus:9090"
    mounted = [volume.split(":")[1] for volume in compose.services["grafana"].volumes]
    assert f"{boards['options']['path']}/four-rooms.json" in mounted


def test_a_mistake_in_compose_would_be_seen() -> None:
    for mistake in (
        {"image": "registry.example.org/four-rooms"},
        {"read_only": False},
        {"ports": ["9464:9464"]},
        {"privileged": True},
        {"user": "0:0"},
    ):
        wrong = load("compose.yaml")
        wrong["services"]["bot"] |= mistake
        with pytest.raises(ValueError, match=next(iter(mistake))):
            Compose.model_validate(wrong)
