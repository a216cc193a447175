"""Numbers as people write them, in the languages of fixed texts.

Babel knows the same of every language there is, and keeps all that it knows in memory; a test holds
these equal to it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_SIGNS: Final = {
    **dict.fromkeys(("de", "es", "it", "nl", "pt", "tr"), str.maketrans(",.", ".,")),
    "fr": str.maketrans(",.", "\N{NARROW NO-BREAK SPACE},"),
    **dict.fromkeys(("pl", "ru"), str.maketrans(",.", "\N{NO-BREAK SPACE},")),
}
"""What groups digits and what stands before decimals, for what does so in English."""
DECIMAL_COMMA: Final = frozenset(_SIGNS)
"""Languages in which a comma stands before decimals."""


def write_number(value: float, language: str, decimals: int = 0) -> str:
    """Return a number as it is written in a language (ISO 639-1): ``1,234.5`` or ``1.234,5``."""
    # By way of its digits: 2.675 is 2.68, whatever is nearest to it in binary.
    english = f"{Decimal(str(value)):,.{decimals}f}"
    return english.translate(_SIGNS.get(language, {}))
