"""One open page: says who it is, hears what that person sees, and asks for things to be done."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.errors import FourRoomsError
from bot.sandbox.users.json import to_json
from bot.sandbox.users.responses import NoAnswer, Refused
from bot.sandbox.web.action import Doer
from bot.sandbox.web.actions import AnyDeed
from bot.sandbox.web.event_log import Journal

if TYPE_CHECKING:
    from bot.sandbox.web.web_app import Page

log = logging.getLogger(__name__)

HELLO_WITHIN: Final = 10.0
"""Seconds for a new connection to say who it is."""
UNSENT: Final = 20_000
"""Messages that may wait for a page that does not read; then it is cut off, and catches up."""
AT_ONCE: Final = 32
"""Deeds of one page under way at the same time."""


class CloseCode:
    """Why the server ends a visit."""

    NOT_ALLOWED: Final = 4401
    MALFORMED: Final = 4400
    TOO_SLOW: Final = 4408


class Seat(BaseModel):
    """Where a page was in a person's journal when it last heard something."""

    journal: str
    number: int


class Hello(BaseModel):
    """Who a page is: the key from its address, whose eyes it wants, where it was before."""

    model_config = ConfigDict(extra="forbid")
    key: str = ""
    person: str
    seat: Seat | None = None


class Request(BaseModel):
    """A message of a page: it says who it is, asks for something, or only for a sign of life."""

    model_config = ConfigDict(extra="forbid")
    id: int = 0
    hello: Hello | None = None
    do: AnyDeed | None = None


_REQUEST: Final = TypeAdapter(Annotated[Request, Field()])


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was not done. ``code`` is Discord's, 0 for none."""

    code: int
    message: str


class Visit:
    """One websocket of one page."""

    def __init__(self, page: Page, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._page = page
        self._socket = socket
        self._request = request
        self._journal: Journal | None = None
        self._leave: Callable[[], None] = _nothing
        self._unsent: asyncio.Queue[str] = asyncio.Queue(UNSENT)
        self._deeds: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the page or the server ends it."""
        writing = asyncio.create_task(self._write(), name="page")
        try:
            if await self._let_in():
                async for message in self._socket:
                    if message.type is not WSMsgType.TEXT or not self._hear(message.data):
                        await self._socket.close(code=CloseCode.MALFORMED)
        finally:
            self._leave()
            for task in (writing, *self._deeds):
                task.cancel()
            await asyncio.gather(writing, *self._deeds, return_exceptions=True)

    def cut(self) -> None:
        """Cut the connection without a word, as a network does."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self) -> None:
        """End the visit: the server goes away."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    def tell(self, text: str) -> None:
        """Send something in its turn."""
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
        """Whether the first message holds the key and somebody whom a page may be."""
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                first = await self._socket.receive()
        except TimeoutError:
            await self._socket.close(code=CloseCode.NOT_ALLOWED)
            return False
        request = _parsed(first.data) if first.type is WSMsgType.TEXT else None
        hello = request.hello if request is not None else None
        if hello is None or not self._page.opens_with(hello.key) or not self._be(hello):
            await self._socket.close(code=CloseCode.NOT_ALLOWED)
            return False
        return True

    def _be(self, hello: Hello) -> bool:
        """Take the seat of a person; what was missed meanwhile is told, or everything anew."""
        journal = self._page.journal(hello.person)
        if journal is None:
            return False
        self._leave()
        self._journal = journal
        seat = hello.seat
        missed = journal.since(seat.journal, seat.number) if seat is not None else None
        if missed is None:
            welcome = to_json(self._page.welcome(journal))
            self.tell(f'{{"welcome":{welcome}}}')
        else:
            self.tell(json.dumps({"again": {"journal": journal.id, "missed": len(missed)}}))
            for text in missed:
                self.tell(text)
        self._leave = journal.read_along(self.tell)
        return True

    # Being asked

    def _hear(self, text: str) -> bool:
        """Take a message; False if it is none that a page of ours would send."""
        request = _parsed(text)
        if request is None:
            return False
        if request.hello is not None:
            return self._be(request.hello)
        if request.do is None:
            self.tell('{"alive":true}')
            return True
        if len(self._deeds) >= AT_ONCE:
            self._answer(request.id, problem=Problem(0, "Too much at once; please try again."))
            return True
        task = asyncio.create_task(self._do(request))
        self._deeds.add(task)
        task.add_done_callback(self._deeds.discard)
        return True

    async def _do(self, request: Request) -> None:
        journal = self._journal
        if journal is None or request.do is None:
            return
        try:
            done = await request.do.done(Doer(journal.person, self._page.backstage))
        except Refused as error:
            self._answer(request.id, problem=Problem(error.code, _plainly(error)))
        except (NoAnswer, FourRoomsError) as error:
            self._answer(request.id, problem=Problem(0, str(error)))
        except Exception:  # a deed's edge: the page is told, and the visit goes on
            log.exception("a deed of the page failed: %s", type(request.do).__name__)
            self._answer(request.id, problem=Problem(0, "Something went wrong in the sandbox."))
        else:
            self._answer(request.id, done=done)

    def _answer(self, number: int, *, done: object = None, problem: Problem | None = None) -> None:
        told = f'"problem":{to_json(problem)}' if problem else f'"done":{to_json(done)}'
        self.tell(f'{{"id":{number},{told}}}')


def _parsed(text: str) -> Request | None:
    try:
        return _REQUEST.validate_json(text)
    except ValidationError as error:
        log.info("a page sent what is no request: %d errors", error.error_count())
        return None


def _plainly(error: Refused) -> str:
    return str(error).removesuffix(f" ({error.code})")


def _nothing() -> None:
    """Nothing to leave yet."""
