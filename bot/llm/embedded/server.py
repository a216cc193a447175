"""The embedded model: llama.cpp in a child process, which serves the OpenAI API on loopback.

It is a process of its own because loading a model blocks a Python interpreter for seconds, which
would cost the bot its connection to Discord.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

import bot
from bot.child_environment import child_environment
from bot.errors import LLMUnavailable, SettingError
from bot.llm.embedded.child import ServeOrder, ServeReport
from bot.reasons import because

SLOTS: Final = 2
"""Calls that are answered at the same time: more share the same cores."""
CONTEXT: Final = 4096
"""Tokens of a prompt and its answer."""
_START_SECONDS: Final = 180.0
"""A gigabyte from a slow disk, with time to spare."""
_LIST_SECONDS: Final = 10.0
_END_SECONDS: Final = 3.0
_KEPT_BYTES: Final = 4000

Pipe = TypeVar("Pipe")
_log = structlog.get_logger(__name__)


class _LoadedAdapter(BaseModel):
    """An adapter as the server lists it."""

    id: int
    path: str
    scale: float


_LOADED: Final = TypeAdapter(list[_LoadedAdapter])


class EmbeddedServer:
    """The server, as an asynchronous context manager. After it, the child is gone.

    If the child dies meanwhile, calls to it fail as those to any endpoint that is down.
    """

    def __init__(
        self,
        path: Path,
        *,
        slots: int = SLOTS,
        context: int = CONTEXT,
        adapters: Sequence[Path] = (),
        start_seconds: float = _START_SECONDS,
    ) -> None:
        """Take the model's file; ``context`` is in tokens, for each of the ``slots``.

        ``adapters`` are loaded at scale 0, each with its place in the list as its id.
        """
        self.api_key = secrets.token_urlsafe(32)
        self.base_url = ""
        self.model = path.stem
        self._order = ServeOrder(
            path=str(path),
            alias=self.model,
            api_key=self.api_key,
            slots=slots,
            context=context,
            threads=_cores(),
            adapters=tuple(map(str, adapters)),
        )
        self._start_seconds = start_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._complaints = b""

    @property
    def pid(self) -> int | None:
        """The child's process id, None before the start."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        """Start the child and wait until the model is loaded.

        Raises SettingError if llama.cpp cannot load a file, LLMUnavailable if it takes too long.
        """
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.llm.embedded.child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
            # Ctrl-C in a terminal goes to the whole group; the bot ends its child itself, later.
            start_new_session=True,
        )
        self._watching = asyncio.create_task(self._watch(self._process))
        try:
            async with asyncio.timeout(self._start_seconds):
                address = await self._address(self._process)
                await self._check_adapters(address)
                self.base_url = f"{address}/v1"
        except TimeoutError:
            await self._stop()
            raise LLMUnavailable(
                because(
                    "The embedded model was not loaded within {seconds} s.",
                    seconds=f"{self._start_seconds:g}",
                )
            ) from None
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _address(self, process: asyncio.subprocess.Process) -> str:
        orders = _pipe(process.stdin)
        with contextlib.suppress(ConnectionError):  # it has died: the empty answer says so
            # By a pipe, since anyone on the machine can read a command line.
            orders.write(self._order.model_dump_json().encode() + b"\n")
            await orders.drain()
        line = await _pipe(process.stdout).readline()
        try:
            report = ServeReport.model_validate_json(line)
        except ValidationError:
            code = await process.wait()
            words = self._complaints.decode("utf-8", "replace").strip()[-300:]
            raise LLMUnavailable(
                because(
                    "The embedded model's process ended with status {code}: {words}",
                    code=str(code),
                    words=words or because("no reason given"),
                )
            ) from None
        if not report.address:
            files = ", or ".join((self._order.path, *self._order.adapters))
            raise SettingError(
                f"llama.cpp cannot load {files} ({report.problem}). "
                "Set EMBEDDED_MODEL to a GGUF model that it supports."
            )
        return report.address

    async def _check_adapters(self, address: str) -> None:
        """Check that the ids are those that calls will name: the server ignores unknown ones."""
        if not self._order.adapters:
            return
        wanted = [
            _LoadedAdapter(id=number, path=path, scale=0.0)
            for number, path in enumerate(self._order.adapters)
        ]
        headers = {"Authorization": f"Bearer {self.api_key}"}
        timeout = aiohttp.ClientTimeout(total=_LIST_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.get(f"{address}/lora-adapters") as answer,
            ):
                loaded = _LOADED.validate_json(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            raise LLMUnavailable(
                because(
                    "The embedded model does not say its adapters: {kind}.",
                    kind=type(error).__name__,
                )
            ) from None
        if loaded != wanted:
            raise SettingError(
                f"The embedded model has not loaded {', '.join(self._order.adapters)} as asked."
            )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Keep the end of what the child complains of, so that its pipe never fills up."""
        complaints = _pipe(process.stderr)
        while block := await complaints.read(_KEPT_BYTES):
            self._complaints = (self._complaints + block)[-_KEPT_BYTES:]
        code = await process.wait()
        if code and self.base_url:
            _log.error("embedded_model_died", status=code)

    async def _stop(self) -> None:
        """Ask the child to end, then make it."""
        process, watching = self._process, self._watching
        if process is None or watching is None:
            return
        self.base_url = ""
        _pipe(process.stdin).close()
        for insist in (process.terminate, process.kill):
            done, _ = await asyncio.wait([watching], timeout=_END_SECONDS)
            if done:
                break
            with contextlib.suppress(ProcessLookupError):
                insist()
        await watching
        self._process = self._watching = None


def _pipe(pipe: Pipe | None) -> Pipe:
    """Return the child's pipe, which is there because it was asked for."""
    if pipe is None:
        raise RuntimeError("the child was started without its pipes")
    return pipe


def _cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _environment() -> dict[str, str]:
    """Return the environment without what is secret, and with this very package to be found."""
    variables = child_environment()
    root = str(Path(bot.__file__).parent.parent)
    # How long threads spin for each other before they sleep. By default they spin for long:
    # where others want the cores too, that takes them from the very thread that is waited for. Not
    # at all costs a machine with nothing else to do 40 % of its words a second.
    variables.setdefault("GOMP_SPINCOUNT", "3000")
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, [root, variables.get("PYTHONPATH")]))
    return variables
