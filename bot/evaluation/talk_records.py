"""The records of the Therapist on labelled drafts, and of whole conversations.

They stand beside the other records of a run (`bot.evaluation.run_records`). Each holds what its
table is made of, labels included, so that a file of records is enough to reckon it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from bot.domain import Value
from bot.domain.session import Try
from bot.evaluation.datasets.talk_sets import TextLabel
from bot.evaluation.spent import Spent

DRAFT: Final = "draft"
REPLY: Final = "reply"
Version = Literal["draft", "reply"]
"""The text before therapy, and what was sent; no judge gets to know which it is."""
Outcome = Literal["sent", "withheld", "helped", "failed"]
"""``helped``: a fixed text with help took the place of a reply. ``failed``: no turn came of it."""


class ReviewedDraft(Value):
    """The Therapist's reading of a labelled draft, beside the label."""

    kind: Literal["review"] = "review"
    id: str
    situation: str
    """What its intervals are drawn by: rows of one situation resemble each other."""
    draft_kind: str = ""
    language: str = ""
    split: str = ""
    way: str = ""
    label: TextLabel
    works_on: bool | None = None
    """Whether the Therapist would not let it go out as it is; None where it failed."""
    reading: float | None = None
    """How unfit it finds it; higher is worse."""
    named: tuple[str, ...] = ()
    """The findings that it names."""
    feels: str = ""
    needs: str = ""
    says: str = ""
    failure: str | None = None
    spent: Spent = Spent()

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.id)


class TalkReview(Value):
    """What the Therapist said of a turn's draft, in the first round."""

    works_on: bool
    reading: float
    named: tuple[str, ...] = ()
    feels: str = ""
    needs: str = ""
    says: str = ""


class TalkTurn(Value):
    """One turn of a room: what was said, and what came of it on its way through the engine."""

    kind: Literal["turn"] = "turn"
    room: str
    number: int
    """Counts the lines that are said in the room from 1."""
    room_kind: str = ""
    language: str = ""
    conversation: tuple[tuple[str, str], ...] = ()
    """Speaker and text of each line, the last one answered."""
    draft: str | None = None
    review: TalkReview | None = None
    rounds: int = 0
    reworked: bool = False
    """The Chatbot wrote it anew at least once."""
    tries: tuple[Try, ...] = ()
    """The texts of the last round that the reply was chosen from, with how they read."""
    reply: str | None = None
    """What was sent; None where nothing was, or a fixed text."""
    outcome: Outcome = "failed"
    why: str = ""
    """Why nothing was sent."""
    before: Mapping[str, int] | None = None
    """The Critic's scores of the draft, 0-100; None where there are none."""
    after: Mapping[str, int] | None = None
    """The Critic's scores of the reply."""
    spent: Spent = Spent()
    """Calls and tokens with the Critic's; the seconds from message to reply."""
    draft_label: TextLabel | None = None
    """A reader's judgement of the draft, where there is one."""
    reply_label: TextLabel | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.room, f"{self.number:04d}")

    @property
    def texts(self) -> dict[Version, str]:
        """Return the texts that judges read; a reply that is the draft is read once."""
        texts: dict[Version, str] = {}
        if self.draft:
            texts["draft"] = self.draft
        if self.reply and self.reply != self.draft:
            texts["reply"] = self.reply
        return texts


class JudgedTalkText(Value):
    """A judge's reading of one text of a turn, alone."""

    kind: Literal["reading"] = "reading"
    room: str
    number: int
    version: Version
    judge: str
    value: float | None = None
    """How far it serves the person, 0-100; None where unknown."""
    send: bool | None = None
    """Whether it is fit to be sent."""
    answers: Mapping[str, float] = {}
    """What the value is made of: each 0-1, by question."""
    reason: str = ""
    failure: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.room, f"{self.number:04d}", self.version, self.judge)


class ComparedTalkTexts(Value):
    """A judge's choice between draft and reply of a turn, not knowing which is which."""

    kind: Literal["pair"] = "pair"
    room: str
    number: int
    first: Version
    """The version that was shown first: each pair is asked in both orders."""
    judge: str
    better: Literal["draft", "reply", "same"] | None = None
    reason: str = ""
    failure: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Return what makes it the only one of its kind in a run."""
        return (self.kind, self.room, f"{self.number:04d}", self.first, self.judge)
