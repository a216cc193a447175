"""A world for the engine without Discord: a Chat Room that remembers, and agents on a script."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import (
    ChatbotState,
    Conversation,
    HarmFinding,
    Lessons,
    Moderator,
    NewPost,
    Post,
    PostKind,
    Reflection,
    ReplyChange,
    Review,
    Room,
    RoomSettings,
    Scores,
    StateAnswer,
    Turn,
    UserMessage,
)
from bot.domain.events import Event
from bot.domain.limits import Amount, OperatorLimits
from bot.domain.memory import RoomMemory
from bot.domain.patience import PatienceTimes
from bot.domain.posts import ReplyPost
from bot.domain.ratings import Assessment, Opinion, Verdict
from bot.domain.room_settings import CriticMethod, Scale
from bot.domain.session import Try
from bot.domain.turn_context import TurnContext
from bot.engine.engine import Engine
from bot.engine.outbox_relay import OutboxRelay
from bot.engine.patience import Patience
from bot.engine.scheduler import Scheduler
from bot.engine.team import Agents
from bot.errors import (
    DeliveryError,
    DeliveryRefused,
    DeliveryUncertain,
    FourRoomsError,
    LLMError,
    LLMUnavailable,
)
from bot.llm.call_budget import UNLIMITED, CallBudget, CallEstimate
from bot.llm.health import EndpointHealth
from bot.llm.protocol import CallContext
from bot.rooms.chat.crisis.detector import warm_up
from bot.rooms.chat.crisis.outgoing_check import warm_up_outgoing
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.limits.usage_limits import UsageLimits
from bot.storage.database.database import Database
from bot.storage.migrations import migrate
from bot.storage.stores.stores import Stores
from tests.patience import PATIENCE

LOBBY = 10
MAX = Moderator(5, "Max")
ANA = Moderator(6, "Ana")
START = datetime(2026, 11, 1, tzinfo=UTC)


class Mishap(StrEnum):
    """What may happen to a post on its way to Discord."""

    REFUSED = "refused"
    DOWN = "down"  # certainly not posted
    LOST = "lost"  # not posted, but nobody can tell
    DROPPED = "dropped"  # posted, and the answer got lost
    FAULT = "fault"  # posted, and our code broke before it was written down


@dataclass(frozen=True)
class Shown:
    """A message in the Chat Room."""

    id: int
    post: ReplyPost


class Moments:
    """The points at which a process may die: each agent's call, each post, each write.

    At the one numbered `die_at` whoever comes there stays for ever, as `dead` tells.
    """

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.die_at: int | None = None
        self.dead = asyncio.Event()
        self._waiting: dict[tuple[str, int], asyncio.Event] = {}

    async def pass_by(self, what: str) -> None:
        self.passed.append(what)
        here = self._waiting.get((what, self.passed.count(what)))
        if here is not None:
            here.set()
        if len(self.passed) - 1 == self.die_at:
            self.dead.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    async def reach(self, what: str, times: int = 1) -> None:
        """Returns once ``what`` has come to pass that often."""
        if self.passed.count(what) < times:
            here = self._waiting.setdefault((what, times), asyncio.Event())
            async with asyncio.timeout(PATIENCE):
                await here.wait()


class ChatRoomStandIn:
    """A Chat Room's door that keeps what came through it, over restarts of the engine."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.shown: list[Shown] = []
        self.mishaps: deque[Mishap | None] = deque()
        self.shut: set[int] = set()
        """Rooms in which a moderator was told that nothing leaves."""
        self.gate: asyncio.Event | None = None
        """If set, posts wait for it before they arrive."""

    async def send(self, post: ReplyPost) -> int:
        mishap = self.mishaps.popleft() if self.mishaps else None
        await self.moments.pass_by("send")
        if self.gate is not None:
            await self.gate.wait()
        if mishap is Mishap.REFUSED:
            raise DeliveryRefused("Missing Permissions (50013)")
        if mishap is Mishap.DOWN:
            raise DeliveryError("503")
        if mishap is Mishap.LOST:
            raise DeliveryUncertain("timeout")
        assert post.room_id not in self.shut or not post.turn_id, "a reply left a paused room"
        self.shown.append(Shown(1_000_000 + len(self.shown), post))
        if mishap is Mishap.DROPPED:
            raise DeliveryUncertain("connection reset")
        if mishap is Mishap.FAULT:
            raise RuntimeError("a fault of ours")
        shown = self.shown[-1].id
        await self.moments.pass_by("sent")
        return shown

    async def find(self, post: ReplyPost) -> int | None:
        await self.moments.pass_by("find")
        for shown in self.shown:
            same = (shown.post.reference_id, shown.post.text) == (post.reference_id, post.text)
            if same and shown.post.room_id == post.room_id:
                return shown.id
        return None

    def texts(self, room_id: int = LOBBY) -> list[str]:
        return [shown.post.text for shown in self.shown if shown.post.room_id == room_id]

    def replies(self, room_id: int = LOBBY) -> list[str]:
        return [text for text in self.texts(room_id) if text != APOLOGY]


