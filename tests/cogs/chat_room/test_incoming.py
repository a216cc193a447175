from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import discord
import pytest

from cogs.chat_room.incoming import by_a_person, is_addressed

PERSON: dict[str, object] = {
    "guild": object(),
    "author": SimpleNamespace(bot=False),
    "webhook_id": None,
    "type": discord.MessageType.default,
}


def message(**parts: object) -> discord.Message:
    return cast("discord.Message", SimpleNamespace(**{**PERSON, **parts}))


@pytest.mark.parametrize("kind", [discord.MessageType.default, discord.MessageType.reply])
def test_a_member_is_heard(kind: discord.MessageType) -> None:
    assert by_a_person(message(type=kind))


@pytest.mark.parametrize(
    "other",
    [
        {"guild": None},
        {"author": SimpleNamespace(bot=True)},
        {"webhook_id": 5},
        {"type": discord.MessageType.new_member},
        {"type": discord.MessageType.thread_created},
        {"type": discord.MessageType.chat_input_command},
    ],
)
def test_nobody_else_is_heard(other: dict[str, object]) -> None:
    assert not by_a_person(message(**other))


def test_its_own_role_is_an_address() -> None:
    role = object()
    said = message(mentions=[], role_mentions=[role], guild=SimpleNamespace(self_role=role))
    assert is_addressed(said, cast("discord.ClientUser", SimpleNamespace(id=1)))
