"""A simulation as one readable HTML file: no scripts, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import jinja2

from bot.agents.alliance.observers import render_alliance
from bot.domain.scores import in_order
from bot.reports.session_notes import notes_of
from bot.simulation.records import TalkRecord

_FOLDER: Final = Path(__file__).parent


def as_html(talks: Sequence[TalkRecord], *, title: str, tables: str) -> str:
    """Return the page. What people and models wrote is escaped, wherever it stands."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["alliance"] = render_alliance
    environment.filters["notes"] = notes_of
    page = environment.get_template("page.html.j2")
    return page.render(talks=talks, title=title, tables=tables, in_order=in_order)
