"""A server on a real socket that speaks the OpenAI API, with scripted answers.

::

    async with OpenAIServer() as server:
        server.will_answer({"name": "teal"}, status(429, retry_after="2"), web_page())
        server.always(lambda asked: say("Hello!"))
        ...                                   # server.base_url, server.key
        assert server.asked[0].body["model"] == "stand-in"
    # leaving fails the test if an answer is left over, or if a request had none

An answer is an `Answer`, or short for one: text is what the model says, a dictionary or pydantic
model is said as JSON, a function takes the request and gives any of these.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

from aiohttp import web
from pydantic import BaseModel

MODEL = "stand-in"
KEY = "stand-in-key"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def form(self) -> str:
        """How a typed answer was asked for: json_schema, json_object, or text."""
        return str(self.body.get("response_format", {}).get("type", "text"))

    @property
    def text(self) -> str:
        """All messages, one a line, each with its role."""
        return "\n".join(f"{m['role']}: {m['content']}" for m in self.body.get("messages", []))


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status, headers, a body; or nothing, with the socket dropped."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    """Seconds before it goes out."""
    hold: asyncio.Event | None = None
    """It goes out once this is set."""
    drop: bool = False
    cut: int | None = None
    """Send only so many bytes of the body, announce all, and drop the socket."""


Scripted: TypeAlias = (
    "Answer | str | Mapping[str, Any] | BaseModel"
    " | Callable[[Request], Answer | str | Mapping[str, Any] | BaseModel | Awaitable[Any]]"
)


def say(
    text: str | None,
    *,
    finish: str = "stop",
    refusal: str | None = None,
    top: Sequence[Mapping[str, float]] = (),
    tokens: tuple[int, int, int] = (20, 8, 0),
) -> Answer:
    """A completion. ``top``: per token place its words with log-probabilities.

    ``tokens`` are those of the prompt, of the answer, and those of the prompt that were cached.
    """
    prompt, completion, cached = tokens
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": text, "refusal": refusal},
    }
    if top:
        choice["logprobs"] = {"content": [_place(words) for words in top]}
    return answer_json({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL,
        "choices": [choice],
        "usage": {
            "prompt_tokens": prompt, "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    })  # fmt: skip


def _place(words: Mapping[str, float]) -> dict[str, Any]:
    listed = [{"token": word, "logprob": value, "bytes": None} for word, value in words.items()]
    return {**listed[0], "top_logprobs": listed}


def answer_json(value: object, *, status: int = 200) -> Answer:
    """Any JSON."""
    return Answer(status, json.dumps(value).encode())


def web_page(status: int = 200) -> Answer:
    """A proxy's page."""
    return Answer(status, b"<!doctype html><html><body>Hello</body></html>", "text/html")


def status(
    code: int,
    *,
    error: str | None = None,
    param: str | None = None,
    message: str = "refused",
    retry_after: str | None = None,
) -> Answer:
    """An error in the API's form."""
    made = answer_json(
        {"error": {"message": message, "type": "error", "param": param, "code": error}},
        status=code,
    )
    return replace(made, headers={"Retry-After": retry_after} if retry_after is not None else {})


def dropped() -> Answer:
    """No answer: the socket is closed."""
    return Answer(drop=True)


