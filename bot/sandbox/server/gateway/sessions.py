"""Gateway sessions, which hold what a bot has been told, to tell it again after a break."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

import discord
from aiohttp import web

from bot.sandbox.server.gateway.compression import Compressor

REPLAYED: Final = 1000
"""Events kept for a resume; a bot that missed more has to begin anew."""

UNSENT: Final = 20_000
"""Messages that may wait for a slow socket before it is given up."""


class Opcode(IntEnum):
    """The opcodes of the gateway."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class GatewayCloseCode(IntEnum):
    """The codes with which the gateway closes a connection."""

    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SHARD = 4010
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class GatewayConnection:
    """One websocket. Messages go out in order, from a task of their own."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, compressor: Compressor
    ) -> None:
        self.socket = socket
        self.session: GatewaySession | None = None
        self.ended_here = False
        """True where the server closed it; the client's echo then says nothing of the session."""
        self._request = request
        self._compressor = compressor
        self._unsent: asyncio.Queue[str] = asyncio.Queue(UNSENT)

    def send(self, op: Opcode, data: Any = None) -> None:
        """Send something that is not an event."""
        self.send_text(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        """Send a message that is already worded; a client that does not read is cut off."""
        try:
            self._unsent.put_nowait(text)
        except asyncio.QueueFull:
            self.cut()

    async def write(self) -> None:
        """Write what waits, until cancelled or the socket is gone."""
        while True:
            frame = self._compressor.pack(await self._unsent.get())
            try:
                if isinstance(frame, str):
                    await self.socket.send_str(frame)
                else:
                    await self.socket.send_bytes(frame)
            except ConnectionError:
                return

    async def close(self, code: int) -> None:
        """Close with a code."""
        self.ended_here = True
        await self.socket.close(code=code)

    def cut(self) -> None:
        """Cut the connection without a word, as a network does."""
        if self._request.transport is not None:
            self._request.transport.abort()


@dataclass
class GatewaySession:
    """A session that one IDENTIFY began; it outlives its connection for a while."""

    intents: discord.Intents
    shard: tuple[int, int] = (0, 1)
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    connection: GatewayConnection | None = None
    left_at: float | None = None
    """The time its connection broke, on the monotonic clock; None while connected."""
    _sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAYED))

    def tell(self, event: str, data: Mapping[str, Any]) -> None:
        """Give an event a number, keep it for a resume, and send it if there is a connection."""
        self.sequence += 1
        text = json.dumps(
            {"op": Opcode.DISPATCH, "t": event, "s": self.sequence, "d": data},
            separators=(",", ":"),
        )
        self._sent.append((self.sequence, text))
        if self.connection is not None:
            self.connection.send_text(text)

    def missed_since(self, sequence: int) -> list[str] | None:
        """Return the events after a sequence number, None where they are no longer all known."""
        first = self._sent[0][0] if self._sent else self.sequence + 1
        if sequence > self.sequence or sequence < first - 1:
            return None
        return [text for number, text in self._sent if number > sequence]
