"""A tiny model, as the tests of the embedded server have it."""

from tests.llm.embedded.conftest import tiny

__all__ = ["tiny"]
