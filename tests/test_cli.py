"""The command line: what it says, with which status it ends, and how quickly it answers."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bot.cli
import bot.cli.commands
from bot import __version__
from bot.errors import FourRoomsError, LLMMisconfigured, SettingError
from bot.settings import variables
from bot.storage.migrations import HEAD

ROOT = Path(__file__).parent.parent

HEAVY = ("aiohttp", "alembic", "discord", "jinja2", "matplotlib", "openai", "prometheus_client",
         "pydantic", "pydantic_settings", "simcord", "sqlalchemy", "structlog",
         "xllamacpp")  # fmt: skip


pytestmark = pytest.mark.usefixtures("process_as_before")


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without ``.env``, and an environment without our variables."""
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def status_of(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Runs the command line in this process; its exit status."""
    monkeypatch.setattr(sys, "argv", ["bot", *arguments])
    with pytest.raises(SystemExit) as ended:
        bot.cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


def run_apart(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python as a person does, in a folder and an environment of its own."""
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_help_lists_the_commands(empty_home: Path) -> None:
    told = run_apart(empty_home, "-m", "bot", "--help")
    assert told.returncode == 0
    for command in ("run", "demo", "simulate", "evaluate", "doctor", "db", "init", "rooms"):
        assert f" {command} " in told.stdout


def test_help_loads_nothing_heavy(empty_home: Path) -> None:
    loaded = packages_loaded(run_apart(empty_home, "-X", "importtime", "-m", "bot", "--help"))
    assert "typer" in loaded
    assert loaded & set(HEAVY) == set()


def packages_loaded(told: subprocess.CompletedProcess[str]) -> set[str]:
    """The packages that a process has loaded which was run with ``-X importtime``."""
    assert told.returncode == 0
    lines = [line for line in told.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


RUNS = """
from importlib import import_module
import bot.cli
from bot.cli.running import run
from bot.errors import SettingError
try:
    run()
except SettingError:  # there is no token: all that comes before it is loaded
    import bot.app.app, bot.llm.openai_api.client
    from bot.client.bot import COGS
    [*map(import_module, COGS)]
"""
"""Loads what a running bot does, and ends without connecting."""
NEVER_RUN = ("alembic", "mako", "matplotlib", "numpy", "pygments", "rich", "sqlalchemy.orm",
             "sqlalchemy.dialects.postgresql", "openai.resources", "openai.types.beta",
             "openai.types.realtime", "openai.types.responses.response", "aiohttp.web", "asyncpg",
             "prometheus_client", "simcord", "typer", "xllamacpp")  # fmt: skip
"""What would stay in memory, 45 MB of it, and serves commands, reports or another database."""


def test_a_running_bot_keeps_nothing_in_memory_that_it_does_not_use(empty_home: Path) -> None:
    listed = run_apart(empty_home, "-c", f"{RUNS}\nimport sys\nprint(*sys.modules)")
    assert listed.stderr == ""
    loaded = set(listed.stdout.split())
    assert {"openai", "discord", "sqlalchemy.ext.asyncio", "bot.engine.engine"} <= loaded
    assert loaded & set(NEVER_RUN) == set()


def test_what_is_handed_on_lazily_is_all_there(empty_home: Path) -> None:
    """The same public names, from the same modules, as without that."""
    told = """
import sys
from importlib import import_module
from bot.lazy_packages import PACKAGES, hand_on_lazily
if sys.argv[1:] == ["lazily"]:
    hand_on_lazily()
import ast, inspect
for package in sorted(PACKAGES):
    module = import_module(package)
    for line in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(line, ast.ImportFrom) and (line.level == 1 or line.module == package):
            for name in line.names:
                value = getattr(module, name.asname or name.name)
                print(package, name.name, getattr(value, "__module__", ""), type(value))
print(import_module("openai").types.chat.ChatCompletion)
"""
    plain, lazily = run_apart(empty_home, "-c", told), run_apart(empty_home, "-c", told, "lazily")
    assert lazily.stderr == plain.stderr == ""
    assert lazily.stdout == plain.stdout
    assert len(plain.stdout.splitlines()) > 400


def test_a_word_that_is_no_command_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(monkeypatch, "runn") == 2
    assert "runn" in capsys.readouterr().err


WRONG = {
    "LLM_TIMEOUT": "soon",
    "LOG_FORMAT": "xml",
    "METRICS_PORT": "99999",
    "DATABASE_URL": "mysql://root:hunter2@db/rooms",
    "EMBEDDED_MODEL": "/nowhere/model.gguf",
    "CRITIC_TEMPERATURE": "11",
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize(
    "command",
    [("run",), ("doctor",), ("db", "upgrade"), ("demo", "--exit"), ("evaluate",), ("simulate",)],
)
def test_a_wrong_setting_is_named_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setenv(name, WRONG[name])
    assert status_of(monkeypatch, *command) == 2
    told = capsys.readouterr()
    assert f"{name}: " in told.err
    assert "Traceback" not in told.err
    assert "hunter2" not in told.err + told.out


def test_the_env_file_of_the_folder_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], empty_home: Path
) -> None:
    (empty_home / ".env").write_text("LLM_TIMEOUT=soon\n")
    assert status_of(monkeypatch, "run") == 2
    assert "LLM_TIMEOUT: " in capsys.readouterr().err


def test_run_without_a_token_says_where_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(monkeypatch, "run") == 2
    told = capsys.readouterr().err
    assert "DISCORD_TOKEN" in told
    assert "discord.com/developers" in told
    assert "Traceback" not in told


def test_a_wrong_setting_leaves_no_traceback_in_a_process_of_its_own(empty_home: Path) -> None:
    told = run_apart(empty_home, "-m", "bot", "run")
    assert told.returncode == 2
    assert told.stdout == ""
    assert "DISCORD_TOKEN" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_database_is_made_and_brought_up_to_date(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], empty_home: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///kept/here.db")
    for _ in ("made", "found up to date"):
        assert status_of(monkeypatch, "db", "upgrade") == 0
        assert "up to date" in capsys.readouterr().out
    assert (empty_home / "kept/here.db").stat().st_size > 0


def test_what_a_command_makes_is_for_its_owner_alone(empty_home: Path) -> None:
    assert run_apart(empty_home, "-m", "bot", "db", "upgrade").returncode == 0
    made = [empty_home / "data", *(empty_home / "data").iterdir()]
    assert [stat.filemode(path.stat().st_mode) for path in made] == ["drwx------", "-rw-------"]


def test_what_is_made_by_others_for_a_command_is_for_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, empty_home: Path
) -> None:
    monkeypatch.setattr(bot.cli.commands, "app", lambda **_: (empty_home / "made").touch())
    assert status_of(monkeypatch) == 0
    assert stat.filemode((empty_home / "made").stat().st_mode) == "-rw-------"


