"""A Chat Room's settings, each with its bounds: what an admin may change while the bot runs.

`bot.domain` hands these names on. A field's title and description are what the
panel in Discord shows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.domain.calls import CallSettings
from bot.domain.harms import HARMS
from bot.domain.limits import Limit

MAX_ROUNDS: Final = 3
"""Most rounds of a session unless a server sets another bound: what a person waits for."""
MOST_SCALES: Final = 5
"""Scales of a server's own: each costs a call a turn, and a card has to stay readable."""
DAY: Final = 24 * 60
"""Minutes of a day, the longest that a turn waits for a person."""


class ReplyWhen(StrEnum):
    """The occasions on which the Chatbot answers a message in its Chat Room."""

    ADDRESSED = "addressed"  # mentioned, replied to, called by name, or the room is asked
    MENTIONED = "mentioned"  # mentioned, or replied to
    ALWAYS = "always"


class SeatTimeout(StrEnum):
    """The end of the wait for a human Therapist who does not speak in time."""

    THERAPIST = "therapist"  # the AI takes over for that turn
    WITHHOLD = "withhold"


class CardsWhen(StrEnum):
    """The turns that get a card of their own; the others come in a list, so that none is lost."""

    EVERY = "every"
    ROLLING = "rolling"  # a line each in a list that is edited; a card for what needs a look
    FLAGGED = "flagged"  # a score passes the limit, therapy changed the reply, or none was sent
    HOURLY = "hourly"
    DAILY = "daily"


class CriticMethod(StrEnum):
    """The method by which the Critic scores."""

    AUTO = "auto"  # the best that the model allows: the order below
    PROBE = "probe"
    YES_NO = "yes/no"
    WRITTEN = "written"