FINE = Review(user_feels="curious", user_needs="an answer", says="Go on.", something_left=False)
HARM = Review(
    user_feels="hurt",
    user_needs="to be heard",
    harms=(HarmFinding(harm="gaslighting", why="it denies what they remember"),),
    says="This would make them doubt themselves.",
    something_left=True,
)
UNHEARD = HARM.model_copy(update={"harms": (HarmFinding(harm="unheard", why="it goes on"),)})
HARM_AND_SEE = HARM.model_copy(update={"wants_to_see": True})


@dataclass
class Script:
    """What the agents do, call by call; with nothing scripted they are all at ease.

    An exception in a queue is raised by that call. ``called`` is the history.
    """

    moments: Moments
    drafts: deque[str | Exception] = field(default_factory=deque)
    reviews: deque[Review | Exception] = field(default_factory=deque)
    responses: deque[str | Exception] = field(default_factory=deque)
    reflections: deque[str | Exception] = field(default_factory=deque)
    keeps: deque[str] = field(default_factory=deque)
    """Reasons for which the Chatbot keeps the text under work."""
    fits: dict[str, int] | Exception = field(default_factory=dict)
    """How well texts fit, where the Therapist compares them, or how that fails."""
    tries: tuple[Try, ...] = ()
    """What the Chatbot offers besides its response."""
    leaks: deque[bool | Exception] = field(default_factory=deque)
    scores: deque[int | Exception] = field(default_factory=deque)
    verdicts: deque[Verdict | Exception] = field(default_factory=deque)
    empathetic: int | None = None
    """What the Critic gives every text besides the scores; None: it is not measured."""
    called: list[str] = field(default_factory=list)
    guided: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """The guidance that each review and reflection was given."""
    wants_more: bool = False
    keep_in_mind: str = ""
    remembered: list[RoomMemory] = field(default_factory=list)
    """The memory that each draft and review was given."""
    gate: asyncio.Event | None = None
    """If set, every agent waits for it before it answers."""
    budget: CallBudget = UNLIMITED
    """What the agents' calls are taken from."""
    estimate: CallEstimate = field(default_factory=lambda: CallEstimate(2_000, 1_000))
    took: Amount = field(default_factory=lambda: Amount(1, 1_000))
    """What each call takes in the end."""
    made: list[tuple[int | None, CallContext]] = field(default_factory=list)
    """The calls that the budget let through."""

    async def _enter(self, what: str, ctx: CallContext | None = None) -> None:
        self.called.append(what)
        reserved = None
        if ctx is not None:
            reserved = await self.budget.reserve(self.estimate, ctx)
            self.made.append((ctx.room_id, ctx))
        await self.moments.pass_by(what)
        if self.gate is not None:
            await self.gate.wait()
        await self.budget.settle(reserved, self.took)


class ScriptedChatbot:
    def __init__(self, script: Script) -> None:
        self.script = script

    @property
    def model(self) -> str:
        return "scripted"

    async def draft(self, context: TurnContext, ctx: CallContext) -> str:
        self.script.remembered.append(context.memory)
        await self.script._enter("draft", ctx)
        said = " and ".join(line.text for line in context.conversation.asked)
        return _next(self.script.drafts, f"The first thought on {said}.")

    async def reflect(
        self, context: TurnContext, ctx: CallContext, *, complaint: str | None = None
    ) -> Reflection:
        self.script.guided.append(("reflect", context.words))
        await self.script._enter("reflect" if complaint is None else f"reflect: {complaint}", ctx)
        said = " and ".join(line.text for line in context.conversation.asked)
        kept = self.script.keeps.popleft() if self.script.keeps else None
        anew = f"A kinder word about {said}, thought through."
        return Reflection(
            reflection=_next(self.script.reflections, "I see what it would do."),
            wants_another_round=self.script.wants_more,
            state=ChatbotState(therapy_progression=50, confusion=10, urgency=0),
            response=context.text if kept is not None else _next(self.script.responses, anew),
            keeps_message=kept is not None,
            keeps_why=kept or "",
            check_in=f"I answer: {context.check_in.words}" if context.check_in else "",
            keep_in_mind=self.script.keep_in_mind,
            tries=self.script.tries,
        )

    async def answer_query(
        self, context: TurnContext, question: str, ctx: CallContext
    ) -> StateAnswer:
        await self.script._enter("query", ctx)
        state = ChatbotState(therapy_progression=40, confusion=20, urgency=10)
        return StateAnswer(state=state, answer=f"You asked: {question}")

    async def learned(
        self, context: TurnContext, changes: Sequence[ReplyChange], ctx: CallContext
    ) -> Lessons:
        await self.script._enter("learned", ctx)
        said = " and ".join(line.text for change in changes for line in change.asked)
        return Lessons(learned=f"{len(changes)} lessons", without=f"Something harsh on {said}.")


