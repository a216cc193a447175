"""The keeper of people's choices, which forgets whoever wants to be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

import structlog

from bot.domain import NewPost, Turn, UserMessage
from bot.domain.posts import ChatRoomPort
from bot.domain.privacy import PrivacyChoice
from bot.errors import DeliveryError
from bot.rooms.chat.chat_room import ChatRoom
from bot.rooms.recent_turns import RecentTurns
from bot.rooms.turn_runner import PostRelay
from bot.storage.stores.privacy.forgetting import Erased
from bot.storage.stores.privacy.removals import PostPlace, removal
from bot.storage.stores.stores import Stores
from bot.text import language_topics, prompt_safety, talk_language

log = structlog.get_logger(__name__)


class Privacy:
    """The one who forgets, in the database, in memory and in Discord."""

    def __init__(
        self,
        stores: Stores,
        port: ChatRoomPort,
        chat_room: ChatRoom,
        relay: PostRelay,
        recent: RecentTurns,
        wake: Callable[[int], None],
        look: Callable[[int], None],
    ) -> None:
        """``wake`` a room's turns by its id; have its turns to evaluate read anew by ``look``."""
        self._stores = stores
        self._port = port
        self._chat_room = chat_room
        self._relay = relay
        self._recent = recent
        self._wake = wake
        self._look = look
        stores.forgetting.on_erased = self._drop_kept
        self._one_by_one = asyncio.Lock()
        """What is kept is kept before it is forgotten, or not at all: never in between."""
        self.on_forgotten: list[Callable[[int], None]] = []
        """Called with a person's id, to forget what else is in memory of them."""

    async def may_store(self, message: UserMessage) -> bool:
        """Return whether a message may be stored and answered, as its author has chosen.

        What they had forgotten is not, if it is read or replied to once more.
        """
        room = await self._stores.rooms.get(message.room_id)
        guild_id = 0 if room is None else room.guild_id
        choices = self._stores.privacy_choices
        return await choices.may_store(message.author_id, guild_id, message.id)

    async def keep(self, message: UserMessage, posts: Sequence[NewPost] = ()) -> bool:
        """Keep a message to be answered, with posts about it.

        False if it is known, or its author was forgotten, or opted out, at this very moment.
        """
        async with self._one_by_one:
            return await self.may_store(message) and await self._stores.messages.add(message, posts)

    async def keep_context(self, replied_to: Sequence[UserMessage]) -> None:
        """Keep what a message replies to, link by link, where its author may be stored.

        Without it the Chatbot would not know what is spoken of; it is never answered.
        """
        for message in replied_to:
            async with self._one_by_one:
                if await self.may_store(message):
                    await self._stores.messages.add_context(message, datetime.now(UTC))

    async def choose(
        self,
        person_id: int,
        guild_id: int,
        choice: PrivacyChoice,
        *,
        yes: bool,
        names: Sequence[str] = (),
        up_to: int | None = None,
    ) -> Erased | None:
        """Keep a person's own choice; whoever is not to be stored is forgotten at once, too.

        So is what is remembered of who no longer wants that. ``up_to``: as in `forget_person`.
        """
        async with self._one_by_one:
            await self._stores.privacy_choices.choose(
                person_id, guild_id, choice, yes=yes, by_id=person_id
            )
        log.info("privacy choice", guild_id=guild_id, choice=choice.value, yes=yes)
        if choice is PrivacyChoice.MEMORY and not yes:
            await self._stores.memories.forget_person(person_id, guild_id)
        if choice is PrivacyChoice.STORAGE and not yes:
            return await self.forget_person(person_id, guild_id, names, up_to=up_to)
        return None

    async def forget_person(
        self,
        person_id: int,
        guild_id: int,
        names: Sequence[str] = (),
        *,
        up_to: int | None = None,
    ) -> Erased:
        """Forget a person in a server at once; posts in Discord follow. Safe to repeat.

        What they said before the message or command ``up_to`` is never kept again, also where it
        is read later; without it that holds for what was kept.
        """
        async with self._one_by_one:
            await self._stores.privacy_choices.forget_up_to(person_id, guild_id, up_to)
        room_ids = await self._stores.forgetting.room_ids(guild_id)
        for room_id in room_ids:
            turn = await self._stores.turns.open_turn(room_id)
            if turn is not None and await self._stores.forgetting.under_way(room_id, person_id):
                await self._call_back(turn)
        erased = await self._stores.forgetting.person(person_id, guild_id, names)
        for forget in self.on_forgotten:
            forget(person_id)
        self._go_on(room_ids)
        log.info("person forgotten", guild_id=guild_id, messages=erased.messages)
        return erased

    async def forget_messages(self, room_id: int, message_ids: Collection[int]) -> Erased:
        """Forget messages that were deleted in Discord, whatever their state."""
        if not await self._stores.messages.known(message_ids):
            return Erased()
        turn = await self._stores.turns.open_turn(room_id)
        if turn is not None and not {*message_ids}.isdisjoint(turn.message_ids):
            await self._call_back(turn)
        erased = await self._stores.forgetting.messages(room_id, sorted(message_ids))
        self._go_on([room_id])
        log.info("messages forgotten", room_id=room_id, messages=erased.messages)
        return erased

    async def _call_back(self, turn: Turn) -> None:
        """Stop a reply that is being sent; one that may have got through is taken away."""
        if self._chat_room.sending(turn.room_id):
            await self._chat_room.call_back(turn.room_id)
        now = await self._stores.turns.get(turn.id)
        if now is None or not now.state.open or not now.delivery_tries:
            return
        posts: list[NewPost] = []
        looked = True
        for post in await self._chat_room.reply_posts(now):
            try:
                message_id = await self._port.find(post)
            except DeliveryError as error:
                log.warning("reply not looked for", turn_id=now.id, detail=error.detail)
                looked = False
                continue
            if message_id is not None:
                posts.append(removal(now.room_id, message_id, PostPlace(now.room_id)))
        if looked:
            self._chat_room.note_looked(now.room_id)
        await self._stores.outbox.add(posts)

    def _drop_kept(self, room_ids: Collection[int]) -> None:
        """Read anew whatever turns and posts of these rooms were in memory."""
        self._recent.forget_words()
        for room_id in room_ids:
            self._stores.outbox.announce(room_id, None)
            self._look(room_id)

    def _go_on(self, room_ids: Collection[int]) -> None:
        """Have nothing in memory of it, and go on with what is left."""
        self._drop_kept(room_ids)
        prompt_safety.forget_remembered()
        language_topics.forget_remembered()
        talk_language.forget_remembered()
        for room_id in room_ids:
            self._wake(room_id)
            self._relay.wake(room_id)