class Scale(BaseModel):
    """A scale of a server's own, 0-100."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Names stand in prompts, on cards and in files: plain words only.
    # Their length is no part of the pattern: each "letter" of it takes 0.1 MB.
    name: Annotated[
        str, StringConstraints(pattern=r"^[^\W_][\w -]*$", max_length=32, strip_whitespace=True)
    ]
    description: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    high_is_bad: bool = True


class RoomSettings(CallSettings):
    """A Chat Room's settings as one turn sees them."""

    persona: str = Field(
        "default", min_length=1, max_length=100, title="persona", description="how the Chatbot is"
    )
    norms: str = Field(
        "",
        max_length=2000,
        title="house rules",
        description="what you ask of the Chatbot, in your own words",
    )
    max_rounds: int = Field(
        MAX_ROUNDS,
        ge=1,
        le=10,
        title="most rounds",
        description="with the Therapist, for one reply; each makes people wait some seconds longer",
    )
    reply_when: ReplyWhen = Field(
        ReplyWhen.ADDRESSED,
        title="replies",
        description="when addressed (mention, reply, name, question to the room), or always",
    )
    paused_answer: str = Field(
        "",
        max_length=500,
        title="answer while paused",
        description="what people read once while the room is paused; empty: nothing",
    )
    notice: str = Field(
        "",
        max_length=1200,
        title="notice",
        description="your own words after “I am an AI”, up to 1200 characters; empty: mine "
        "(then /setup again)",
    )
    language: str = Field(
        "",
        pattern=r"^(?:en|de|es|fr|pt|it|nl|pl|tr|ru|ja|ko|zh)?$",
        title="language",
        description="of my fixed texts where a message does not tell, such as de; empty: server's",
    )
    wait_seconds: int | None = Field(
        None,
        ge=5,
        le=600,
        title="long waits, seconds",
        description="then I say once an hour that I am thinking; empty: I say nothing",
    )
    gate: int | None = Field(
        None,
        ge=0,
        le=100,
        title="hold replies above",
        description="a reply with a score above this waits for a moderator; empty: none waits",
    )
    gate_minutes: int = Field(
        30,
        ge=1,
        le=DAY,
        title="hold, minutes",
        description="how long a held reply waits; after that it is not sent",
    )
    seat_minutes: int = Field(
        10,
        ge=1,
        le=DAY,
        title="coaching, minutes",
        description="how long a draft waits for the moderator who coaches the Chatbot",
    )
    seat_on_timeout: SeatTimeout = Field(
        SeatTimeout.THERAPIST,
        title="coaching, time over",
        description="then the AI takes over for that reply, or the reply is not sent",
    )
    # What /setup gives a new room is in `NEW_ROOM`: rooms of before keep what they have.
    cards: CardsWhen = Field(
        CardsWhen.EVERY,
        title="cards",
        description="for every reply; a rolling list; flagged ones only; a digest by hour or day",
    )
    cards_from: int = Field(
        30, ge=0, le=100, title="cards, from", description="the score from which a reply is flagged"
    )
    digest_hour: int | None = Field(
        None,
        ge=0,
        le=23,
        title="daily digest, hour",
        description="0 to 23 (UTC): sums up the last day, if there was anything; empty: never",
    )
    stop_mean: int | None = Field(
        None,
        ge=1,
        le=100,
        title="stop at average score",
        description="pause when the average score of the last 10 replies is above this",
    )
    stop_empathetic: int | None = Field(
        None,
        ge=1,
        le=100,
        title="stop below empathetic",
        description="pause when the average of the last 10 replies is below this, where measured",
    )
    stop_failures: int | None = Field(
        None,
        ge=1,
        le=100,
        title="stop at failures, %",
        description="pause when more of the last 10 replies than this could not be sent",
    )
    stop_spend: float | None = Field(
        None,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        title="stop at spend, US $ a day",
        description="pause when the models have cost this much since midnight (UTC)",
    )
    critic_repeats: int = Field(
        1,
        ge=1,
        le=5,
        title="Critic, times",
        description="how often it scores each text; the middle score counts",
    )
    critic_method: CriticMethod = Field(
        CriticMethod.AUTO, title="scoring, method", description="how the Critic scores"
    )
    scales: tuple[Scale, ...] = Field(
        (),
        max_length=MOST_SCALES,
        title="own scales",
        description="what else to score, besides the three",
    )
    help_country: str = Field(
        "",
        pattern=r"^(?:[A-Z]{2})?$",
        title="help, country",
        description="two letters, such as DE, for the help lines people get; empty: a directory",
    )
    help_text: str = Field(
        "",
        max_length=400,
        title="help, own lines",
        description="the help lines in your own words, in place of the country's",
    )
    limit_calls: int | None = Field(
        None,
        ge=1,
        le=10_000_000,
        title="room, calls a day",
        description="model calls of this room; then it rests until tomorrow (UTC)",
    )
    limit_tokens: int | None = Field(
        None,
        ge=1,
        le=10_000_000_000,
        title="room, tokens a day",
        description="tokens of this room; then it rests until tomorrow (UTC)",
    )
    limit_cost: float | None = Field(
        None,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        title="room, US $ a day",
        description="what the models may cost in this room; then it rests until tomorrow (UTC)",
    )
    retention_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        title="kept for, days",
        description="then words are deleted, and figures stay; empty: kept as long as the room",
    )
    left_days: int | None = Field(
        30,
        ge=1,
        le=3650,
        title="after leaving, days",
        description="who left the server and was silent that long is forgotten; empty: never",
    )
    privacy_link: str = Field(
        "",
        max_length=300,
        pattern=r"^(https?://[^\s<>]+)?$",
        title="privacy link",
        description="to your own privacy notice; run /setup again to show it",
    )

    @property
    def limit(self) -> Limit:
        """Return the room's own limit of a day."""
        return Limit.of_day(self.limit_calls, self.limit_tokens, self.limit_cost)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [*HARMS, *(scale.name.casefold() for scale in self.scales)]
        if len(set(names)) < len(names):
            raise ValueError("each scale needs a name of its own")
        return self


NEW_ROOM: Final = RoomSettings(cards=CardsWhen.ROLLING, digest_hour=9)
"""The settings of a room that is set up now, where they are others than before."""
