"""The connection of one open page: it says who it is, hears what that person sees, and asks."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.sandbox.users.json import to_json
from bot.sandbox.users.user_errors import NoResponse, Refused
from bot.sandbox.web.action import Actor
from bot.sandbox.web.actions import AnyAction
from bot.sandbox.web.event_log import EventLog
from bot.sandbox.web.page_state import PageState

log = logging.getLogger(__name__)

HELLO_WITHIN: Final = 10.0
"""Seconds for a new connection to say who it is."""
UNSENT: Final = 20_000
"""Messages that may wait for a page that does not read; then it is cut off, and catches up."""
_LONGEST_REASON: Final = 120
"""Bytes of the reason with which a connection may be ended."""
AT_ONCE: Final = 32
"""Actions of one page under way at the same time."""


class PageCloseCode:
    """The codes with which the server ends a connection."""

    NOT_ALLOWED: Final = 4401
    MALFORMED: Final = 4400
    NOBODY: Final = 4404
    """The key is right, and the person is none of the server."""


class StreamPosition(BaseModel):
    """The place in a person's event log where a page last heard something."""

    log: str
    number: int


class Hello(BaseModel):
    """The first message of a page: the key of its address, who it is, where it was before."""

    model_config = ConfigDict(extra="forbid")
    key: str = ""
    person: str
    position: StreamPosition | None = None


class PageRequest(BaseModel):
    """A message of a page: it says who it is, asks for something, or only for a sign of life."""

    model_config = ConfigDict(extra="forbid")
    id: int = 0
    hello: Hello | None = None
    do: AnyAction | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why something was not done. ``code`` is Discord's, 0 for none."""

    code: int
    message: str


class PageConnection:
    """One websocket of one page."""

    def __init__(
        self, state: PageState, socket: web.WebSocketResponse, request: web.Request
    ) -> None:
        self._state = state
        self._socket = socket
        self._request = request
        self._log: EventLog | None = None
        self._leave: Callable[[], None] = _nothing
        self._unsent: asyncio.Queue[str] = asyncio.Queue(UNSENT)
        self._actions: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve the page until it or the server ends the connection."""
        writing = asyncio.create_task(self._write(), name="page")
        try:
            if await self._let_in():
                async for message in self._socket:
                    if message.type is not WSMsgType.TEXT or not self._hear(message.data):
                        await self._socket.close(code=PageCloseCode.MALFORMED)
        finally:
            self._leave()
            for task in (writing, *self._actions):
                task.cancel()
            await asyncio.gather(writing, *self._actions, return_exceptions=True)

    def cut(self) -> None:
        """Cut the connection without a word, as a network does."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self) -> None:
        """End the connection: the server goes away."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    def send(self, text: str) -> None:
        """Send something in its turn; a page that does not read is cut off."""
        try:
            self._unsent.put_nowait(text)
        except asyncio.QueueFull:
            self.cut()

    async def _write(self) -> None:
        while True:
            try:
                await self._socket.send_str(await self._unsent.get())
            except ConnectionError:
                return

    # Coming in

    async def _let_in(self) -> bool:
        """Return whether the first message holds the key and somebody whom a page may be."""
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                first = await self._socket.receive()
        except TimeoutError:
            await self._socket.close(code=PageCloseCode.NOT_ALLOWED)
            return False
        request = _parse(first.data) if first.type is WSMsgType.TEXT else None
        hello = request.hello if request is not None else None
        if hello is None or not self._state.opens_with(hello.key):
            await self._socket.close(code=PageCloseCode.NOT_ALLOWED)
            return False
        if not self._begin(hello):
            names = _first_names(self._state.people())
            await self._socket.close(code=PageCloseCode.NOBODY, message=names.encode())
            return False
        return True

    def _begin(self, hello: Hello) -> bool:
        """Begin as a person; what was missed meanwhile is told, or everything anew."""
        event_log = self._state.event_log(hello.person)
        if event_log is None:
            return False
        self._leave()
        self._log = event_log
        position = hello.position
        missed = None
        if position is not None:
            missed = event_log.since(position.log, position.number)
        if missed is None:
            welcome = to_json(self._state.welcome(event_log))
            self.send(f'{{"welcome":{welcome}}}')
        else:
            self.send(json.dumps({"again": {"log": event_log.id, "missed": len(missed)}}))
            for text in missed:
                self.send(text)
        self._leave = event_log.read_along(self.send)
        return True

    # Being asked

    def _hear(self, text: str) -> bool:
        """Take a message; False if it is none that a page of ours would send."""
        request = _parse(text)
        if request is None:
            return False
        if request.hello is not None:
            return self._begin(request.hello)
        if request.do is None:
            self.send('{"alive":true}')
            return True
        if len(self._actions) >= AT_ONCE:
            self._answer(request.id, problem=Problem(0, "Too much at once; please try again."))
            return True
        task = asyncio.create_task(self._do(request.id, request.do))
        self._actions.add(task)
        task.add_done_callback(self._actions.discard)
        return True

    async def _do(self, number: int, action: AnyAction) -> None:
        event_log = self._log
        if event_log is None:
            return
        try:
            actor = Actor(event_log.user, self._state.feed, self._state.people())
            result = await action.run(actor)
        except Refused as error:
            self._answer(number, problem=Problem(error.code, _without_code(error)))
        except NoResponse as error:
            self._answer(number, problem=Problem(0, str(error)))
        except Exception:  # an action's edge: the page is told, and the connection goes on
            log.exception("a deed of the page failed: %s", type(action).__name__)
            self._answer(number, problem=Problem(0, "Something went wrong in the sandbox."))
        else:
            self._answer(number, done=result)

    def _answer(self, number: int, *, done: object = None, problem: Problem | None = None) -> None:
        content = f'"problem":{to_json(problem)}' if problem else f'"done":{to_json(done)}'
        self.send(f'{{"id":{number},{content}}}')


def _parse(text: str) -> PageRequest | None:
    try:
        return PageRequest.model_validate_json(text)
    except ValidationError as error:
        log.info("a page sent what is no request: %d errors", error.error_count())
        return None


def _first_names(names: Iterable[str]) -> str:
    """Return as many of the names as the reason of an ended connection holds."""
    listed = ""
    for name in names:
        longer = f"{listed}, {name}" if listed else name
        if len(longer.encode()) > _LONGEST_REASON:
            break
        listed = longer
    return listed


def _without_code(error: Refused) -> str:
    return str(error).removesuffix(f" ({error.code})")


def _nothing() -> None:
    """Leave nothing: no log is read yet."""
