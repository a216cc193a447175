"""A line to a model"s stand-in, as the tests of the LLM clients have it."""

from tests.llm.conftest import line

__all__ = ["line"]
