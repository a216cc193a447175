"""What an ``__init__`` that hands names on may do besides, as the next release of one might."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from bot import lazy_packages
from bot.lazy_packages import LazyPackages

PACKAGE = "little_package"
MODULES = {
    "large": "Large = 'large'\nsize = 7",
    "other": "Other = 'other'\n_hidden = 1",
    "same": "def same() -> str:\n    return 'the function'",
    "__main__": "raise AssertionError('it was run')",
}
Make = Callable[[str], ModuleType]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make the package, with that for its ``__init__``, and import it lazily."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    for name, source in MODULES.items():
        (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(lazy_packages, "PACKAGES", frozenset({PACKAGE}))
    monkeypatch.setattr(sys, "meta_path", [LazyPackages(), *sys.meta_path])

    def write_and_import(init: str) -> ModuleType:
        (folder / "__init__.py").write_text(init)
        return import_module(PACKAGE)

    yield write_and_import
    for name in [*sys.modules]:
        if name.partition(".")[0] == PACKAGE:
            del sys.modules[name]


def loaded() -> set[str]:
    """Return the package's modules that are loaded."""
    return {name.removeprefix(f"{PACKAGE}.") for name in sys.modules if f"{PACKAGE}." in name}


@pytest.mark.parametrize(
    "init",
    [
        "from .large import Large",
        "from .large import Large as Large, size as how_much",
        "from . import large\nfrom .large import Large",
        f"from {PACKAGE} import large\nfrom .large import Large",
    ],
)
def test_what_is_only_handed_on_is_loaded_when_it_is_asked_for(make: Make, init: str) -> None:
    package = make(init)
    assert loaded() == set()
    assert package.Large == "large"
    assert loaded() == {"large"}


@pytest.mark.parametrize(
    ("init", "result"),
    [
        ("from .large import Large\nresult = Large.upper()", "LARGE"),
        ("from .large import Large, size\nclass Result:\n    all = size\nresult = Result.all", 7),
        ("from . import large\nresult = large.size", 7),
        (f"from {PACKAGE} import large\nresult = large.size", 7),
        ("from .large import size as how_much\nresult = how_much + 1", 8),
        ("from .large import size\ndel size\nresult = 'size' in globals()", False),
    ],
)
def test_a_statement_may_use_what_is_handed_on(make: Make, init: str, result: object) -> None:
    package = make(f"{init}\nfrom .other import Other")
    assert package.result == result
    assert loaded() == {"large"}, "and nothing else"


def test_a_function_may_use_what_is_handed_on(make: Make) -> None:
    package = make("from .large import Large\ndef result():\n    return Large")
    assert package.result() == "large"


@pytest.mark.parametrize("imports", ["from . import", f"from {PACKAGE} import"])
def test_a_module_may_be_handed_on_by_another_name(make: Make, imports: str) -> None:
    assert make(f"{imports} large as big").big.size == 7


@pytest.mark.parametrize("init", ["from .same import same", "from .same import same as same"])
def test_a_name_may_be_that_of_its_module(make: Make, init: str) -> None:
    package = make(init)
    import_module(f"{PACKAGE}.same")
    assert package.same() == "the function"


@pytest.mark.parametrize("later", [True, False])
def test_a_name_may_be_that_of_another_module(make: Make, later: bool) -> None:
    lines = ["from .other import Other", "from .large import Large as other"]
    package = make("\n".join(lines if later else reversed(lines)))
    assert package.Other == "other"
    assert (package.other == "large") is later, "as without laziness"


def test_a_package_may_import_from_itself_what_is_no_module(make: Make) -> None:
    assert make("size = 7\nfrom . import size as how_much\nfrom . import size").how_much == 7


def test_a_package_may_have_its_own_way_for_what_is_not_there(make: Make) -> None:
    package = make("from .large import Large\ndef __getattr__(name):\n    return name * 2")
    assert (package.Large, package.no) == ("large", "nono")


def test_what_python_itself_looks_for_is_no_module(make: Make) -> None:
    package = make("from .large import Large")
    for name in ("__main__", "__wrapped__"):
        with pytest.raises(AttributeError):
            getattr(package, name)


def test_a_name_of_pythons_own_kind_may_be_handed_on(make: Make) -> None:
    assert make("from .large import Large as __version__").__version__ == "large"


@pytest.mark.parametrize(
    ("init", "brought"),
    [
        ("", {"Large", "other", "own"}),
        ("__all__ = ['Large']", {"Large"}),
        ("__all__ = ['Large', '_hidden']", {"Large", "_hidden"}),
    ],
)
def test_a_star_brings_what_it_would_otherwise(make: Make, init: str, brought: set[str]) -> None:
    make(f"{init}\nown = 1\nfrom .large import Large\nfrom . import other\n"
         "from .other import _hidden")  # fmt: skip
    names: dict[str, object] = {}
    exec(f"from {PACKAGE} import *", names)  # noqa: S102 - not allowed in a function otherwise
    assert names.keys() - {"__builtins__"} == brought