class OpenAIServer:
    """The server, as an asynchronous context manager."""

    def __init__(
        self,
        *,
        models: Sequence[str] = (MODEL,),
        key: str | None = KEY,
        refuses: Sequence[str] = (),
        probabilities: bool = False,
        strict: bool = True,
    ) -> None:
        """``refuses`` names parameters, or forms (json_schema, json_object), refused with 400.

        ``probabilities``: whether a probe for them is answered. ``strict``: fail at the end if an
        answer is left over or a request had none.
        """
        self.models = list(models)
        self.key = key
        self.refuses = set(refuses)
        self.probabilities = probabilities
        self.outage: Answer | None = None
        """While set, the answer to everything."""
        self.asked: list[Request] = []
        """Requests that were given a scripted answer, oldest first."""
        self.requests: list[Request] = []
        """All requests."""
        self.cancelled = 0
        """Requests whose client went away before the answer."""
        self.unexpected: list[Request] = []
        self._strict = strict
        self._queue: deque[Scripted] = deque()
        self._always: Scripted | None = None
        self._runner: web.AppRunner | None = None
        self._arrived = asyncio.Condition()
        self.base_url = ""

    def will_answer(self, *answers: Scripted) -> None:
        """Queue answers for the next chat completions or embeddings."""
        self._queue.extend(answers)

    def always(self, answer: Scripted) -> None:
        """Answer so whenever the queue is empty."""
        self._always = answer

    async def wait_for_requests(self, count: int, *, within: float = 5.0) -> None:
        """Until so many requests have come; fails after ``within`` seconds."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)

    def assert_done(self) -> None:
        """Every scripted answer was asked for, and nothing besides."""
        assert not self.unexpected, "requests without a scripted answer:\n" + "\n".join(
            f"  {request.path}\n    {request.text[-600:]!r}" for request in self.unexpected
        )
        assert not self._queue, f"answers left that nobody asked for: {list(self._queue)!r}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # Cancelled with its client, so that a test sees that the client went away.
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.stop()
        if kind is None and self._strict:
            self.assert_done()

    async def stop(self) -> None:
        """Close the port, as a server that goes down does."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        raw = await http.read()
        path = http.path.removeprefix("/v1")
        request = Request(path, json.loads(raw) if raw else {}, dict(http.headers))
        self.requests.append(request)
        async with self._arrived:
            self._arrived.notify_all()
        answer = self.outage or self._refusal(request) or await self._answer(request)
        try:
            await asyncio.sleep(answer.after)
            if answer.hold is not None:
                await answer.hold.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return await _send(http, answer)

    def _refusal(self, request: Request) -> Answer | None:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return status(401, error="invalid_api_key", message=f"wrong key, not {self.key}")
        for name in self.refuses:
            if name in request.body:
                return status(
                    400, error="unsupported_parameter", param=name,
                    message=f"Unsupported parameter: '{name}' is not supported with this model.",
                )  # fmt: skip
        if request.form in self.refuses:
            message = f"response_format of type {request.form} is not supported"
            return status(400, message=message)
        return None

    async def _answer(self, request: Request) -> Answer:
        if request.path == "/models":
            return answer_json({"object": "list", "data": [{"id": name} for name in self.models]})
        if request.text.startswith("user: Is water wet?"):
            top = [{"Yes": -0.1, "No": -2.5}] if self.probabilities else []
            return say("Yes", top=top, finish="length")
        scripted = self._queue.popleft() if self._queue else self._always
        if scripted is None:
            self.unexpected.append(request)
            return status(500, message="the stand-in was not told what to answer")
        self.asked.append(request)
        given: Any = scripted(request) if callable(scripted) else scripted
        if inspect.isawaitable(given):
            given = await given
        return _as_answer(given)


def _as_answer(given: Any) -> Answer:
    if isinstance(given, Answer):
        return given
    if isinstance(given, str):
        return say(given)
    if isinstance(given, BaseModel):
        return say(given.model_dump_json())
    return say(json.dumps(given))


async def _send(http: web.Request, answer: Answer) -> web.StreamResponse:
    if not answer.drop and answer.cut is None:
        return web.Response(
            status=answer.status,
            body=answer.body,
            content_type=answer.content_type,
            headers=answer.headers,
        )
    response = web.StreamResponse(status=answer.status)
    response.content_type = answer.content_type
    if answer.cut is not None:
        response.content_length = len(answer.body)
        await response.prepare(http)
        await response.write(answer.body[: answer.cut])
    assert http.transport is not None
    http.transport.close()
    return response
