"""A world of rooms, as the tests of the rooms have it."""

from tests.rooms.conftest import world, worlds

__all__ = ["world", "worlds"]
