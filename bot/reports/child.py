"""``python -m bot.reports.child``: makes one picture or long file, and ends.

On its standard input it gets the reader's language and a function of this project with its
arguments, pickled; what the
function returns goes out the same way. Both ends are this program: nothing of it comes from
elsewhere. It runs behind the bot: replies go first.
"""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress

from bot.text.moderator_texts import read_by

NICER = 10
"""Steps of priority below the bot's."""


def main() -> None:
    """Do what was asked."""
    with suppress(OSError):
        os.nice(NICER)
    question = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the bot
    language, function, arguments, options = question
    read_by(language)
    result = function(*arguments, **options)
    sys.stdout.buffer.write(pickle.dumps(result))


if __name__ == "__main__":
    main()
