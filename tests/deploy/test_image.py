"""The image, as far as that can be seen without an engine for containers.

Its one script builds it in an empty folder, from a tree that cannot be written, by somebody who
may do no more than others; and the bot runs from it, as the Containerfile says, writing nowhere
but where its data is.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from bot.settings import variables
from tests.e2e.mind import Mind
from tests.e2e.process import PROJECT, House
from tests.e2e.test_metrics import free_port
from tests.stand_ins.openai_server import OpenAIServer

USER = 10001
SECONDS = 300
"""What the build may take; some ten where nobody else works."""
PARTS = (".ci/build-image", "bot", "cogs", "prompts", "requirements-run.lock")


def containerfile() -> str:
    return (PROJECT / "Containerfile").read_text("utf-8").replace("\\\n", " ")


def instructions(name: str) -> list[str]:
    found = re.findall(rf"^{name} (.+)$", containerfile(), re.MULTILINE)
    assert found, name
    return found


@cache
def as_somebody() -> tuple[str, ...]:
    """How a command begins that is run without the rights of root.

    By another user; where that one cannot reach this Python, by one who owns what root owns, and
    to whom files that nobody may write are closed as well.
    """
    if os.getuid() != 0:
        return ()
    other = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
    # By way of a shell: what setpriv itself starts may still use root's rights to find it.
    reached = subprocess.run(  # noqa: S603
        [*other, "sh", "-c", '"$0" -c "import aiohttp"', sys.executable],
        cwd="/",
        capture_output=True,
        check=False,
    )
    if reached.returncode == 0:
        return other
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


def close_tree(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def open_tree(folder: Path) -> None:
    for inside, _, _ in os.walk(folder):
        Path(inside).chmod(0o755)


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def run(*command: str, where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own script
        [*as_somebody(), *command],
        cwd=where,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that somebody else may write to; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="four-rooms-image-"))
    if f"--reuid={USER}" in as_somebody():
        os.chown(folder, USER, USER)
    folder.chmod(0o755)
    yield folder
    open_tree(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def source(place: Path) -> Path:
    """What the image is made from, closed to all."""
    source = place / "source"
    for part in PARTS:
        target = source / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (PROJECT / part).is_dir():
            shutil.copytree(PROJECT / part, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / part, target)
    close_tree(source)
    return source


@pytest.fixture(scope="module")
def image(place: Path, source: Path) -> Path:
    image = place / "four-rooms"
    built = run(
        "sh",
        str(source / ".ci/build-image"),
        str(source),
        str(image),
        where=place,
        PYTHON=sys.executable,
        PACKAGES=sysconfig.get_path("purelib"),
    )
    assert built.returncode == 0, built.stderr
    close_tree(image)
    return image


def test_neither_the_source_nor_the_image_can_be_written(source: Path, image: Path) -> None:
    for folder in (source / "bot", image / "app/bot", image / "venv"):
        refused = run("touch", str(folder / "new"), where=image)
        assert "Permission denied" in refused.stderr


def test_it_holds_what_the_bot_needs_and_no_more(image: Path) -> None:
    assert {path.name for path in (image / "app").iterdir()} == {"bot", "cogs", "prompts"}
    compiled = [path for path in image.rglob("*.pyc") if path.is_relative_to(image / "app")]
    assert len(compiled) == len([*(image / "app").rglob("*.py")])
    for path in (image / "app").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444


def test_nothing_else_of_the_project_reaches_the_build() -> None:
    lines = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == {*PARTS}


def test_the_containerfile_names_no_host_and_no_root() -> None:
    for base in instructions("FROM"):
        assert re.fullmatch(r"python:3\.\d+-slim( AS \w+)?", base)
    assert instructions("USER") == [f"{USER}:{USER}"]
    assert instructions("COPY")[-1] == "--from=build /opt/four-rooms /opt/four-rooms"
    assert instructions("RUN")[0] == "sh /source/.ci/build-image /source /opt/four-rooms"
    entry = json.loads(instructions("ENTRYPOINT")[0])  # as a list: SIGTERM reaches the bot itself
    assert [*entry, *json.loads(instructions("CMD")[-1])][1:] == ["-m", "bot", "run"]
    names = {name for name, _ in variables()}
    others = {"XDG_CACHE_HOME", "MPLCONFIGDIR", "PYTHONDONTWRITEBYTECODE"}
    assert {*environment("/data")} <= names | others


def environment(data: str) -> dict[str, str]:
    """The image's environment, with its volume at ``data``."""
    (line,) = instructions("ENV")
    set_to = dict(one.split("=", 1) for one in shlex.split(line))
    return {name: value.replace("/data", data) for name, value in set_to.items()}


async def test_the_bot_runs_from_it_is_found_well_and_ends_at_sigterm(
    place: Path, image: Path, tmp_path: Path
) -> None:
    data, port = place / "data", str(free_port())
    data.mkdir(mode=0o700)
    if f"--reuid={USER}" in as_somebody():
        os.chown(data, USER, USER)
    python = str(image / "venv/bin/python")
    extra = {**environment(str(data)), "METRICS_PORT": port, "PYTHONPATH": ""}
    check = re.search(r'-c", "(.+)"\]', instructions("HEALTHCHECK")[0])
    assert check is not None
    look = (python, "-c", check[1].replace("9464", port))
    before = files_of(image)
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
        server.always(Mind().answer)
        house = House(tmp_path, sandbox, server, extra)
        house.program = (*as_somebody(), python, "-m", "bot", "run")
        house.runs_in = image / "app"
        try:
            await house.start()
            await house.set_up()
            said = await house.ana.say("#lobby", "Hello?")
            await house.answer_to(said)
            assert run(*look, where=image).returncode == 0
        finally:
            assert await house.stop() == 0
    assert run(*look, where=image).returncode != 0
    assert stat.S_IMODE((data / "four-rooms.db").stat().st_mode) == 0o600
    assert files_of(image) == before
