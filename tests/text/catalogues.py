"""The texts that stand in the code, and the catalogues that hold them in other languages.

After a change of a text, ``python -m tests.text.catalogues`` (`make texts`) brings the catalogues
of moderators' texts up to date: new texts get an empty translation, those that are gone go, and
all others stay as they are. `test_catalogues.py` fails until each is translated.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

import jinja2
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from discord import app_commands
from discord.ext import commands

from bot.client import command_sync
from bot.client.bot import COGS
from bot.errors import FourRoomsError
from bot.text import moderator_texts
from bot.text.language import LANGUAGES as CODES
from bot.text.moderator_texts import LANGUAGES
from bot.text.translations import CATALOGUES
from tests.text.shown_values import shown_values

ROOT: Final = Path(__file__).parents[2]
TRANSLATED: Final = LANGUAGES[1:]
"""All but English, which the sources are."""
WIDTH: Final = 100
HEADER: Final = """\
# {title}: `make texts` brings this file up to date.
msgid ""
msgstr ""
"Project-Id-Version: Four Rooms\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=({plural});\\n"
"""
PLURALS: Final = dict.fromkeys(("de", "es"), "n != 1") | dict.fromkeys(("fr", "pt"), "n > 1")
"""For which numbers the second of two forms is said."""
TITLES: Final = {
    moderator_texts.DOMAIN: "Texts that moderators and admins read",
    command_sync.DOMAIN: "Descriptions of commands and of their options, at most 100 characters",
}
Source = str | tuple[str, str]
"""A text as it stands in the code: one, or the forms for one and for many."""
T = TypeVar("T")


def sources(domain: str) -> dict[Source, set[str]]:
    """Return the texts of a domain, each with the files it stands in."""
    if domain == command_sync.DOMAIN:
        return {text: set() for text in of_commands()}
    found: dict[Source, set[str]] = {text: set() for text in of_names()}
    for path in sorted((ROOT / "bot" / "reports").glob("*.html")):
        for text in said_on_page(path.read_text()):
            found.setdefault(text, set()).add(str(path.relative_to(ROOT)))
    for path in python_files():
        for text in said_in(ast.parse(path.read_text())):
            found.setdefault(text, set()).add(str(path.relative_to(ROOT)))
    return found


def python_files() -> Iterator[Path]:
    """Return the files in which texts may stand."""
    for folder in ("bot", "cogs"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def said_in(tree: ast.Module) -> Iterator[Source]:
    """Return the texts that are said in a file, or marked to be said later."""
    constants = {name: value for node in tree.body for name, value in _constant(node)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in ("say", "Later", "because") and call.args:
            first = call.args[0]
            if name == "because" and isinstance(first, ast.Name):
                first = constants.get(first.id, first)
            yield from _literals(first)
        elif name in ("say_count", "because_count") and len(call.args) >= 2:
            yield from zip(*(_literals(arg) for arg in call.args[:2]), strict=True)


def said_on_page(source: str) -> Iterator[Source]:
    """Return the texts that are said in the template of a page."""
    for call in jinja2.Environment(autoescape=True).parse(source).find_all(jinja2.nodes.Call):
        name = call.node.name if isinstance(call.node, jinja2.nodes.Name) else ""
        said = [one.value for one in call.args if isinstance(one, jinja2.nodes.Const)]
        if name == "say" and said:
            yield said[0]
        elif name == "say_count" and len(said) >= 2:
            yield said[0], said[1]


def _constant(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name and the value of a constant of a module."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id, node.value


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def of_names() -> Iterator[str]:
    """Return what is shown by name: errors' sentences, and what the domain names."""
    load_cogs()
    yield from (error.public for error in subclasses(FourRoomsError))
    yield from shown_values()


def of_commands() -> Iterator[str]:
    """Return the descriptions of commands, groups and options, and the names of choices."""
    load_cogs()
    for cog in subclasses(commands.Cog):
        for command in cog.__cog_app_commands__:
            yield from _described(command)


def _described(
    command: app_commands.Group | app_commands.Command[Any, Any, Any],
) -> Iterator[str]:
    yield command.description
    if isinstance(command, app_commands.Group):
        for child in command.commands:
            yield from _described(child)
        return
    for option in command.parameters:
        yield str(option.description)
        # A language stands in its list as its code, which is the same in every language.
        yield from (choice.name for choice in option.choices if choice.name not in CODES)


def load_cogs() -> None:
    """Import every cog, so that its errors and commands are there."""
    for cog in COGS:
        import_module(cog)


def subclasses(kind: type[T]) -> Iterator[type[T]]:
    """Return a class of ours and all below it, in the bot and not in tests."""
    if kind.__module__.split(".")[0] in ("bot", "cogs"):
        yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def path_of(language: str, domain: str) -> Path:
    """Return where the catalogue of a language is."""
    return CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> Catalog:
    """Return a catalogue as it is; an empty one where there is none."""
    path = path_of(language, domain)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as written:
        return read_po(written, locale=language)


def refresh(language: str, domain: str) -> int:
    """Bring a catalogue up to date; return how many of its texts have no translation."""
    known = {message.id: message.string for message in read(language, domain) if message.id}
    header = HEADER.format(title=TITLES[domain], language=language, plural=PLURALS[language])
    catalogue = read_po(io.BytesIO(header.encode()), locale=language)
    for source, files in sources(domain).items():
        flags = ["python-brace-format"] * any("{" in form for form in forms(source))
        locations = [(file, 0) for file in sorted(files)]
        catalogue.add(source, known.get(source), locations=locations, flags=flags)
    written = io.BytesIO()
    write_po(written, catalogue, WIDTH, omit_header=True, sort_output=True, include_lineno=False)
    path_of(language, domain).write_text(f"{header}\n{written.getvalue().decode()}")
    return sum(not is_whole(message) for message in catalogue if message.id)


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return a text's forms: one, or one for each number that a language knows."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def is_whole(message: Message) -> bool:
    """Return whether a text has a translation, in all of its forms."""
    said = forms(message.string)
    return bool(said) and all(said)


def main() -> None:
    """Bring all catalogues up to date, and say what is missing."""
    for language in TRANSLATED:
        for domain in TITLES:
            missing = refresh(language, domain)
            print(f"{path_of(language, domain).relative_to(ROOT)}: {missing} to translate")  # noqa: T201


if __name__ == "__main__":
    main()
