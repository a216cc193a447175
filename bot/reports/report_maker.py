"""Pictures and long files, each made in a process of its own that ends.

What draws takes 50 MB that a process never gives back, and a page of a session leaves holes in its
memory: a bot that runs for months must not keep either. A process takes a second to start, for
which a moderator who asked for a picture can wait.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

import structlog

from bot.child_environment import child_environment
from bot.errors import FourRoomsError
from bot.text.moderator_texts import reader_language

log = structlog.get_logger(__name__)

Params = ParamSpec("Params")
ResultT = TypeVar("ResultT")

AT_ONCE: Final = 2
"""Processes side by side: each takes some 100 MB while it works."""
WITHIN: Final = 60.0
"""Seconds for one, with its wait for a place. A picture takes a second on a machine at rest."""
COMMAND: Final = ("-m", "bot.reports.child")


class ReportFailed(FourRoomsError):
    """A picture or file that could not be made; nothing else is touched by that."""

    public = "That could not be drawn just now: try again in a minute."


class ReportMaker:
    """The maker of the pictures and files of a process, a few at a time."""

    def __init__(self, *_: object) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    async def make(
        self,
        function: Callable[Params, ResultT],
        *args: Params.args,
        **options: Params.kwargs,
    ) -> ResultT:
        """Return what ``function`` returns, run in a process of its own with these arguments.

        It has to be a module's function, and all of this to be such as can be pickled. Raises
        ReportFailed if that takes too long or goes wrong.
        """
        question = pickle.dumps((reader_language(), function, args, options))
        try:
            async with asyncio.timeout(WITHIN), self._places:
                answer = await _ask_child(question)
        except TimeoutError:
            raise ReportFailed(f"{function.__name__} took longer than {WITHIN:.0f} s") from None
        result: ResultT = pickle.loads(answer)  # noqa: S301 - from this program's own child
        return result


async def _ask_child(question: bytes) -> bytes:
    """Return the answer of a child, which is gone then, whatever happens."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(),
        )
    except OSError as error:  # no memory, or too many processes
        raise ReportFailed(f"no process: {type(error).__name__}") from error
    try:
        answer, errors = await process.communicate(question)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        # The last line names the error, and may quote what people wrote: its kind alone is kept.
        last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise ReportFailed(f"exit status {process.returncode}: {last.partition(':')[0][:80]}")
    return answer
