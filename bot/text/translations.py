"""Fixed texts in the languages, `catalogues/<language>/LC_MESSAGES/<domain>.po` (gettext).

Babel compiles a catalogue in memory when it is first asked for, so that no compiled file can be out
of date.
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES: Final = Path(__file__).with_name("catalogues")
"""The folder of the .po files."""
MEMBERS_DOMAIN: Final = "members"
"""Of what members read; see `bot.rooms.chat.fixed_texts`."""


@cache
def translations(language: str, domain: str) -> gettext.NullTranslations:
    """Return the catalogue of a language (ISO 639-1); without one, what gives the sources back."""
    source = CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po"
    if not language.isalpha() or not source.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
