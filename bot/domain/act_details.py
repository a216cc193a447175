"""The details of acts: one type for each kind, with the names under which they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from bot.domain.moderation import ActDetails, ActKind, UnknownDetails
from bot.domain.moderation_acts import MODERATION_ACTS
from bot.domain.session_acts import SESSION_ACTS


@dataclass(frozen=True, slots=True)
class SetupDetails(ActDetails):
    """The channels of a Chat Room that was set up, and the role of its moderators."""

    kind: ClassVar[ActKind] = ActKind.SETUP
    moderators: int | None = None
    therapy: int | None = None
    role: int | None = None


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting's value before and after, as JSON knows it."""

    before: object = None
    after: object = None


@dataclass(frozen=True, slots=True)
class SettingsDetails(ActDetails):
    """The changes of a room's settings by the name of the setting, which is the name stored."""

    kind: ClassVar[ActKind] = ActKind.SETTINGS
    changes: Mapping[str, SettingChange] = field(default_factory=dict)

    def as_stored(self) -> dict[str, object]:
        """Return the changes by the setting's name."""
        return {
            name: {"before": change.before, "after": change.after}
            for name, change in self.changes.items()
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        """Return the changes that the record holds."""
        return cls({name: _change(value) for name, value in stored.items()})


def _change(stored: object) -> SettingChange:
    if isinstance(stored, Mapping):
        return SettingChange(stored.get("before"), stored.get("after"))
    return SettingChange(stored, stored)


@dataclass(frozen=True, slots=True)
class PauseDetails(ActDetails):
    """The minutes after which a paused room resumes by itself, if it does.

    ``until`` is that moment in seconds since 1970, ``mark`` is `bot.domain.Room.pause_mark`.
    """

    kind: ClassVar[ActKind] = ActKind.PAUSE
    minutes: int | None = None
    until: int | None = None
    mark: int = 0


@dataclass(frozen=True, slots=True)
class PauseServerDetails(ActDetails):
    """As `PauseDetails`, of all rooms of a server that were not paused.

    ``marks`` are those of their pauses, in the order of ``rooms``.
    """

    kind: ClassVar[ActKind] = ActKind.PAUSE_SERVER
    minutes: int | None = None
    until: int | None = None
    rooms: tuple[int, ...] = ()
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtendPauseDetails(ActDetails):
    """The minutes that a pause lasts longer; the others as in `PauseDetails`."""

    kind: ClassVar[ActKind] = ActKind.EXTEND_PAUSE
    minutes: int = 0
    until: int | None = None
    mark: int = 0


@dataclass(frozen=True, slots=True)
class ResumeDetails(ActDetails):
    """Whether what was said in the pause is answered, and how many messages are not."""

    kind: ClassVar[ActKind] = ActKind.RESUME
    answered: bool = True
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class ResumeServerDetails(ActDetails):
    """As `ResumeDetails`, of all rooms of a server that were paused."""

    kind: ClassVar[ActKind] = ActKind.RESUME_SERVER
    answered: bool = True
    set_aside: int = 0
    rooms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryDetails(ActDetails):
    """A question to the Chatbot, how it is doing (0-100 each, if at all), and its answer."""

    kind: ClassVar[ActKind] = ActKind.QUERY
    question: str = ""
    therapy_progression: int | None = None
    confusion: int | None = None
    urgency: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ReflectDetails(ActDetails):
    """The turns that a reflection looked back on, and what was learned in those changed.

    ``without`` is what the Chatbot would have said without the therapy, in its own words.
    """

    kind: ClassVar[ActKind] = ActKind.REFLECT
    turns: int = 0
    changed: int = 0
    learned: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True)
class GuideDetails(ActDetails):
    """The words of a guidance, the turns it holds for, and its id once it has one."""

    kind: ClassVar[ActKind] = ActKind.GUIDE
    text: str = ""
    turns: int = 1
    guidance: int = 0