class ScriptedTherapist:
    def __init__(self, script: Script) -> None:
        self.script = script

    @property
    def model(self) -> str:
        return "scripted"

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        self.script.remembered.append(context.memory)
        self.script.guided.append(("review", context.words))
        await self.script._enter("review", ctx)
        return _next(self.script.reviews, FINE)

    async def compare(
        self, context: TurnContext, texts: Sequence[str], ctx: CallContext
    ) -> Sequence[int]:
        await self.script._enter("compare", ctx)
        fits = self.script.fits
        if isinstance(fits, Exception):
            raise fits
        return [fits[text] for text in texts]

    async def sees_leak(self, text: str, ctx: CallContext) -> bool:
        await self.script._enter("leak")
        return bool(_next(self.script.leaks, False))


class ScriptedCritic:
    def __init__(self, script: Script) -> None:
        self.script = script

    @property
    def model(self) -> str:
        return "scripted"

    @property
    def prompt_version(self) -> str:
        return "0" * 12

    def as_set(self, repeats: int, method: CriticMethod) -> ScriptedCritic:
        return self

    async def score_scales(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> dict[str, int]:
        await self.script._enter("scales", ctx)
        return {scale.name: 10 for scale in scales}

    async def assess(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> Assessment:
        scores = await self.score(conversation, text, ctx)
        own = await self.score_scales(conversation, text, scales, ctx) if scales else {}
        return Assessment(scores=scores.model_copy(update={"values": {**scores.values, **own}}))

    async def verdict(self, conversation: Conversation, text: str, ctx: CallContext) -> Verdict:
        await self.script._enter("verdict", ctx)
        verdict = Verdict(safe=Opinion.YES, ethical=Opinion.YES, good=Opinion.UNSURE)
        return _next(self.script.verdicts, verdict)

    async def score(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        await self.script._enter("score", ctx)
        value = _next(self.script.scores, 0 if "kinder" in text else 40)
        harms = {"manipulative": value, "gaslighting": value, "narcissistic": value}
        return Scores(
            values=harms,
            reason="as scripted",
            method="scripted",
            empathetic=self.script.empathetic,
        )


T = TypeVar("T")


def _next(queue: deque[T | Exception], otherwise: T) -> T:
    if not queue:
        return otherwise
    answer = queue.popleft()
    if isinstance(answer, Exception):
        raise answer
    return answer


def load_rules() -> None:
    """Load the rules before a test's clock runs, as the app does before a room opens."""
    warm_up()
    warm_up_outgoing()


class World:
    """A database, a Chat Room and agents; the engine over them may die and come back."""

    def __init__(
        self,
        folder: Path,
        *,
        rooms: Sequence[int] = (LOBBY,),
        operator: OperatorLimits | None = None,
        patience: PatienceTimes | None = None,
    ) -> None:
        self.patience = patience
        self.away: list[EndpointHealth] = []
        """The endpoints that are away; only with ``patience``."""
        self.message_age = timedelta()
        """How old what is said is, for ``patience``."""
        self.file = folder / "world.db"
        self.rooms = rooms
        self.moments = Moments()
        self.chat = ChatRoomStandIn(self.moments)
        self.script = Script(self.moments)
        self.posted: list[Post] = []
        self.post_mishaps: deque[FourRoomsError | None] = deque()
        self.events: list[Event] = []
        self.said = 0
        self.owns: Callable[[int], bool] = lambda _: True
        self.channels: dict[int, str] = {}
        """The names of the Chat Rooms that are known."""
        self.operator = operator
        self.later = timedelta()
        """How far the limits' clock is ahead."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    async def open(self, settings: RoomSettings | None = None) -> World:
        load_rules()
        self.database = _watched(await Database.open(await keep_world(self.file)), self.moments)
        self.stores = Stores.over(self.database)
        for room_id in self.rooms:
            room = Room(room_id, 1, 20, room_id, settings=settings or RoomSettings())
            if await self.stores.rooms.get(room_id) is None:
                await self.stores.rooms.bind(room)
        self.start_engine()
        return self

    def start_engine(self) -> None:
        agents = Agents(
            ScriptedChatbot(self.script),
            ScriptedTherapist(self.script),
            ScriptedCritic(self.script),
        )
        outbox_relay = OutboxRelay(self.stores.outbox, self._deliver)
        self.limits = None
        if self.operator is not None:
            self.limits = UsageLimits(self.stores, self.operator, clock=self.now)
        self.script.budget = self.limits or UNLIMITED
        self.engine = Engine(
            self.stores,
            agents,
            self.chat,
            outbox_relay,
            is_own=self._is_own,
            channel_name=lambda room_id: self.channels.get(room_id, ""),
            limits=self.limits,
            patience=self._patience(),
        )
        self.engine.subscribe(self.events.append)
        self.control = self.engine.control
        self.scheduler = Scheduler(self.engine, self.chat)

    def _patience(self) -> Patience | None:
        if self.patience is None:
            return None
        return Patience(self.patience, lambda: tuple(self.away), lambda _: self.message_age)

    async def crash(self) -> None:
        """The process dies: every task ends where it is. A new engine finds the database."""
        self.moments.die_at = None
        await self.scheduler.close()
        await self.engine.close(0)
        self.start_engine()

    async def close(self) -> None:
        await self.scheduler.close()
        await self.engine.close(0)
        await self.database.close()

    async def say(
        self,
        text: str,
        room_id: int = LOBBY,
        *,
        by: str = "Ana",
        author: int = 100,
        exempt: bool = False,
        again: int | None = None,
    ) -> UserMessage:
        """A person writes; ``again`` is the number of a message that comes in once more."""
        if again is None:
            self.said += 1
        number = again or self.said
        at = START + timedelta(seconds=number)
        message = UserMessage(number, room_id, author, by, text, at, exempt)
        await self.engine.receive(message)
        return message

    async def settle(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.engine.settled()
            await self.scheduler.settled()

    async def heal(self) -> None:
        """Everything works again; what is left is taken up until nothing is."""
        self.chat.mishaps.clear()
        self.post_mishaps.clear()
        for _ in range(5):
            for room_id in self.rooms:
                self.engine.outbox_relay.reset_backoff(room_id)
                self.engine.chat_room.reset_backoff(room_id)
            await self.engine.recover()
            await self.settle()

    async def time_passes(self, room_id: int = LOBBY) -> None:
        """The time of the person for whom the room's turn waits is over, and the clock strikes."""
        turn = await self.stores.turns.open_turn(room_id)
        if turn is not None and turn.state.waits:
            over = datetime.now(UTC) - timedelta(seconds=1)
            await self.stores.turns.save(replace(turn, waits_until=over), was=turn)
        await self.scheduler.run_due()

    async def turn(self, turn_id: int = 1) -> Turn:
        found = await self.stores.turns.get(turn_id)
        assert found is not None
        return found

    def shown(self, kind: PostKind) -> list[NewPost]:
        return [post.new for post in self.posted if post.new.kind is kind]

    def _is_own(self, room_id: int) -> bool:
        return self.owns(room_id)

    async def _deliver(self, post: Post) -> int:
        await self.moments.pass_by("post")
        mishap = self.post_mishaps.popleft() if self.post_mishaps else None
        if mishap is not None:
            raise mishap
        # Its nonce is the same at every try: Discord shows it once.
        if post.id not in [one.id for one in self.posted]:
            self.posted.append(post)
        return 2_000_000 + post.id

    def cards(self) -> list[int | None]:
        return [post.new.turn_id for post in self.posted if post.new.kind is PostKind.CARD]

    def thread(self) -> list[PostKind]:
        kinds = (PostKind.DRAFT, PostKind.UTTERANCE, PostKind.REPLY, PostKind.WITHHELD)
        return [post.new.kind for post in self.posted if post.new.kind in kinds]


async def keep_world(file: Path) -> str:
    """The address of a world's database, which is made if it is not there."""
    migrated = await _migrated()
    _copy_once(migrated, file)
    return f"sqlite:///{file}"


def _copy_once(template: Path, file: Path) -> None:
    if not file.exists():
        shutil.copy(template, file)


async def _migrated() -> Path:
    """A database without rows, made once a process: making one takes longer than most tests."""
    file = Path(tempfile.gettempdir()) / f"four-rooms-{os.getpid()}.db"
    if not file.exists():
        await migrate(f"sqlite+aiosqlite:///{file}")
        atexit.register(file.unlink, missing_ok=True)
    return file


def _watched(database: Database, moments: Moments) -> Database:
    """The database, with a moment before and after each of its writes."""
    write = database.write

    @asynccontextmanager
    async def watched() -> AsyncIterator[AsyncConnection]:
        await moments.pass_by("write")
        async with write() as connection:
            yield connection
        await moments.pass_by("written")

    database.write = watched  # type: ignore[method-assign]
    return database


def llm_down() -> LLMError:
    return LLMUnavailable("the endpoint answered 500 three times")


async def run_for(steps: int) -> None:
    """Lets the loop turn that often: a moment in the middle of things."""
    for _ in range(steps):
        await asyncio.sleep(0)
