"""The state behind all open pages: the key, the people that a page can be, their event logs."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from bot.sandbox.sandbox import Sandbox
from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.views import GuildMember, Place
from bot.sandbox.web.event_log import EventLog
from bot.sandbox.web.page_feed import (
    FeedChange,
    ModelNote,
    PageFeed,
    RoomChoices,
    RoomState,
    TurnProgress,
)


@dataclass(frozen=True, slots=True)
class PageUser:
    """Somebody whom a page can be."""

    id: int
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class GuildRole:
    """A role of the server."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """All that a page has to know to begin as somebody."""

    log: str
    number: int
    me: int
    server: str
    guild_id: int
    bot_id: int
    faces: tuple[PageUser, ...]
    roles: tuple[GuildRole, ...]
    places: tuple[Place, ...]
    members: tuple[GuildMember, ...]
    watches: bool
    """True where this person may see a turn's way."""
    rooms: tuple[TurnProgress | RoomState, ...]
    chooses: bool
    """True where this person may change the Chat Room's settings."""
    chat_room: int | None
    """The Chat Room that the four rooms are about; None while there is no bot."""
    choices: RoomChoices | None
    model: ModelNote | None


class PageState:
    """The state that the connections of one sandbox's page share."""

    def __init__(self, sandbox: Sandbox, *, key: str | None = None) -> None:
        self._sandbox = sandbox
        self.key = key or secrets.token_urlsafe(24)
        self.feed: PageFeed | None = None
        self._choices: RoomChoices | None = None
        self._model: ModelNote | None = None
        self._logs: dict[int, EventLog] = {}

    def opens_with(self, key: str) -> bool:
        """Say whether that is the key."""
        return hmac.compare_digest(key.encode(), self.key.encode())

    async def show_feed(self, feed: PageFeed) -> None:
        """Show moderators the way of turns, and everybody the settings, from now on."""
        self.feed = feed
        await feed.open(self._tell)
        self._tell(await feed.choices())
        self._tell(await feed.model())
        for log in self._logs.values():
            log.begin_anew()  # who watches a turn's way is known only now

    def _tell(self, change: FeedChange) -> None:
        """Tell pages of a change in the feed, as far as each may know it."""
        if change in (self._choices, self._model):
            return
        if isinstance(change, RoomChoices):
            self._choices = change
        elif isinstance(change, ModelNote):
            self._model = change
        for log in self._logs.values():
            if isinstance(change, RoomChoices | ModelNote) or self._may_watch(
                log.user, change.room_id
            ):
                log.add(change)

    def _may_watch(self, user: SandboxUser, room_id: int) -> bool:
        return self.feed is not None and self.feed.may_watch(user, room_id)

    def people(self) -> dict[str, SandboxUser]:
        """Return all whom a page can be, by name: everybody in the server but bots."""
        backend = self._sandbox.backend
        members = backend.get_guild(self._sandbox.guild.guild_id).members
        users = [backend.users[user_id] for user_id in members if not backend.users[user_id].bot]
        owner = backend.get_guild(self._sandbox.guild.guild_id).owner_id
        users.sort(key=lambda user: user.id == owner)  # who owns the server stands last
        return {user.global_name or user.name: self._sandbox.person(user.id) for user in users}

    def event_log(self, name: str) -> EventLog | None:
        """Return the log of what somebody sees, None for somebody whom no page can be."""
        user = self.people().get(name)
        if user is None:
            return None
        if user.id not in self._logs:
            self._logs[user.id] = EventLog(user)
        return self._logs[user.id]

    def welcome(self, log: EventLog) -> Welcome:
        """Return everything as one person sees it now."""
        user, setup, feed = log.user, self._sandbox.guild, self.feed
        guild = self._sandbox.backend.get_guild(setup.guild_id)
        members = user.members()
        role_of = {member.id: member.role for member in members}
        return Welcome(
            log=log.id,
            number=log.number,
            me=user.id,
            server=guild.name,
            guild_id=guild.id,
            bot_id=setup.bot_id,
            faces=tuple(
                PageUser(person.id, name, role_of.get(person.id, ""))
                for name, person in self.people().items()
            ),
            roles=tuple(GuildRole(r.id, r.name) for r in guild.roles.values() if r.id != guild.id),
            places=user.places(),
            members=members,
            watches=feed is not None and feed.may_watch(user, feed.room_id),
            rooms=feed.visible_to(user) if feed is not None else (),
            chooses=feed is not None and feed.may_choose(user),
            chat_room=feed.room_id if feed is not None else None,
            choices=self._choices,
            model=self._model,
        )

    def close_feed(self) -> None:
        """Stop listening to the feed."""
        if self.feed is not None:
            self.feed.close()

    async def close_logs(self) -> None:
        """End every event log."""
        for log in self._logs.values():
            await log.close()
