"""The review queue as moderators see it: a list, and one reply at a time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.domain import Room, Turn, TurnState
from bot.domain.reviews import Review, ReviewList, reasons_to_review
from bot.domain.search import FoundPage, FoundTurn
from bot.rooms.evaluation.kept_words import explain_gone, has_words, is_kept
from bot.text.moderator_texts import Later, say, say_reason
from cogs.evaluation_room.find_view import COLOUR, number_link, render_line
from cogs.evaluation_room.rating_view import has_scores
from cogs.evaluation_room.session import session_button
from cogs.shared.components import button
from cogs.shared.text import make_harmless, on_one_line, shortened, shown_name

MOST_SAID: Final = 400
MOST_TEXT: Final = 1000
MOST_DESCRIPTION: Final = 4096
NOTHING_LEFT: Final = Later("Nothing from the last 30 days is left to review.")
_TITLES: Final = {
    ReviewList.OPEN: Later("To review"),
    ReviewList.MINE: Later("Taken by you"),
    ReviewList.DONE: Later("Reviewed"),
}
_NAMES: Final = {
    ReviewList.OPEN: Later("Open"),
    ReviewList.MINE: Later("Mine"),
    ReviewList.DONE: Later("Done"),
}


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A turn to look at. ``hidden``: the person is to rate it before they see its scores."""

    room: Room
    found: FoundTurn
    review: Review
    me: int
    blind: bool = False
    hidden: bool = False
    held_at: str = ""
    """The address of the post where it is decided on, for a reply that is held."""


def render_list(
    room: Room, which: ReviewList, page: FoundPage, reviews: Mapping[int, Review], *, blind: bool
) -> discord.Embed:
    """Return a page of the queue, a line a reply."""
    lines = [f"<#{room.id}>"]
    for found in page.found:
        taken = reviews[found.turn.id].taken_by
        has_it = f" · {shown_name(taken.name)}" if taken else ""
        lines.append(render_line(room, found, scores=not blind) + has_it)
    if not page.found:
        lines.append(say("Nothing here."))
    text = shortened("\n".join(lines), MOST_DESCRIPTION)
    return discord.Embed(title=say(_TITLES[which]), description=text, colour=COLOUR)


def list_buttons(
    room: Room, which: ReviewList, page: FoundPage, *, blind: bool
) -> list[discord.ui.Button[Any]]:
    """Return a button a reply, and those for the other lists; `QueueButton` answers them."""
    buttons = [
        button(f"review:show:{one.turn.id}:{blind:d}", f"#{one.turn.number}", emoji="🔎")
        for one in page.found
    ]
    for other, name in _NAMES.items():
        buttons.append(
            button(f"queue:{other}:{room.id}:0:{blind:d}", say(name), disabled=other is which)
        )
    if page.older is not None:
        older = f"queue:{which}:{room.id}:{page.older}:{blind:d}"
        buttons.append(button(older, say("Older"), emoji="⬇️"))
    if which is not ReviewList.DONE and page.found:
        style = discord.ButtonStyle.primary
        buttons.append(
            button(f"queue:next:{room.id}:0:{blind:d}", say("Next"), style=style, emoji="▶️")
        )
    return buttons


def render_item(item: ReviewItem, flagged_from: int) -> discord.Embed:
    """Return a reply to look at: what was said, what was drafted and sent, why it is here."""
    turn = item.found.turn
    lines = [f"<#{item.room.id}> {number_link(item.room, turn)}"]
    lines.extend(
        f"**{shown_name(line.speaker)}**: {on_one_line(line.text, MOST_SAID)}"
        for line in item.found.asked[-3:]
        if is_kept(line)
    )
    gone = explain_gone(turn, item.found.asked)
    lines.extend([gone] if gone else _written(turn))
    if item.hidden:
        lines.append(say("-# The Critic's scores are hidden until you have scored it yourself."))
    elif reasons := reasons_to_review(item.found, flagged_from):
        lines.append(
            say("-# why it is here: {reasons}", reasons=", ".join(map(say_reason, reasons)))
        )
    lines.append(_state(item.review))
    return discord.Embed(
        title=say("Reply #{number}", number=turn.number),
        description=shortened("\n".join(lines), MOST_DESCRIPTION),
        colour=COLOUR,
        timestamp=turn.created_at,
    )


def _written(turn: Turn) -> list[str]:
    """Return what was drafted, and what was or would be sent."""
    lines = []
    if turn.draft and turn.draft != turn.reply:
        lines.append(say("**Before therapy**: {text}", text=_text(turn.draft)))
    if turn.state is TurnState.SENT:
        lines.append(say("**Sent**: {text}", text=_text(turn.reply or "")))
    elif turn.state is TurnState.GATED:
        lines.append(say("**It is held**, and waits for one of you to decide."))
        lines.append(say("**Would be sent**: {text}", text=_text(turn.reply or "")))
    else:
        lines.append(say("**Nothing was sent.**"))
        lines.extend(
            [say("**Would have been sent**: {text}", text=_text(turn.reply))] if turn.reply else []
        )
    return lines


def item_controls(item: ReviewItem) -> list[discord.ui.Item[Any]]:
    """Return what can be done with a reply to look at; `ReviewButton` and `HandOver` answer."""
    turn, review = item.found.turn, item.review
    controls: list[discord.ui.Item[Any]] = []
    if item.held_at:
        controls.append(discord.ui.Button(label=say("Decide"), emoji="🚦", url=item.held_at))
    if review.taken_by is None or review.taken_by.id != item.me:
        label = say("Take") if review.taken_by is None else say("Take over")
        controls.append(_button(item, "take", label, "✋"))
    if review.done_at is None:
        controls.append(_button(item, "done", say("Done"), "☑️"))
    controls.append(_button(item, "next", say("Next"), "▶️"))
    if turn.state is TurnState.SENT and has_words(turn):
        controls.append(_button(item, "score", say("Score it"), "✏️"))
    if not item.hidden:
        controls.extend(_with_scores(item, turn))
    controls.append(
        discord.ui.UserSelect(
            custom_id=f"hand:{turn.id}:{item.blind:d}", placeholder=say("Hand it to a colleague")
        )
    )
    return controls


def _with_scores(item: ReviewItem, turn: Turn) -> list[discord.ui.Item[Any]]:
    agree = [_button(item, "agree", say("Agree"), "👍")]
    return [*(agree if has_scores(turn) and has_words(turn) else []), session_button(turn)]


def _button(item: ReviewItem, what: str, label: str, emoji: str) -> discord.ui.Button[Any]:
    return button(f"review:{what}:{item.found.turn.id}:{item.blind:d}", label, emoji=emoji)


def _text(text: str) -> str:
    return shortened(make_harmless(text), MOST_TEXT)


def _state(review: Review) -> str:
    who = shown_name(review.taken_by.name) if review.taken_by else ""
    if review.done_at is not None:
        return say(
            "-# done by {who}, <t:{done_at}:R>", who=who, done_at=int(review.done_at.timestamp())
        )
    return say("-# {who} is looking at it", who=who) if who else say("-# nobody has taken it yet")
