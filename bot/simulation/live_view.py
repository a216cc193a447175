"""The rooms of a simulation, live on a terminal."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from bot.domain import Post, PostKind, PostTo, Speaker, Subject, Turn
from bot.domain.scores import in_order
from bot.reports.session_notes import notes_of
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.evaluation.evaluation_room import of_subject
from bot.storage.stores.stores import Stores

_COLOURS: Final = {
    Speaker.CHATBOT: "cyan",
    Speaker.THERAPIST: "magenta",
    Speaker.MODERATOR: "yellow",
}
_INDENT: Final = 4


class LiveView:
    """The terminal's view of each post as it is delivered. Its `deliver` goes to the server."""

    def __init__(self, stores: Stores, console: Console) -> None:
        self._stores = stores
        self._console = console

    async def deliver(self, post: Post) -> None:
        """Show a post of the Therapy Room or for moderators."""
        turn = await self._stores.turns.get(post.new.turn_id) if post.new.turn_id else None
        if turn is None:
            return
        if post.new.to is PostTo.THERAPY_ROOM:
            await self._therapy_room(post, turn)
        elif post.new.kind is PostKind.CARD:
            await self._card(turn)

    async def _therapy_room(self, post: Post, turn: Turn) -> None:
        if post.new.kind is PostKind.DRAFT:
            asked = (await self._stores.messages.conversation(turn)).asked
            self._console.print(Rule(f"room {turn.room_id}, turn {turn.id}", align="left"))
            for line in asked:
                self._line(line.speaker, line.text, "bold green")
            self._line("draft", turn.draft or "", "dim", _INDENT)
        elif post.new.kind is PostKind.UTTERANCE:
            session = await self._stores.turns.utterances(turn.id)
            for said in session:
                if said.number == post.new.ref:
                    name = f"{said.speaker.value.capitalize()}, round {said.round}"
                    self._line(name, said.text, _COLOURS[said.speaker], _INDENT)
                    for note in notes_of(said):
                        self._line(note.label, note.text, "dim", 2 * _INDENT)
        elif post.new.kind is PostKind.REPLY:
            self._line("Chatbot", turn.reply or "", "bold cyan")
        elif post.new.kind is PostKind.WITHHELD:
            self._line("Chatbot", APOLOGY, "bold red")
            self._line("withheld", turn.withheld_because or "", "red", _INDENT)

    async def _card(self, turn: Turn) -> None:
        evaluations = await self._stores.evaluations.of_turn(turn.id)
        before, after = (of_subject(evaluations, subject) for subject in Subject)
        if before is None:
            failure = await self._stores.evaluations.failure_of(turn.id)
            self._line("Critic", failure or "no scores", "red", _INDENT)
            return
        was, now = before.scores.shown, after.scores.shown if after else {}
        scores = ", ".join(
            f"{scale} {was[scale]}" + (f" → {now[scale]}" if scale in now else "")
            for scale in in_order(was)
        )
        self._line("Critic", f"room {turn.room_id}, turn {turn.id}: {scores}", "blue", _INDENT)

    def _line(self, who: str, text: str, style: str, indent: int = 0) -> None:
        words = Text.from_markup(f"[{style}]{escape(who)}[/{style}]  ")
        words.append(printable(text))
        self._console.print(Padding(words, (0, 0, 0, indent)))


def printable(text: str) -> str:
    """Return a model's words without what a terminal would obey."""
    return "".join(one for one in text if one.isprintable() or one in "\n\t")
