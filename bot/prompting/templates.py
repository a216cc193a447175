"""The prompt files: loaded once, each with its version, rendered to the messages of a call.

A prompt file is a Jinja2 template made of ``{% call system() %}…{% endcall %}`` blocks (or
``user``, ``assistant``): the blocks become messages, so that nothing in a value can open one.
Every value that a template prints is cleaned (`bot.text.prompt_safety`); the filters ``words``,
``line`` and ``name`` also bound it. What stays the same from call to call belongs at the top,
where a provider's prompt cache finds it.
"""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

import jinja2
from jinja2 import meta

from bot.domain import Persona
from bot.errors import SettingError
from bot.llm.protocol import ChatMessage, Prompt
from bot.prompting.personas import read_persona
from bot.text import prompt_safety
from bot.text.template_marks import PROMPT_FOLDER

FOLDER: Final = PROMPT_FOLDER
"""The prompts that the project ships."""

_PERSONAS: Final = "personas"
_HEAD: Final = re.compile(r"\A\{# Read by:[^\n]*\n")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_MessageRole = Literal["system", "user", "assistant"]
_EARLIER: Final = "(What was said before is not shown.)"
"""Said by the user where an assistant would speak first, which many chat templates refuse."""
_GIVEN: Final = frozenset({"system", "user", "assistant"})


class Prompts:
    """All prompt files and personas, read once, compiled, with their versions."""

    def __init__(self, folder: Path, personas: Mapping[str, Persona]) -> None:
        """Use `load`, which also checks the files."""
        self._folder = folder
        self._personas = dict(personas)
        self._versions: dict[str, str] = {}
        self._environment = _environment(folder)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Prompts:
        """Read and compile every file; SettingError names the file and line that is wrong."""
        if not folder.is_dir():
            raise SettingError(f"The folder of prompts is missing: {folder}")
        paths = sorted((folder / _PERSONAS).glob("*.md"))
        prompts = cls(folder, {path.stem: read_persona(path) for path in paths})
        for path in sorted(folder.rglob("*.md")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            if not name.startswith(f"{_PERSONAS}/"):
                prompts.version(name)
        return prompts

    @property
    def folder(self) -> Path:
        """The folder of the files."""
        return self._folder

    @property
    def personas(self) -> tuple[str, ...]:
        """The names of all personas, sorted."""
        return tuple(sorted(self._personas))

    def persona(self, name: str) -> Persona:
        """Return the persona of that name; SettingError lists the names there are."""
        if name not in self._personas:
            names = ", ".join(self.personas) or "none"
            raise SettingError(
                f"There is no persona {name!r} in {self._folder}. There are: {names}."
            )
        return self._personas[name]

    def version(self, name: str) -> str:
        """Return the first 12 hex digits of the SHA-256 of the file and of what it includes."""
        if name not in self._versions:
            texts = self._with_includes(f"{name}.md", {})
            joined = "\0".join(f"{file}\0{without_head(texts[file])}" for file in sorted(texts))
            self._versions[name] = hashlib.sha256(joined.encode()).hexdigest()[:12]
        return self._versions[name]

    def require(self, name: str, values: Collection[str]) -> None:
        """Check at start that the file exists and wants no value that its caller does not give."""
        for file, text in self._with_includes(f"{name}.md", {}).items():
            wanted = meta.find_undeclared_variables(self._environment.parse(text))
            if missing := sorted(wanted - set(values) - _GIVEN):
                line = 1 + text[: text.find(missing[0])].count("\n")
                raise SettingError(
                    f"{self._folder / file}:{line}: nothing gives the value {missing[0]!r}; "
                    f"there are: {', '.join(sorted(values))}."
                )

    def render(self, name: str, **values: object) -> Prompt:
        """Render a prompt file to messages. Neighbours of one role are joined into one."""
        messages: list[ChatMessage] = []
        roles = {role: _collector(role, messages) for role in ("system", "user", "assistant")}
        try:
            self._template(f"{name}.md").render(**values, **roles)
        except jinja2.TemplateError as error:
            raise self._broken(error, f"{name}.md") from error
        if not messages:
            raise SettingError(f"{self._folder / name}.md:1: the prompt has no messages.")
        _begin_with_user(messages)
        return Prompt(name=name, version=self._version_with(name, values), messages=tuple(messages))

    def _version_with(self, name: str, values: Mapping[str, object]) -> str:
        """Return the version, with the persona that took part, if any."""
        personas = [value for value in values.values() if isinstance(value, Persona)]
        if not personas:
            return self.version(name)
        joined = "\0".join([self.version(name), *map(repr, personas)])
        return hashlib.sha256(joined.encode()).hexdigest()[:12]

    def _with_includes(self, file: str, seen: dict[str, str]) -> dict[str, str]:
        if file in seen:
            return seen
        template = self._template(file, wanted_by=next(reversed(seen), None))
        text = Path(str(template.filename)).read_text("utf-8")
        seen[file] = text
        for other in meta.find_referenced_templates(self._environment.parse(text)):
            if other is None:
                raise SettingError(f"{self._folder / file}:1: includes must name their file.")
            self._with_includes(other, seen)
        return seen

    def _template(self, file: str, *, wanted_by: str | None = None) -> jinja2.Template:
        try:
            return self._environment.get_template(file)
        except jinja2.TemplateNotFound as error:
            wanted = f" (wanted by {wanted_by})" if wanted_by else ""
            raise SettingError(f"{self._folder / file}: no such prompt file{wanted}.") from error
        except jinja2.TemplateError as error:
            raise self._broken(error, file) from error

    def _broken(self, error: jinja2.TemplateError, file: str) -> SettingError:
        path, line = str(self._folder / file), 1
        if isinstance(error, jinja2.TemplateSyntaxError):
            path, line = error.filename or path, error.lineno
        else:
            for frame in traceback.extract_tb(error.__traceback__):
                if frame.filename.endswith(".md"):
                    path, line = frame.filename, frame.lineno or 1
        return SettingError(f"{path}:{line}: {error.message}")


@cache
def probability_check() -> Prompt:
    """Return the question by which it shows whether a model gives token probabilities.

    Its calls are on record under the name that they have had since before it was a file.
    """
    return replace(Prompts(FOLDER, {}).render("doctor/probability_check"), name="probe")


def without_head(text: str) -> str:
    """Return a prompt file's text without the first line that says which models read it.

    It is for people: no model sees it, and what is fitted to a prompt stays so when it changes.
    """
    return _HEAD.sub("", text)


def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - these are prompts, not HTML; `finalize` cleans values
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: prompt_safety.clean_text(value) if isinstance(value, str) else value,
    )
    environment.filters.update(
        words=prompt_safety.words, line=prompt_safety.one_line, name=prompt_safety.name
    )
    return environment


def _collector(role: str, messages: list[ChatMessage]) -> Callable[..., str]:
    def collect(*, caller: Callable[[], str]) -> str:
        text = _EMPTY_LINES.sub("\n\n", caller()).strip()
        if messages and messages[-1].role == role:
            # Some chat templates refuse two messages of one role in a row.
            messages[-1] = ChatMessage(messages[-1].role, f"{messages[-1].content}\n{text}")
        elif text:
            messages.append(ChatMessage(_role(role), text))
        return ""

    return collect


def _begin_with_user(messages: list[ChatMessage]) -> None:
    first = next((at for at, one in enumerate(messages) if one.role != "system"), None)
    if first is not None and messages[first].role == "assistant":
        messages.insert(first, ChatMessage("user", _EARLIER))


def _role(role: str) -> _MessageRole:
    return "system" if role == "system" else "assistant" if role == "assistant" else "user"
