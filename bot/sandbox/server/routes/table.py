"""A small table of routes that come before simcord's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from simcord.backend.models import Channel, Message
from simcord.http.router import RequestContext, dispatch
from simcord.intents import censor_message

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.payloads import build_message_payload


@dataclass
class Call(RequestContext):
    """One request on its way through a handler: simcord's context, on our backend."""

    sandbox: SandboxBackend = field(default_factory=SandboxBackend)
    status: HTTPStatus = HTTPStatus.OK
    """The status of an answer with a body; one without is 204."""

    @property
    def bot_id(self) -> int:
        """The application's own user, who makes every request."""
        return self.sandbox.bot_user.id

    def pass_on(self) -> Any:
        """Let simcord do it."""
        return dispatch(
            self.sandbox,
            self.method,
            self.path,
            json=self.json,
            params=self.params,
            files=self.files,
            reason=self.reason,
            message_content_access=self.message_content_access,
        )

    def channel(self, *permissions: str) -> Channel:
        """Return the path's channel, after a check that the bot may see it and do this there."""
        return self.require_channel_permissions(self.int_arg("channel_id"), *permissions)

    def render_message(self, message: Message, *, nonce: str | int | None = None) -> dict[str, Any]:
        """Return a message as this application may read it."""
        payload = build_message_payload(self.sandbox, message, for_user=self.bot_id, nonce=nonce)
        if not self.message_content_access:
            censor_message(payload, self.bot_id, backend=self.sandbox)
        return payload


Handler = Callable[[Call], Any]


class Routes:
    """Handlers by method and path template, such as ``/channels/{channel_id}/messages``."""

    def __init__(self) -> None:
        self._handlers: list[tuple[str, list[str], Handler]] = []

    @classmethod
    def joined(cls, *tables: Routes) -> Routes:
        """Return one table of several."""
        whole = cls()
        for table in tables:
            whole._handlers.extend(table._handlers)
        return whole

    def on(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Let the decorated function answer a route."""

        def keep(handler: Handler) -> Handler:
            self._handlers.append((method, template.strip("/").split("/"), handler))
            return handler

        return keep

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """Return the handler of a request and what its path holds; the most literal one wins."""
        parts = path.strip("/").split("/")
        best: tuple[int, Handler, dict[str, str]] | None = None
        for wanted, template, handler in self._handlers:
            if wanted != method or len(template) != len(parts):
                continue
            args = _fit(template, parts)
            if args is not None and (best is None or len(args) < best[0]):
                best = len(args), handler, args
        return None if best is None else best[1:]


def _fit(template: list[str], parts: list[str]) -> dict[str, str] | None:
    args: dict[str, str] = {}
    for wanted, part in zip(template, parts, strict=True):
        if wanted.startswith("{"):
            args[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return args
