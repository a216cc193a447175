"""A line to a model"s stand-in and a tiny model, as the tests of the LLM clients have them."""

from tests.llm.conftest import line
from tests.llm.embedded.conftest import tiny

__all__ = ["line", "tiny"]
