"""The moderators' acts as JSON Lines: one act a line, newest first."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Final

from bot.domain import Act
from bot.storage.stores.acts import ActStore
from bot.text.json_lines import json_line

MOST_ACTS: Final = 20_000
"""Acts of one file: some 8 MB, below the bound of Discord's uploads."""
PAGE: Final = 1000
"""Acts that are read at a time."""


async def acts_as_json_lines(
    acts: ActStore,
    guild_id: int,
    *,
    kind: str | None = None,
    by_id: int | None = None,
    room_id: int | None = None,
    turn_id: int | None = None,
    since: datetime | None = None,
) -> str:
    """Return all acts that the filters let through; the newest, if a file cannot hold them."""
    lines: list[str] = []
    before_id: int | None = None
    while len(lines) < MOST_ACTS:
        page = await acts.find(
            guild_id,
            kind=kind,
            by_id=by_id,
            room_id=room_id,
            turn_id=turn_id,
            since=since,
            before_id=before_id,
            limit=PAGE,
        )
        lines.extend(json_line(as_json(act)) for act in page)
        if len(page) < PAGE:
            break
        before_id = page[-1].id
    return "".join(lines)


def as_json(act: Act) -> str:
    """Return one act as JSON. Snowflakes are text, as many readers of JSON round large numbers."""
    fields = asdict(act)
    for name in ("guild_id", "room_id"):
        fields[name] = None if fields[name] is None else str(fields[name])
    fields["by"]["id"] = str(fields["by"]["id"])
    fields["details"] = act.details.as_stored()
    fields["at"] = act.at.isoformat()
    return json.dumps(fields, ensure_ascii=False, default=str)
