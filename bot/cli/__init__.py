"""The command line.

Exit status: 0 on success, 2 for a wrong setting, option, path, number or id (named, with how to
mend it), 1 otherwise.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Final

from bot.cli.endings import FAILED, INTERRUPTED, WRONG_SETTING, end
from bot.cli.process import SCRIPT
from bot.errors import FourRoomsError, SettingError

OTHERS: Final = 0o077
"""The rights that nobody but the owner has to what a command makes."""


def main() -> None:
    """Run the command; an expected failure becomes one message and a status.

    Whatever it makes is for its owner alone: people's words are in nearly all of it.
    """
    os.umask(OTHERS)
    _speak_utf8()
    try:
        status = _do_what_is_said()
    except SettingError as error:
        end(error.detail, WRONG_SETTING)
    except FourRoomsError as error:
        end(error.detail, FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(status)


def _do_what_is_said() -> int:
    """Run the command and return the exit status.

    The one that lasts has no options, and does without what reads them: 9 MB.
    """
    if sys.argv[1:] == ["run"]:
        from bot.cli.running import run  # noqa: PLC0415

        run()
        return 0
    from bot.cli.commands import obey  # noqa: PLC0415

    return obey(_called_as())


def _called_as() -> str:
    """Return how the command line was called, as its help repeats it."""
    return SCRIPT if Path(sys.argv[0]).stem == SCRIPT else "python -m bot"


def _speak_utf8() -> None:
    """Write UTF-8 whatever the system's own encoding is: on Windows that knows no emoji."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
