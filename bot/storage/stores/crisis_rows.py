"""The rows of crises, to and fro."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from bot.domain import Moderator, NewPost, PostKind, PostTo
from bot.domain.crisis import Crisis, CrisisSign, NewCrisis


def values_of_crisis(crisis: Crisis) -> dict[str, object]:
    """Return the columns of a crisis that is new."""
    sign = crisis.sign
    return {
        "room_id": crisis.room_id,
        "turn_id": crisis.turn_id,
        "channel_id": crisis.channel_id,
        "message_id": crisis.message_id,
        "author_id": crisis.author_id,
        "author_name": crisis.author_name,
        "kind": sign.kind,
        "cause": crisis.cause,
        "about_other": sign.about_other,
        "language": sign.language,
        "rule": sign.rule,
        "short": crisis.short,
        "created_at": crisis.created_at,
    }


def crisis_of_row(row: Row[Any]) -> Crisis:
    """Return the crisis that a row holds."""
    return Crisis(
        id=row.id,
        room_id=row.room_id,
        channel_id=row.channel_id,
        message_id=row.message_id,
        author_id=row.author_id,
        author_name=row.author_name,
        sign=CrisisSign(row.kind, row.about_other, row.language, row.rule),
        cause=row.cause,
        turn_id=row.turn_id,
        short=row.short,
        created_at=row.created_at,
        taken_by=_moderator(row.taken_by_id, row.taken_by_name),
        false_alarm_by=_moderator(row.false_alarm_by_id, row.false_alarm_by_name),
    )


def _moderator(by_id: int | None, name: str | None) -> Moderator | None:
    return None if by_id is None else Moderator(by_id, name or "")


def posts_of_crisis(
    new: NewCrisis, crisis_id: int, turn_id: int | None, text: str, *, with_card: bool
) -> list[NewPost]:
    """Return the posts of a crisis: the help, the call, and the card of the turn that it ends."""
    room_id = new.message.room_id
    posts: list[NewPost] = []
    if not new.is_private:
        posts.append(NewPost(room_id, PostTo.HELP, PostKind.HELP, turn_id, crisis_id, text))
    if new.call:
        quote = new.message.text
        posts.append(NewPost(room_id, PostTo.CALL, PostKind.CALL, turn_id, crisis_id, quote))
    if turn_id is not None and with_card:
        posts.append(NewPost(room_id, PostTo.MODERATORS, PostKind.CARD, turn_id))
    return posts
