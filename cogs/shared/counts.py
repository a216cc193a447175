"""Numbers of things in words, such as ``3 replies``, in the reader's language."""

from __future__ import annotations

from bot.text.moderator_texts import say_count


def calls(count: int) -> str:
    """Return so many calls to models."""
    return say_count("{count} call", "{count} calls", count)


def days(count: int) -> str:
    """Return so many days."""
    return say_count("{count} day", "{count} days", count)


def last_days(count: int) -> str:
    """Return so many days that are looked back: ``last 7 days``."""
    return say_count("last day", "last {count} days", count)


def messages(count: int) -> str:
    """Return so many messages."""
    return say_count("{count} message", "{count} messages", count)


def minutes(count: int) -> str:
    """Return so many minutes."""
    return say_count("{count} minute", "{count} minutes", count)


def people(count: int) -> str:
    """Return so many people."""
    return say_count("{count} person", "{count} people", count)


def posts(count: int) -> str:
    """Return so many posts."""
    return say_count("{count} post", "{count} posts", count)


def replies(count: int) -> str:
    """Return so many replies."""
    return say_count("{count} reply", "{count} replies", count)


def rounds(count: int) -> str:
    """Return so many rounds of a session."""
    return say_count("{count} round", "{count} rounds", count)


def sessions(count: int) -> str:
    """Return so many sessions."""
    return say_count("{count} session", "{count} sessions", count)
