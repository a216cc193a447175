"""Discord's gateway: identify, heartbeats, events, resume."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from typing import Any, Final

import discord
from aiohttp import WSMsgType, web
from simcord.backend import serializers
from simcord.intents import missing_privileged_intents

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.gateway.compression import compressor_for
from bot.sandbox.server.gateway.event_filter import filter_event, is_on_shard
from bot.sandbox.server.gateway.member_chunks import build_member_chunks
from bot.sandbox.server.gateway.sessions import (
    GatewayCloseCode,
    GatewayConnection,
    GatewaySession,
    Opcode,
)
from bot.sandbox.server.payloads import build_guild_payload
from bot.sandbox.server.routes.application_routes import build_application_flags

RESUMABLE_SECONDS: Final = 180.0
"""Seconds for which a session without a connection is kept."""

CLEAN_CLOSES: Final = (1000, 1001)
"""With these codes a client says that it will not resume."""

IDENTIFY_SECONDS: Final = 4.9
"""Seconds between two sessions of a bucket: Discord's five, but for what the way takes."""

ACK_DELAY: Final = 0.05
"""Seconds before a heartbeat is answered: what a way over the internet takes."""


class Gateway:
    """All sessions and connections of the application."""

    def __init__(self, sandbox: SandboxBackend, token: str, *, heartbeat: float = 41.25) -> None:
        self._sandbox = sandbox
        self._token = token
        self._heartbeat = heartbeat
        self._connections: set[GatewayConnection] = set()
        self._identified = asyncio.Event()
        self.sessions: dict[str, GatewaySession] = {}
        self.refused_resumes = 0
        """The number of next resumes that are refused: the bot then has lost what it missed."""
        self.identifies = 0
        """Sessions begun so far."""
        self.too_early = 0
        """Sessions begun sooner after the last one of their bucket than Discord allows."""
        self._last_of_bucket: dict[int, float] = {}
        self.resumes = 0
        """Sessions taken up again so far."""
        sandbox.subscribers.append(self._on_event)

    # On demand

    @property
    def connected(self) -> list[GatewaySession]:
        """The sessions that have a connection."""
        return [session for session in self.sessions.values() if session.connection is not None]

    async def wait_connected(self, timeout: float = 10.0) -> None:
        """Wait until a bot is identified and has its guilds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not self.connected:
                self._identified.clear()
                await self._identified.wait()

    def drop(self) -> None:
        """Cut every connection, as a network does; sessions can be resumed."""
        for connection in list(self._connections):
            self._left(connection)  # at once: what happens now is told at the resume
            connection.cut()

    async def close(self, code: int) -> None:
        """Close every connection with a code."""
        for connection in list(self._connections):
            await connection.close(code)

    def ask_to_reconnect(self) -> None:
        """Send opcode 7: every client is asked to connect and resume."""
        for connection in self._connections:
            connection.send(Opcode.RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send opcode 9: the sessions end, unless ``resumable``."""
        for connection in self._connections:
            if not resumable and connection.session is not None:
                self._forget(connection.session)
            connection.send(Opcode.INVALID_SESSION, resumable)

    # Events

    def _on_event(self, event: str, payload: Mapping[str, Any]) -> None:
        for session in list(self.sessions.values()):
            if not is_on_shard(payload, event, session.shard):
                continue
            filtered = filter_event(self._sandbox, session.intents, event, payload)
            if filtered is not None:
                session.tell(event, filtered)

    # A connection's life

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket until it ends."""
        # Closing does not wait long for a client that has gone.
        socket = web.WebSocketResponse(max_msg_size=16_384, timeout=1.0)
        await socket.prepare(request)
        connection = GatewayConnection(
            socket, request, compressor_for(request.query.get("compress"))
        )
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            interval = round(self._heartbeat * 1000)
            connection.send(Opcode.HELLO, {"heartbeat_interval": interval, "_trace": []})
            await self._listen(connection)
        finally:
            writer.cancel()
            self._connections.discard(connection)
            self._left(connection)
        return socket

    async def _listen(self, connection: GatewayConnection) -> None:
        async for message in connection.socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            code = self._read(connection, message.data)
            if code is not None:
                await connection.close(code)
                return

    def _read(self, connection: GatewayConnection, text: str | bytes) -> GatewayCloseCode | None:
        try:
            message = json.loads(text)
            op, data = message["op"], message.get("d")
        except (ValueError, KeyError, TypeError):
            return GatewayCloseCode.DECODE_ERROR
        if op not in list(Opcode):
            return GatewayCloseCode.UNKNOWN_OPCODE
        return self._take(connection, Opcode(op), data)

    def _take(
        self, connection: GatewayConnection, op: Opcode, data: Any
    ) -> GatewayCloseCode | None:
        """Do what a client asks; return the code to close with if it may not ask that."""
        if op is Opcode.HEARTBEAT:
            # discord.py notes the beat after it has sent it, in another thread: an answer that
            # beats the note is taken for one to the beat before, 41 s late.
            asyncio.get_running_loop().call_later(ACK_DELAY, connection.send, Opcode.HEARTBEAT_ACK)
        elif op is Opcode.IDENTIFY:
            return self._identify(connection, data)
        elif op is Opcode.RESUME:
            return self._resume(connection, data)
        elif connection.session is None:
            return GatewayCloseCode.NOT_AUTHENTICATED
        elif op is Opcode.REQUEST_MEMBERS:
            for chunk in build_member_chunks(self._sandbox, data):
                connection.session.tell("GUILD_MEMBERS_CHUNK", chunk)
        elif op not in (Opcode.PRESENCE, Opcode.VOICE_STATE):
            return GatewayCloseCode.UNKNOWN_OPCODE
        return None

    def _identify(self, connection: GatewayConnection, data: Any) -> GatewayCloseCode | None:
        if connection.session is not None:
            return GatewayCloseCode.ALREADY_AUTHENTICATED
        if not isinstance(data, dict) or data.get("token") != self._token:
            return GatewayCloseCode.AUTHENTICATION_FAILED
        number, count = data.get("shard") or (0, 1)
        if not 0 <= number < count:
            return GatewayCloseCode.INVALID_SHARD
        value = data.get("intents")
        if not isinstance(value, int) or value & ~discord.Intents.all().value:
            return GatewayCloseCode.INVALID_INTENTS
        intents = discord.Intents.none()
        intents.value = value
        if missing_privileged_intents(intents, self._sandbox.approved):
            return GatewayCloseCode.DISALLOWED_INTENTS
        self._begin(GatewaySession(intents, (number, count), connection=connection), connection)
        return None

    def _begin(self, session: GatewaySession, connection: GatewayConnection) -> None:
        sandbox = self._sandbox
        connection.session = session
        self.sessions[session.id] = session
        self.identifies += 1
        bucket, now = session.shard[0] % sandbox.max_concurrency, time.monotonic()
        self.too_early += now - self._last_of_bucket.get(bucket, -math.inf) < IDENTIFY_SECONDS
        self._last_of_bucket[bucket] = now
        joined = [
            guild.id
            for guild in sandbox.guilds.values()
            if sandbox.bot_user.id in guild.members
            and is_on_shard({"guild_id": guild.id}, "", session.shard)
        ]
        session.tell("READY", self._ready(session, joined))
        for guild_id in joined:
            filtered = filter_event(
                sandbox,
                session.intents,
                "GUILD_CREATE",
                build_guild_payload(sandbox, guild_id, available=True),
            )
            if filtered is not None:
                session.tell("GUILD_CREATE", filtered)
        self._identified.set()

    def _ready(self, session: GatewaySession, guild_ids: list[int]) -> dict[str, Any]:
        sandbox = self._sandbox
        return {
            "v": 10,
            "user": dict(serializers.user_payload(sandbox.bot_user)),
            "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": sandbox.gateway_url,
            "shard": list(session.shard),
            "application": {
                "id": str(sandbox.application_id),
                "flags": build_application_flags(sandbox.approved),
            },
        }

    def _resume(self, connection: GatewayConnection, data: Any) -> GatewayCloseCode | None:
        if connection.session is not None:
            return GatewayCloseCode.ALREADY_AUTHENTICATED
        if not isinstance(data, dict) or data.get("token") != self._token:
            return GatewayCloseCode.AUTHENTICATION_FAILED
        session = self.sessions.get(str(data.get("session_id")))
        missed = session.missed_since(int(data.get("seq") or 0)) if session is not None else None
        if self.refused_resumes > 0:
            self.refused_resumes -= 1
            missed = None
        if session is None or missed is None:
            if session is not None:
                self._forget(session)
            connection.send(Opcode.INVALID_SESSION, False)
            return None
        self._take_up(session, connection, missed)
        return None

    def _take_up(
        self, session: GatewaySession, connection: GatewayConnection, missed: list[str]
    ) -> None:
        if session.connection is not None:  # half open: the client has given it up
            session.connection.session = None
            session.connection.cut()
        session.connection, session.left_at = connection, None
        connection.session = session
        self.resumes += 1
        for text in missed:
            connection.send_text(text)
        session.tell("RESUMED", {"_trace": []})
        self._identified.set()

    def _left(self, connection: GatewayConnection) -> None:
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection, session.left_at = None, time.monotonic()
            clean = connection.socket.close_code in CLEAN_CLOSES
            if clean and not connection.ended_here:
                self._forget(session)
        for old in list(self.sessions.values()):
            if old.left_at is not None and time.monotonic() - old.left_at > RESUMABLE_SECONDS:
                self._forget(old)

    def _forget(self, session: GatewaySession) -> None:
        self.sessions.pop(session.id, None)
        if session.connection is not None:
            session.connection.session = None
            session.connection = None
