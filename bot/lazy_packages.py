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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
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
"""Those whose ``__init__`` makes no use itself of what it hands on."""


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
        package, names = module.__name__, dict[str, tuple[str, str]]()

        def hand_on(name: str) -> object:
            if name in names:
                source, original = names[name]
                value: object = getattr(import_module(f".{source}", package), original)
                setattr(module, name, value)
                return value
            try:  # a module of the package, which was there once another had been asked for
                return import_module(f".{name}", package)
            except ModuleNotFoundError as error:
                if error.name != f"{package}.{name}":
                    raise
            raise AttributeError(f"module {package!r} has no attribute {name!r}")

        module.__dict__["__getattr__"] = hand_on
        exec(self._left_out(names), module.__dict__)  # noqa: S102 - as any loader does

    def _left_out(self, names: dict[str, tuple[str, str]]) -> CodeType:
        """Return the code without what is handed on, of which ``names`` takes the sources."""
        tree, kept = ast.parse(self.get_data(self.path)), []
        for statement in tree.body:
            match statement:
                case ast.ImportFrom(module=str(source), names=handed, level=1) if (
                    handed[0].name != "*"
                ):
                    names |= {one.asname or one.name: (source, one.name) for one in handed}
                case ast.ImportFrom(module=None, level=1):
                    """Modules of its own, which are found by their names."""
                case ast.ImportFrom(module=package, level=0) if package == self.name:
                    """The same."""
                case _:
                    kept.append(statement)
        tree.body = kept
        return compile(tree, self.path, "exec", dont_inherit=True)