@dataclass(frozen=True, slots=True)
class WithdrawGuidanceDetails(ActDetails):
    """The id and the words of a guidance that was withdrawn."""

    kind: ClassVar[ActKind] = ActKind.WITHDRAW_GUIDANCE
    guidance: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class TakeSeatDetails(ActDetails):
    """Nothing besides who took the Therapist's seat."""

    kind: ClassVar[ActKind] = ActKind.TAKE_SEAT


@dataclass(frozen=True, slots=True)
class ReleaseSeatDetails(ActDetails):
    """The name of the person who sat in the Therapist's seat."""

    kind: ClassVar[ActKind] = ActKind.RELEASE_SEAT
    therapist: str = ""


@dataclass(frozen=True, slots=True)
class TherapistSpeaksDetails(ActDetails):
    """The ids of the messages that were the Therapist's part of a round."""

    kind: ClassVar[ActKind] = ActKind.THERAPIST_SPEAKS
    message_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TherapistReadyDetails(ActDetails):
    """Nothing besides the turn that the person in the seat let go out."""

    kind: ClassVar[ActKind] = ActKind.THERAPIST_READY


@dataclass(frozen=True, slots=True)
class ApproveDetails(ActDetails):
    """Nothing besides the turn that is through the gate."""

    kind: ClassVar[ActKind] = ActKind.APPROVE


@dataclass(frozen=True, slots=True)
class EditDetails(ActDetails):
    """The reply that waited at the gate, and the text in its place."""

    kind: ClassVar[ActKind] = ActKind.EDIT
    before: str | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class AnotherRoundDetails(ActDetails):
    """The words with which a reply was sent back into therapy."""

    kind: ClassVar[ActKind] = ActKind.ANOTHER_ROUND
    words: str = ""


@dataclass(frozen=True, slots=True)
class WithholdDetails(ActDetails):
    """Nothing besides the turn that is withheld."""

    kind: ClassVar[ActKind] = ActKind.WITHHOLD


@dataclass(frozen=True, slots=True)
class DeleteReplyDetails(ActDetails):
    """The ids of the messages of a reply that was deleted."""

    kind: ClassVar[ActKind] = ActKind.DELETE_REPLY
    message_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RateDetails(ActDetails):
    """The kind of a rating, and the scores of a rescore (scale to 0-100)."""

    kind: ClassVar[ActKind] = ActKind.RATE
    rating: str = ""
    values: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class SimulateDetails(ActDetails):
    """The personas of a simulation, and its turns."""

    kind: ClassVar[ActKind] = ActKind.SIMULATE
    persona: str = ""
    chatbot: str = ""
    turns: int = 0


@dataclass(frozen=True, slots=True)
class WithThemDetails(ActDetails):
    """The id of the crisis in which a moderator is with the person."""

    kind: ClassVar[ActKind] = ActKind.WITH_THEM
    crisis: int = 0


@dataclass(frozen=True, slots=True)
class FalseAlarmDetails(ActDetails):
    """The id of the crisis that is none, as a moderator sees it."""

    kind: ClassVar[ActKind] = ActKind.FALSE_ALARM
    crisis: int = 0


_TYPES: Final[Mapping[str, type[ActDetails]]] = {
    details.kind: details
    for details in (
        SetupDetails,
        SettingsDetails,
        PauseDetails,
        PauseServerDetails,
        ExtendPauseDetails,
        ResumeDetails,
        ResumeServerDetails,
        QueryDetails,
        ReflectDetails,
        GuideDetails,
        WithdrawGuidanceDetails,
        TakeSeatDetails,
        ReleaseSeatDetails,
        TherapistSpeaksDetails,
        TherapistReadyDetails,
        ApproveDetails,
        EditDetails,
        AnotherRoundDetails,
        WithholdDetails,
        DeleteReplyDetails,
        RateDetails,
        SimulateDetails,
        WithThemDetails,
        FalseAlarmDetails,
        *SESSION_ACTS,
        *MODERATION_ACTS,
    )
}


def read_details(kind: str, stored: Mapping[str, object]) -> ActDetails | UnknownDetails:
    """Return the details of an act of that kind from the record."""
    details = _TYPES.get(kind)
    return UnknownDetails(stored) if details is None else details.from_stored(stored)