def test_an_old_database_is_closed_to_others_and_the_log_says_so(empty_home: Path) -> None:
    database = empty_home / "data/four-rooms.db"
    run_apart(empty_home, "-m", "bot", "db", "upgrade")
    database.chmod(0o644)
    told = run_apart(empty_home, "-m", "bot", "db", "upgrade").stderr
    assert stat.filemode(database.stat().st_mode) == "-rw-------"
    assert "closed to others" in told
    assert "four-rooms.db" in told
    assert run_apart(empty_home, "-m", "bot", "db", "upgrade").stderr == ""


def raiser(error: BaseException) -> Callable[..., None]:
    def raise_it(**_: object) -> None:
        raise error

    return raise_it


ENDS = [
    (SettingError("MODEL: there is no such model."), 2, "MODEL: there is no such model."),
    (LLMMisconfigured("The key is refused."), 1, "The key is refused."),
    (FourRoomsError(), 1, FourRoomsError.public),
    (KeyboardInterrupt(), 130, ""),
]


@pytest.mark.parametrize(("error", "status", "said"), ENDS, ids=lambda it: type(it).__name__)
def test_each_kind_of_failure_has_its_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    said: str,
) -> None:
    monkeypatch.setattr(bot.cli.commands, "app", raiser(error))
    assert status_of(monkeypatch) == status
    assert capsys.readouterr().err.strip() == said


def test_the_version_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"four-rooms {__version__}\n"


def test_the_shell_can_complete_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_FOUR_ROOMS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "four-rooms do")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setattr(sys, "argv", ["four-rooms"])
    with pytest.raises(SystemExit):
        bot.cli.main()
    assert capsys.readouterr().out.split() == ["doctor"]


def test_what_is_done_to_the_database_can_be_had_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said_by(*command: str) -> Any:
        assert status_of(monkeypatch, *command) == 0
        return json.loads(capsys.readouterr().out)

    assert said_by("db", "upgrade", "--json") == {"revision": HEAD}
    copied = said_by("db", "backup", "copy.db", "--json")
    assert copied["file"] == "copy.db"
    assert copied["bytes"] > 1000
    forgotten = said_by("db", "forget", "5", "--yes", "--json")
    assert (forgotten["forgotten"], forgotten["servers"]) == (False, 0)
    assert said_by("rooms", "list", "--json") == []
    assert status_of(monkeypatch, "db", "backup", "/proc/none/copy.db") == 2
    assert "/proc/none/copy.db cannot be written" in capsys.readouterr().err


def test_an_old_code_page_of_the_system_is_no_hindrance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def speak(**_: object) -> None:
        sys.stdout.write("\U0001f7e2\n")

    windows = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", windows)
    monkeypatch.setattr(bot.cli.commands, "app", speak)
    assert status_of(monkeypatch) == 0
    windows.flush()
    assert windows.buffer.getvalue().decode("utf-8").strip() == "\U0001f7e2"


def test_the_package_knows_its_version() -> None:
    assert __version__.count(".") == 2


