"""The project as a whole: what is in it, who imports whom, and that its papers tell the truth."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bot
from bot import PACKAGED_PROMPTS
from bot.cli.commands import app
from bot.cli.process import SCRIPT
from bot.client.bot import COGS, FourRoomsBot
from bot.domain.permissions import REQUIRED_PERMISSIONS
from bot.engine.team import Agents
from bot.errors import MissingExtra
from bot.llm.endpoint import Price
from bot.sandbox import BOT_PERMISSIONS
from bot.settings import Settings, variables
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores

ROOT = Path(__file__).parent.parent
PAPERS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
DOCS = (
    "commands",
    "crisis",
    "critic",
    "evaluation",
    "how-it-is-built",
    "moderating",
    "operating",
    "privacy",
    "privacy-notice",
    "settings",
    "speed",
    "tuning",
)
PAGES = (*PAPERS, *(f"docs/{name}.md" for name in DOCS))
AGENTS = ("CHATBOT", "THERAPIST", "CRITIC", "USER")

TOP_LEVEL = {
    "pyproject.toml",
    *PAPERS,
    "LICENSE",
    "Makefile",
    "Containerfile",
    "compose.yaml",
    "requirements.lock",
    "requirements-run.lock",
    "requirements-tune.lock",
    "bot",
    "cogs",
    "docs",
    "prompts",
    "tests",
}


def project_files() -> list[Path]:
    """Every file that belongs to the project: known to git, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imported(path: Path) -> frozenset[str]:
    """The full names of all that a module imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


# ── what is in it ───────────────────────────────────────────────────────────────────────────


def test_nothing_else_lies_at_the_top() -> None:
    entries = {path.relative_to(ROOT).parts[0] for path in project_files()}
    assert {entry for entry in entries if not entry.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize(
    "name", [*PAGES, "LICENSE", "Makefile", ".env.example", ".ci/run", ".ci/build-image"]
)
def test_what_people_look_for_is_there(name: str) -> None:
    assert (ROOT / name).read_text("utf-8").strip()


SPOKEN_OF = {
    "a folder of one machine": re.compile(r"(?<![\w.:])/(?:root|work|home|Users)/\w"),
    "an address in a private network": re.compile(
        r"\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b"
    ),
    "where packages come from": re.compile(
        r"--(?:extra-)?index-url|find-links\s*=|trusted-host|pythonhosted\.org|\bPIP_\w+INDEX"
    ),
}


@pytest.mark.parametrize("what", SPOKEN_OF)
def test_no_file_speaks_of_one_machine(what: str) -> None:
    spoken = []
    for path in project_files():
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
            if SPOKEN_OF[what].search(line):
                spoken.append(f"{relative(path)}:{number}")
    assert not spoken


def test_files_and_functions_stay_small() -> None:
    large = []
    for path in modules("bot", "cogs"):
        if path.parent.name == "versions":
            continue  # a migration is a list of tables, and never changed again
        text = path.read_text("utf-8")
        lines = text.count("\n")
        if lines > 300:
            large.append(f"{relative(path)}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 40:
                    large.append(f"{relative(path)}:{node.lineno}: {node.name} has {length} lines")
    assert not large


# ── who imports whom ────────────────────────────────────────────────────────────────────────

ONLY_IN = {
    # library: the only places in bot/ and cogs/ that may import it
    "discord": (
        "bot/client/",
        "bot/demo/",
        "bot/doctor/discord_checks.py",
        "bot/sandbox/",
        "cogs/",
    ),
    "simcord": ("bot/sandbox/",),
    "openai": ("bot/llm/",),
    "xllamacpp": ("bot/llm/",),
    "sqlalchemy": ("bot/storage/",),
    "alembic": ("bot/storage/",),
    "jinja2": ("bot/prompting/", "bot/simulation/", "bot/reports/"),
    "prometheus_client": ("bot/metrics/",),
}


def test_nothing_imports_the_tests() -> None:
    """Who else may import whom is in pyproject.toml, where import-linter reads it."""
    importers = [
        relative(path)
        for path in modules("bot", "cogs")
        if any(within(name, "tests") for name in imported(path))
    ]
    assert not importers


def test_every_contract_is_run_by_make_check() -> None:
    checks = (ROOT / "Makefile").read_text("utf-8").split("\ncheck:")[1].split("\n\n")[0]
    assert "lint-imports" in checks


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_place(library: str) -> None:
    users = {
        relative(path)
        for path in modules("bot", "cogs")
        if any(within(name, library) for name in imported(path))
    }
    assert users
    assert {user for user in users if not user.startswith(ONLY_IN[library])} == set()


# ── the packages ────────────────────────────────────────────────────────────────────────────


def test_the_wheel_holds_every_file_that_the_code_reads() -> None:
    """What git ignores is left out of it, and no folder beside these three goes in."""
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]
    wheel = targets["build"]["targets"]["wheel"]
    held = {*wheel["packages"], *wheel["force-include"]}
    assert held == {"bot", "cogs", "prompts"}
    assert wheel["force-include"]["prompts"] == PACKAGED_PROMPTS.relative_to(ROOT).as_posix()
    there = {
        path
        for folder in held
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert there - set(project_files()) == set()
    assert {f"/{folder}" for folder in held} <= set(targets["build"]["targets"]["sdist"]["include"])


def test_a_packaged_bot_names_the_extra_as_a_package_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.errors.PACKAGED_PROMPTS", tmp_path)
    assert MissingExtra("The demo", "demo", ["simcord"]).detail == (
        'The demo needs simcord: pip install "four-rooms[demo]".'
    )


def test_the_console_script_is_the_command_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {SCRIPT: "bot.cli:main"}
    assert set(project["optional-dependencies"]) >= {"all", "demo", "embedded", "charts"}


TEXT_FILES = {"read_text": 0, "write_text": 1, "open": 2}
"""Where the encoding stands among a call's arguments; `open` of a path has the mode before it."""


