"""What the tests of tuning share. Without the extra `tune` none of them is collected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py", "tiny_model.py"]
os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported: nothing is fetched


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The random model's file, in a cache of its own."""
    from tests.tuning.tiny_model import write_tiny  # noqa: PLC0415 - needs the extra

    return write_tiny(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache for the dequantised weights, away from that of people."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
