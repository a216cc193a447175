"""The page's server side: its files, its websocket, and who may come in.

The address carries a key in its fragment, which browsers send to nobody; the page itself says it
in its first message. There are no cookies, so another site has nothing to ride on; it is turned
away by its origin besides.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.demo.turn_feed import Backstage, Change, Mind, RoomState, Way, may_watch
from bot.sandbox.server.server import Sandbox
from bot.sandbox.users.views import Member, Place
from bot.sandbox.web.assets import INDEX, load_assets, respond
from bot.sandbox.web.connection import Visit
from bot.sandbox.web.event_log import Journal

FACES: Final = ("Ana", "Max", "Ada")
"""Whom a page can be: a member, a moderator, an admin."""
_LARGEST_MESSAGE: Final = 24 * 1024 * 1024
"""Bytes of a message with files in it."""
_HEARTBEAT: Final = 20.0


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody whom a page can be."""

    id: int
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the server."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """All that a page has to know to begin as somebody."""

    journal: str
    number: int
    me: int
    server: str
    guild_id: int
    bot_id: int
    faces: tuple[Face, ...]
    roles: tuple[Role, ...]
    places: tuple[Place, ...]
    members: tuple[Member, ...]
    watches: bool
    """Whether this person may see a turn's way."""
    rooms: tuple[Way | RoomState, ...]
    mind: Mind | None


class Page:
    """The web page of one sandbox. Make it before the sandbox starts, as it adds routes to it."""

    def __init__(self, sandbox: Sandbox, *, key: str | None = None) -> None:
        self._sandbox = sandbox
        self.key = key or secrets.token_urlsafe(24)
        self.backstage: Backstage | None = None
        self._mind: Mind | None = None
        self._assets = load_assets()
        self._faces = {name: sandbox.world.person_id(name) for name in FACES}
        self._journals: dict[int, Journal] = {}
        self._visits: set[Visit] = set()
        sandbox.app.router.add_get("/", self._index)
        sandbox.app.router.add_get("/page/socket", self._socket)
        sandbox.app.router.add_get("/page/{name}", self._asset)
        sandbox.app.on_shutdown.append(self._close)

    @property
    def address(self) -> str:
        """Where a browser finds it, with the key."""
        return f"{self._sandbox.url}/#key={self.key}"

    def opens_with(self, key: str) -> bool:
        """Whether that is the key."""
        return hmac.compare_digest(key.encode(), self.key.encode())

    async def show_backstage(self, backstage: Backstage) -> None:
        """From now on, show moderators the way of turns, and everybody the persona."""
        self.backstage = backstage
        await backstage.open(self._tell)
        self._tell(await backstage.mind())
        for journal in self._journals.values():
            journal.begin_anew()  # who watches a turn's way is known only now

    def _tell(self, changed: Change) -> None:
        """Tell pages what changed behind the doors, as far as each may know it."""
        if isinstance(changed, Mind):
            if changed == self._mind:
                return
            self._mind = changed
        for journal in self._journals.values():
            if isinstance(changed, Mind) or may_watch(journal.person, changed.room_id):
                journal.add(changed)

    def cut(self) -> None:
        """Cut every page's connection without a word, as a network does."""
        for visit in tuple(self._visits):
            visit.cut()

    def journal(self, who: str) -> Journal | None:
        """What somebody sees, by name; None for somebody whom no page can be."""
        person_id = self._faces.get(who)
        if person_id is None:
            return None
        if person_id not in self._journals:
            self._journals[person_id] = Journal(self._sandbox.person(person_id))
        return self._journals[person_id]

    def welcome(self, journal: Journal) -> Welcome:
        """Everything as one person sees it now."""
        person, world = journal.person, self._sandbox.world
        guild = self._sandbox.backend.get_guild(world.guild_id)
        members = person.members()
        role_of = {member.id: member.role for member in members}
        back = self.backstage
        return Welcome(
            journal=journal.id,
            number=journal.number,
            me=person.id,
            server=guild.name,
            guild_id=guild.id,
            bot_id=world.bot_id,
            faces=tuple(Face(i, name, role_of.get(i, "")) for name, i in self._faces.items()),
            roles=tuple(Role(r.id, r.name) for r in guild.roles.values() if r.id != guild.id),
            places=person.places(),
            members=members,
            watches=back is not None and may_watch(person, back.room_id),
            rooms=back.shown_to(person) if back is not None else (),
            mind=self._mind,
        )

    # What browsers ask for

    async def _index(self, request: web.Request) -> web.Response:
        return respond(self._assets[INDEX], request.host)

    async def _asset(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return respond(asset, request.host)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        # A browser always names the site that asks; what does not is no browser's page.
        if request.headers.get("Origin") != f"http://{request.host}":
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_MESSAGE)
        await socket.prepare(request)
        visit = Visit(self, socket, request)
        self._visits.add(visit)
        try:
            await visit.run()
        finally:
            self._visits.discard(visit)
        return socket

    async def _close(self, _: web.Application) -> None:
        if self.backstage is not None:
            self.backstage.close()
        for visit in tuple(self._visits):
            await visit.close()
        for journal in self._journals.values():
            await journal.close()
