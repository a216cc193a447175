"""The names of languages in the languages, from CLDR, which Babel brings along.

``python -m tests.text.language_names`` (`make texts`) writes them into `bot.text`: by way of Babel,
a bot would keep all that CLDR knows of thirteen languages in memory to have them (12 MB).
"""

from __future__ import annotations

import json

from babel import Locale

from bot.text.language import LANGUAGES
from bot.text.language_topics import NAMES, TALKED_OF


def cldr_names() -> dict[str, dict[str, str]]:
    """All names in English, and in each other language those that a talk may be about."""
    english = dict(sorted(Locale.parse("en").languages.items()))
    names = {"en": english}
    for language in LANGUAGES[1:]:
        there = Locale.parse(language).languages
        names[language] = {code: there[code] for code in sorted(TALKED_OF) if code in there}
    return names


if __name__ == "__main__":
    written = json.dumps(cldr_names(), ensure_ascii=False, indent=0)
    NAMES.write_text(f"{written}\n", "utf-8")