def test_a_bad_row_of_ones_own_set_is_named_by_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], empty_home: Path
) -> None:
    (empty_home / "mine.jsonl").write_text('{"id": "a", "turns": ["hi"]}\n{"id": "b"}\n')
    assert status_of(monkeypatch, "evaluate", "--scenarios", "mine.jsonl") == 2
    told = capsys.readouterr().err
    assert "mine.jsonl:2: turns" in told
    assert "Traceback" not in told
    (empty_home / "gold.jsonl").write_text("{}\n")
    assert status_of(monkeypatch, "evaluate", "--critic", "--golden", "gold.jsonl") == 2
    assert "gold.jsonl:1: " in capsys.readouterr().err


MISTAKEN = [
    (("simulate", "--persona", "nobody"), "'nobody'"),
    (("simulate", "--example", "--persona", "nobody"), "'nobody'"),
    (("simulate", "--turns", "0"), "'--turns': it has to be greater than or equal to 1"),
    (("simulate", "--seed", "abc"), "'--seed': it has to be a whole number."),
    (
        ("simulate", "--discord", "abc"),
        "No such option: --discord. See `python -m bot simulate --help`.",
    ),
    (("simulate", "--example", "--conversations", "4"), "--conversations: --example does not"),
    (("simulate", "--html", "/proc/none/page.html"), "--html /proc/none/page.html cannot be"),
    (("simulate", "--jsonl", "."), "--jsonl . cannot be written: it is a folder."),
    (("simulate", "--database", "/proc/none/rooms.db"), "--database /proc/none/rooms.db"),
    (("demo", "--folder", "/proc/none"), "--folder /proc/none cannot be made"),
    (("demo", "--port", "80"), "'--port': it has to be greater than or equal to 1024"),
    (("db", "forget", "abc"), "'user_id': it has to be a whole number."),
    (("db", "forget", "5", "--json"), "--json goes with --yes"),
    (("rooms", "list"), "there is no database data/four-rooms.db yet"),
    (("invite",), "DISCORD_TOKEN is not set."),
    (("init", "--no-input"), "DISCORD_TOKEN is not set, and there is no terminal"),
    (("init", "--no-input", "--file", "."), "'--file'"),
    (("evaluate", "--crisis", "--json", "/proc/none/x"), "--json /proc/none/x cannot be written"),
    (("evaluate", "--log", "."), "--log . cannot be written: it is a folder."),
    (("evaluate", "--split", "half"), "--split 'half'"),
    (("evaluate", "--golden", "gold.jsonl"), "--golden goes with --critic, --therapist or --talk."),
    (("evaluate", "--therapist", "--talk"), "--talk goes without --therapist."),
    (("evaluate", "--critic", "--crisis"), "--crisis goes without --critic."),
    (("evaluate", "--rooms", "3"), "--rooms goes with --talk."),
    (("evaluate", "--therapist", "--messages", "rooms.jsonl"), "--messages goes with --talk."),
    (("evaluate", "--critic", "--from", "found.json"), "--from goes with --therapist or --talk."),
    (("evaluate", "--talk", "--picture", "found.png"), "--picture goes without --talk."),
    (("evaluate", "--talk", "--most", "3"), "--most goes without --talk."),
    (("evaluate", "--therapist", "--repeats", "2"), "--repeats goes without --therapist."),
    (("evaluate", "--talk", "--rooms", "0"), "--rooms"),
    (("evaluate", "--talk", "--messages", "none.jsonl"), "none.jsonl cannot be read"),
    (("evaluate", "--therapist", "--golden", "none.jsonl"), "none.jsonl cannot be read"),
    (("evaluate", "--talk", "--from", "none.json"), "none.json cannot be read"),
    (("evaluate", "--set", "mine.jsonl"), "--set goes with --crisis."),
]


@pytest.mark.parametrize(("command", "told"), MISTAKEN)
def test_what_cannot_be_done_is_said_before_a_model_is_opened(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    told: str,
) -> None:
    assert status_of(monkeypatch, *command) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert said.out == ""
    assert said.err.count("\n") == 1, "one sentence"


def test_run_needs_no_extra(empty_home: Path) -> None:
    without = "import sys; sys.modules.update(dict.fromkeys(sys.argv[1:])); "
    bot_and_cogs = "import bot.app.app; from bot.client.bot import COGS; "
    loads = "from importlib import import_module; print(len([*map(import_module, COGS)]))"
    extras = ("simcord", "zstandard", "xllamacpp", "matplotlib", "asyncpg")
    ended = run_apart(empty_home, "-c", without + bot_and_cogs + loads, *extras)
    assert ended.stderr == ""
    assert int(ended.stdout) > 10


EXTRAS = [
    (("demo", "--exit"), "simcord", "demo"),
    (("demo", "--exit"), "zstandard", "demo"),
    (("simulate",), "xllamacpp", "embedded"),
    (("evaluate", "--picture", "found.png"), "matplotlib", "charts"),
]


@pytest.mark.parametrize(("command", "package", "extra"), EXTRAS)
def test_a_missing_extra_is_named_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    package: str,
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert status_of(monkeypatch, *command) == 2
    told = capsys.readouterr().err
    assert f" needs {package}: " in told
    assert f'pip install ".[{extra}]"' in told
    assert "Traceback" not in told
