"""Typed views as JSON, for a page: each value says its kind, and ids are text.

Ids exceed what JavaScript's numbers hold exactly (2**53), so every large whole number is text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

_EXACT: Final = 2**53


def to_json(value: object) -> str:
    """Return a view, or several, as JSON text."""
    return json.dumps(to_plain(value), separators=(",", ":"), ensure_ascii=False)


def to_plain(value: object) -> Any:
    """Return a view as JSON's own types; a dataclass is an object with its name as ``kind``.

    Where it has a field of that name, the field stays and the name is left out.
    """
    if is_dataclass(value) and not isinstance(value, type):
        plain = {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
        return plain if "kind" in plain else {"kind": type(value).__name__, **plain}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [to_plain(item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> str | int | float | None:
    if isinstance(value, Enum):
        return _scalar(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int) and abs(value) > _EXACT:
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is no view")
