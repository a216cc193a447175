"""All stores over one database."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.database.database import Database
from bot.storage.stores.acts import ActStore
from bot.storage.stores.alliance_curves import AllianceCurveStore
from bot.storage.stores.calls import CallStore
from bot.storage.stores.card_records import CardRecordStore
from bot.storage.stores.check_ins import CheckInStore
from bot.storage.stores.crises import CrisisStore
from bot.storage.stores.digests import DigestStore
from bot.storage.stores.evaluations import EvaluationStore
from bot.storage.stores.feedback import FeedbackStore
from bot.storage.stores.greetings import GreetingStore
from bot.storage.stores.guidance import GuidanceStore
from bot.storage.stores.guidance_checks import GuidanceCheckStore
from bot.storage.stores.joining import JoiningStore
from bot.storage.stores.key_value import KeyValueStore
from bot.storage.stores.memories import MemoryStore
from bot.storage.stores.messages import MessageStore
from bot.storage.stores.outbox import Outbox
from bot.storage.stores.pausing import PausingStore
from bot.storage.stores.person_records import PersonRecordStore
from bot.storage.stores.privacy.choices import PrivacyChoiceStore
from bot.storage.stores.privacy.departures import DepartureStore
from bot.storage.stores.privacy.forgetting import ForgettingStore
from bot.storage.stores.privacy.personal_data import PersonalDataStore
from bot.storage.stores.retention import RetentionStore
from bot.storage.stores.reviews import ReviewStore
from bot.storage.stores.rooms import RoomStore
from bot.storage.stores.score_lists import ScoreListStore
from bot.storage.stores.score_sums import ScoreSumStore
from bot.storage.stores.self_tests import CriticTrustStore
from bot.storage.stores.server_limits import ServerLimitStore
from bot.storage.stores.shown_posts import ShownPostStore
from bot.storage.stores.threads import ThreadStore
from bot.storage.stores.turn_history import TurnHistory
from bot.storage.stores.turn_inputs import TurnInputStore
from bot.storage.stores.turn_search import TurnSearch
from bot.storage.stores.turns import TurnStore
from bot.storage.stores.usage_limits import UsageLimitStore
from bot.storage.stores.wait_notices import WaitNoticeStore


@dataclass(frozen=True, slots=True)
class Stores:
    """The bot's memory: one attribute a store."""

    rooms: RoomStore
    messages: MessageStore
    turns: TurnStore
    evaluations: EvaluationStore
    acts: ActStore
    calls: CallStore
    outbox: Outbox
    key_value: KeyValueStore
    guidance: GuidanceStore
    guidance_checks: GuidanceCheckStore
    digests: DigestStore
    turn_history: TurnHistory
    retention: RetentionStore
    shown_posts: ShownPostStore
    wait_notices: WaitNoticeStore
    alliance_curves: AllianceCurveStore
    critic_trust: CriticTrustStore
    crises: CrisisStore
    server_limits: ServerLimitStore
    usage_limits: UsageLimitStore
    forgetting: ForgettingStore
    privacy_choices: PrivacyChoiceStore
    personal_data: PersonalDataStore
    departures: DepartureStore
    check_ins: CheckInStore
    threads: ThreadStore
    memories: MemoryStore
    score_lists: ScoreListStore
    score_sums: ScoreSumStore
    joining: JoiningStore
    pausing: PausingStore
    card_records: CardRecordStore
    turn_search: TurnSearch
    reviews: ReviewStore
    person_records: PersonRecordStore
    feedback: FeedbackStore
    greetings: GreetingStore
    turn_inputs: TurnInputStore

    @classmethod
    def over(cls, database: Database, *, calls: CallStore | None = None) -> Stores:
        """Return the stores of that database; ``calls`` are those that the models' calls go to."""
        rooms, guidance, outbox = RoomStore(database), GuidanceStore(database), Outbox(database)
        return cls(
            rooms=rooms, messages=MessageStore(database),
            turns=TurnStore(database, guidance, outbox),
            evaluations=EvaluationStore(database, outbox),
            acts=ActStore(database),
            calls=calls or CallStore(database),
            outbox=outbox, key_value=KeyValueStore(database),
            guidance=guidance,
            guidance_checks=GuidanceCheckStore(database),
            digests=DigestStore(database),
            turn_history=TurnHistory(database),
            retention=RetentionStore(database),
            shown_posts=ShownPostStore(database),
            wait_notices=WaitNoticeStore(database),
            alliance_curves=AllianceCurveStore(database),
            critic_trust=CriticTrustStore(database),
            crises=CrisisStore(database),
            server_limits=ServerLimitStore(database),
            usage_limits=UsageLimitStore(database),
            forgetting=ForgettingStore(database, rooms, guidance),
            privacy_choices=PrivacyChoiceStore(database),
            personal_data=PersonalDataStore(database),
            departures=DepartureStore(database, rooms),
            check_ins=CheckInStore(database),
            threads=ThreadStore(database),
            memories=MemoryStore(database),
            score_lists=ScoreListStore(database),
            score_sums=ScoreSumStore(database),
            joining=JoiningStore(database),
            pausing=PausingStore(database, rooms),
            card_records=CardRecordStore(database),
            turn_search=TurnSearch(database),
            reviews=ReviewStore(database),
            person_records=PersonRecordStore(database),
            feedback=FeedbackStore(database), greetings=GreetingStore(database),
            turn_inputs=TurnInputStore(database),
        )  # fmt: skip

    async def try_storing(self) -> None:
        """Store a small thing, so that no model is asked for what cannot be kept; raises if so."""
        await self.key_value.put("storing", "works")
