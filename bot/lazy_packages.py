"""Other people's packages that only hand names on, without all that they hand on.

``import openai`` loads its five hundred modules of types, and ``sqlalchemy.ext.asyncio`` the whole
object-relational mapper: together 16 MB that nothing in the bot ever uses. Both come from an
``__init__`` full of ``from .module import Name``. `hand_on_lazily` has those lines done when a name
is first asked for, which is what PEP 810 makes of ``lazy from`` in Python 3.15. All public names
stay where they are, and a package that is loaded already stays as it is.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

PACKAGES: Final = frozenset(
    {
        "openai.lib",
        "openai.types",
        "openai.types.chat",
        "openai.types.responses",
        "openai.types.shared",
        "openai.types.shared_params",
        "rapidfuzz",
        "rapidfuzz.distance",
        "sqlalchemy.ext.asyncio",
    }
)
"""Those whose ``__init__`` hands on much that it makes no use of itself."""


def hand_on_lazily() -> None:
    """Have `PACKAGES` load what they hand on when it is asked for. Repeatable.

    To be called before anything imports them; only a process of its own should do so.
    """
    if not any(isinstance(finder, LazyPackages) for finder in sys.meta_path):
        sys.meta_path.insert(0, LazyPackages())


@contextmanager
def without(package: str) -> Iterator[None]:
    """Have whoever asks for that package within find it missing, unless it is loaded already.

    For the import of what would load it only because it is there.
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # how Python marks what is not there
    try:
        yield
    finally:
        del sys.modules[package]


class LazyPackages(MetaPathFinder):
    """Finds `PACKAGES`, each where it would be found without it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where one of `PACKAGES` is, with the loader that leaves out the rest."""
        found = PathFinder.find_spec(fullname, path, target) if fullname in PACKAGES else None
        if found is not None and isinstance(found.loader, SourceFileLoader):
            found.loader = _HandsOnLazily(fullname, found.loader.path)
        return found


class _HandsOnLazily(SourceFileLoader):
    """Runs an ``__init__`` without the imports from its own modules, and does those when asked."""

    def exec_module(self, module: ModuleType) -> None:
        package, names = module.__name__, dict[str, _Source]()

        def hand_on(name: str) -> object:
            if name in names:
                value = names[name].load(package)
                setattr(module, name, value)
                return value
            if not _is_dunder(name):  # which Python looks for, and would run `__main__` by it
                try:  # a module of the package, which was there once another had been asked for
                    return import_module(f".{name}", package)
                except ModuleNotFoundError as error:
                    if error.name != f"{package}.{name}":
                        raise
            raise AttributeError(f"module {package!r} has no attribute {name!r}")

        module.__dict__["__getattr__"] = hand_on
        exec(self._left_out(names), module.__dict__)  # noqa: S102 - as any loader does
        if "__all__" not in module.__dict__:  # what `import *` brings where it finds no such list
            public = [name for name in (*module.__dict__, *names) if not name.startswith("_")]
            module.__dict__["__all__"] = public

    def _left_out(self, names: dict[str, _Source]) -> CodeType:
        """Return the code without what is handed on, of which ``names`` takes the sources."""
        tree = ast.parse(self.get_data(self.path))
        modules = {entry.name.partition(".")[0] for entry in Path(self.path).parent.iterdir()}
        handed = [self._handed_on(statement, modules) for statement in tree.body]
        needed = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        # Whoever imports a module first puts it in the place of what else has its name there.
        sources = [pair for each in handed for pair in each.items() if pair[0] in modules]
        covered = {(name, source.module) for name, source in sources if source.name}
        needed |= {name for name, _ in covered}
        own_way = any(getattr(statement, "name", "") == "__getattr__" for statement in tree.body)
        # Of a name that covers another module it matters which of them comes first.
        if not own_way and all(name == module for name, module in covered):
            tree.body, body = [], tree.body
            for statement, here in zip(body, handed, strict=True):
                if here and needed.isdisjoint(here):
                    names |= here
                else:
                    tree.body.append(statement)
        return compile(tree, self.path, "exec", dont_inherit=True)

    def _handed_on(self, statement: ast.stmt, modules: Set[str]) -> dict[str, _Source]:
        """Return what a statement may be there to hand on; nothing where it does anything else."""
        match statement:
            case ast.ImportFrom(module=str(source), names=handed, level=1):
                found = {one.asname or one.name: _Source(source, one.name) for one in handed}
                return {} if "*" in found else found
            case ast.ImportFrom(module=None, names=handed, level=1):
                """Modules of its own."""
            case ast.ImportFrom(module=package, names=handed, level=0) if package == self.name:
                """The same."""
            case _:
                return {}
        found = {one.name: _Source(one.name) for one in handed if one.asname is None}
        return found if len(found) == len(handed) and modules >= found.keys() else {}


@dataclass(frozen=True, slots=True)
class _Source:
    """Where something comes from that is handed on: a module of the package, or a name in it."""

    module: str
    name: str | None = None

    def load(self, package: str) -> object:
        """Return what it is, loaded now."""
        module = import_module(f".{self.module}", package)
        return getattr(module, self.name) if self.name else module


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
