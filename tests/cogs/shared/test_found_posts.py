"""Cards and posts of a thread whose answer was lost, once Discord has forgotten their nonce."""

from __future__ import annotations

import pytest

from bot.domain import NewPost, Post, PostKind, PostTo
from cogs.shared import delivery
from tests.cogs.conftest import Server


async def again(server: Server, kind: PostKind, to: PostTo) -> Post:
    """The post of the latest turn, as it is tried once more."""
    (turn,) = await server.bot.stores.turns.latest(server.lobby.id, 1)
    new = NewPost(server.lobby.id, to, kind, turn_id=turn.id)
    return Post(99, new, tries=1, created_at=turn.created_at)


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (PostKind.CARD, PostTo.MODERATORS),
        (PostKind.DRAFT, PostTo.THERAPY_ROOM),
        (PostKind.REPLY, PostTo.THERAPY_ROOM),
    ],
)
async def test_what_is_there_is_not_posted_again(room: Server, kind: PostKind, to: PostTo) -> None:
    await room.ana.send(room.lobby, "Hi")
    place = room.moderators if to is PostTo.MODERATORS else room.thread()
    before = [m.id for m in room.seen(place, room.max)]
    message_id = await room.bot.ports.deliver(await again(room, kind, to))
    assert [m.id for m in room.seen(place, room.max)] == before
    assert message_id in before


async def test_a_card_is_known_by_its_button_and_not_by_what_it_says(room: Server) -> None:
    await room.ana.send(room.lobby, "Hi")
    (turn,) = await room.bot.stores.turns.latest(room.lobby.id, 1)
    post = await again(room, PostKind.CARD, PostTo.MODERATORS)
    channel = room.bot.get_partial_messageable(room.moderators.id)

    async def found(turn_id: int) -> bool:
        control = f"rate:show:{turn_id}"
        message = await delivery.find_posted(channel, room.bot.user, post, turn, control=control)
        return message is not None

    assert await found(turn.id)
    assert not await found(turn.id + 1), "a reply #1 of another room, say"


def test_a_fresh_post_costs_no_look() -> None:
    assert delivery.NONCE_HOLDS.total_seconds() < 300