def test_every_text_file_has_its_encoding_named() -> None:
    """The system's own is cp1252 on Windows, which knows no emoji and no Polish."""
    unnamed = []
    for path in modules("bot", "cogs"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            place = TEXT_FILES.get(call.func.attr)
            named = any(keyword.arg == "encoding" for keyword in call.keywords)
            if place is None or named or len(call.args) > place:
                continue
            if call.func.attr != "open" or _is_text_mode(call.args):
                unnamed.append(f"{relative(path)}:{call.lineno}")
    assert not unnamed


def _is_text_mode(arguments: list[ast.expr]) -> bool:
    """Whether a mode of a file is what `open` was given, and no mode of bytes."""
    modes = [it.value for it in arguments if isinstance(it, ast.Constant)]
    return any(isinstance(mode, str) and mode in {"r", "w", "a", "r+"} for mode in modes)


# ── the lock ────────────────────────────────────────────────────────────────────────────────


LOCKS = ("requirements.lock", "requirements-tune.lock", "requirements-run.lock")
"""The second is of the extra ``tune``, which has an environment of its own; the third the image."""


def lock(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def wanted(lock_file: str) -> Iterator[Requirement]:
    """What has to be pinned there; torch is in neither: docs/tuning.md says why."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    tune = [Requirement(text) for text in extras.pop("tune")]
    others = (*extras.values(), project["dependencies"])
    if lock_file == LOCKS[1]:
        yield from (requirement for requirement in tune if requirement.name != "torch")
        others = (project["dependencies"], extras["embedded"])
    if lock_file == LOCKS[2]:
        others = (project["dependencies"], extras["embedded"], extras["charts"])
    for requirement in (Requirement(text) for group in others for text in group):
        if requirement.name != project["name"]:  # `all` names the other extras
            yield requirement


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_address(name: str) -> None:
    options = re.findall(r"^\s*(-\S*?)(?:[=\s]|$)", lock(name), re.MULTILINE)
    assert set(options) == {"--hash"}
    assert "://" not in lock(name)


@pytest.mark.parametrize("name", LOCKS)
def test_everything_in_the_lock_has_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock(name))
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def pinned(name: str) -> dict[str, list[str]]:
    """The versions of each package of a lock: of some it has one for each Python."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", lock(name), re.MULTILINE)
    versions: dict[str, list[str]] = {}
    for package, version in found:
        versions.setdefault(canonicalize_name(package), []).append(version)
    return versions


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_every_dependency_at_a_fitting_version(name: str) -> None:
    versions = pinned(name)
    wrong = [
        str(requirement)
        for requirement in wanted(name)
        if not any(
            requirement.specifier.contains(version)
            for version in versions.get(canonicalize_name(requirement.name), [])
        )
    ]
    assert not wrong


def test_torch_and_what_it_brings_for_gpus_stay_out_of_the_locks() -> None:
    packages = {package for name in LOCKS for package in pinned(name)}
    assert not {name for name in packages if re.match(r"torch$|nvidia|cuda|triton", name)}


def test_the_image_holds_what_a_bot_needs_as_it_is_tested_and_no_more() -> None:
    everything, running = pinned(LOCKS[0]), pinned(LOCKS[2])
    assert {name for name in running if running[name] != everything.get(name)} == set()
    assert not {*running} & {"pytest", "mypy", "playwright", "simcord"}


def test_both_locks_pin_the_same_versions() -> None:
    first, second, _ = map(pinned, LOCKS)
    assert {name for name in first.keys() & second.keys() if first[name] != second[name]} == set()


# ── the settings ────────────────────────────────────────────────────────────────────────────


def example() -> list[str]:
    return (ROOT / ".env.example").read_text("utf-8").splitlines()


def test_the_example_lists_every_variable_once() -> None:
    listed = [found[1] for line in example() if (found := re.match(r"#?\s?([A-Z][A-Z_]+)=", line))]
    assert sorted(listed) == sorted(name for name, _ in variables())


def test_the_example_sets_nothing_of_its_own() -> None:
    set_to = dict(line.split("=", 1) for line in example() if re.match(r"[A-Z_]+=", line))
    assert not [name for name, value in set_to.items() if re.search(r"KEY|TOKEN", name) and value]


def table_rows(heading: str, page: str = "README.md") -> list[list[str]]:
    """The rows of the table under a heading of a page, cell by cell."""
    text = (ROOT / page).read_text("utf-8")
    section = re.split(rf"^#+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def test_the_docs_list_every_setting() -> None:
    listed = set()
    for row in table_rows("Settings", "docs/settings.md"):
        for name in re.findall(r"`([A-Z<>_]+)`", row[0]):
            listed |= {name.replace("<AGENT>", agent) for agent in AGENTS}
    assert listed == {name for name, _ in variables()}


def test_the_docs_know_the_defaults() -> None:
    fields = Settings.model_fields
    said = {
        row[0].strip("`"): row[1].strip("`") for row in table_rows("Settings", "docs/settings.md")
    }
    expected = {
        name.upper(): str(field.default)
        for name, field in fields.items()
        if field.default not in (None, ()) and name != "database_url"
    }
    expected["DATABASE_URL"] = "sqlite:///data/four-rooms.db"
    expected["LLM_TIMEOUT"] = "60"
    assert {name: said[name] for name in expected} == expected


# ── the papers ──────────────────────────────────────────────────────────────────────────────


def papers() -> str:
    return "\n".join((ROOT / name).read_text("utf-8") for name in PAGES)


def test_the_papers_name_only_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", papers(), re.MULTILINE))
    assert named
    assert named <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def commands_of(group: typer.core.TyperGroup, prefix: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands_of(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}"


COMMANDS = "docs/commands.md"
INVITING = "docs/operating.md"


def root_command() -> typer.core.TyperGroup:
    root = typer.main.get_command(app)
    assert isinstance(root, typer.core.TyperGroup)
    return root


def test_the_docs_list_exactly_the_commands_there_are() -> None:
    rows = [row[0].strip("`") for row in table_rows("Command line", COMMANDS)]
    listed = {row.removeprefix("python -m bot ") for row in rows if row.startswith("python")}
    assert listed == set(commands_of(root_command()))


def options_of(*names: str) -> set[str]:
    """The options of a command, or of the command line itself."""
    command: Any = root_command()
    for name in names:
        command = command.commands[name]
    return {option for parameter in command.params for option in parameter.opts} | {"--help"}


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_every_command_line_that_is_named_can_be_given(page: str) -> None:
    """The command is there, and has the options that stand behind it."""
    text = (ROOT / page).read_text("utf-8")
    wrong = []
    for line in re.findall(r"(?:-m bot|`four-rooms) ([^\n`|)]*)", text):
        command = [word for word in line.split() if not word.startswith("-")][:2]
        known = next((it for it in known_commands() if command[: len(it)] == it), None)
        if known is None:
            wrong += command
            continue
        options = set(re.findall(r"(?<!\S)--[a-z-]+", line))
        wrong += [f"{' '.join(known)} {option}" for option in options - options_of(*known)]
    assert not wrong


@cache
def known_commands() -> list[list[str]]:
    return [command.split() for command in commands_of(root_command())]


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_every_option_that_is_named_with_its_command_is_one(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    firsts = [command[0] for command in known_commands() if len(command) == 1]
    named = re.findall(rf"`({'|'.join(firsts)}) (--[a-z-]+)", text)
    assert [one for one in named if one[1] not in options_of(one[0])] == []


OTHERS = {"OMP_NUM_THREADS", "POSTGRES_PASSWORD", "REQUIRE_BROWSER", "XDG_CACHE_HOME"}
"""Names in capitals that are no settings of ours: of the system, of a library, of the tests."""


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_every_setting_that_is_named_is_one(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)\b", text))
    assert named - {name for name, _ in variables()} - OTHERS == set()


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_what_a_thousand_replies_cost_is_reckoned_as_the_readme_says() -> None:
    """A calm reply of 3,200 tokens and 500, and a round as the bot reckons a typical turn."""
    rows = re.findall(
        r"^\| \$([\d.]+) / \$([\d.]+) \| \$([\d.]+) \| \$([\d.]+) \|$",
        (ROOT / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert len(rows) == 3
    for paid, answered, calm, round_ in rows:
        price = Price(input=float(paid), output=float(answered))
        for said, prompt, completion in ((calm, 3_200, 500), (round_, 8_000, 2_000)):
            cost = 1_000 * price.cost(prompt=prompt, cached=0, completion=completion)
            assert cost == pytest.approx(float(said), abs=0.005)


def links(page: str) -> list[tuple[Path, str]]:
    """Where the links of a page lead that stay in the project: a file, and an anchor in it."""
    found = re.findall(
        r"\]\((?!https?://)([^)#\s]*)(?:#([^)]+))?\)", (ROOT / page).read_text("utf-8")
    )
    place = ROOT / page
    return [((place.parent / file).resolve() if file else place, anchor) for file, anchor in found]


def anchors(page: Path) -> set[str]:
    """What can be linked to in a page: its headings as GitHub names them."""
    return {
        re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_links_between_the_papers_lead_somewhere(page: str) -> None:
    dead = [
        f"{file.name}#{anchor}"
        for file, anchor in links(page)
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]
    assert not dead


def test_the_readme_links_every_page_of_the_docs() -> None:
    linked = {file for file, _ in links("README.md")}
    pages = set((ROOT / "docs").glob("*.md"))
    assert pages == {ROOT / "docs" / f"{name}.md" for name in DOCS}
    assert pages <= linked


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_every_path_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(r"`((?:bot|cogs|docs|prompts|tests)/[\w/.-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_states_of_a_turn_are_drawn_as_the_code_draws_them() -> None:
    transitions = pytest.importorskip("bot.domain.transitions")
    drawn = dedent(transitions.__doc__.split("::\n\n")[1].split("\nA turn may")[0]).strip()
    assert f"```\n{drawn}\n```" in (ROOT / "docs/how-it-is-built.md").read_text("utf-8")


def test_the_figures_of_the_bench_stand_between_their_markers() -> None:
    text = (ROOT / "docs/speed.md").read_text("utf-8")
    _, after = text.split("python -m tests.benchmarks --markdown")
    rows = after.split("Begin. -->\n")[1].split("<!-- The figures end. -->")[0].splitlines()
    assert rows[0] == "| what | figure | bound | beside |"
    assert all(row.startswith("| ") and row.endswith("|") for row in rows)


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest is not None
    assert bot.__version__ == project["version"] == newest[1]


# ── permissions and commands ────────────────────────────────────────────────────────────────


def rights() -> discord.Permissions:
    """All that `/setup` asks for, in whichever channel."""
    flags = {right.flag for needed in REQUIRED_PERMISSIONS.values() for right in needed}
    return discord.Permissions(**dict.fromkeys(flags, True))


def test_the_invite_link_asks_for_what_setup_checks() -> None:
    text = (ROOT / INVITING).read_text("utf-8")
    link = re.search(r"https://discord\.com/oauth2/authorize\?\S+", text)
    assert link is not None
    asked = parse_qs(urlsplit(link[0]).query)
    assert asked["permissions"] == [str(rights().value)]
    assert asked["scope"] == ["bot applications.commands"]


def test_the_docs_name_each_permission() -> None:
    rows = (ROOT / INVITING).read_text("utf-8").split("| permission |")[1].split("\n\n")[0]
    labels = {right.label for needed in REQUIRED_PERMISSIONS.values() for right in needed}
    assert {name for row in re.findall(r"^ *\| ([A-Z][^|]+) \|", rows, re.MULTILINE)
            for name in row.split(", ")} == labels  # fmt: skip


def test_the_demo_gives_the_bot_the_same() -> None:
    assert rights() == BOT_PERMISSIONS


async def test_the_docs_list_exactly_the_slash_commands_there_are(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'rooms.db'}"
    nobody: Any = None
    async with open_database(url) as database:
        bot_ = FourRoomsBot.over(Stores.over(database), Agents(nobody, nobody, nobody))
        try:
            for cog in COGS:
                await import_module(cog).setup(bot_)
            commands = {command.qualified_name for command in bot_.tree.walk_commands()}
        finally:
            await bot_.engine.close(0)
    names = {name.split()[0] for name in commands}
    first_cells = " ".join(row[0] for row in table_rows("Commands in Discord", COMMANDS))
    assert set(re.findall(r"`/([a-z-]+)", first_cells)) == names
    named = set(re.findall(r"`/([a-z-]+)[ `]", papers()))
    assert named - names - {"healthz", "readyz", "metrics", "data"} == set()
