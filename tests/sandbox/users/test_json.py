"""Views as JSON."""

from __future__ import annotations

import json

import pytest

from bot.sandbox import SandboxUser
from bot.sandbox.users.event_stream import MessageSeen
from bot.sandbox.users.json import to_json, to_plain


async def test_a_message_as_a_page_gets_it(ana: SandboxUser) -> None:
    said = await ana.say("#lobby", "hellö <b>", files=[("a.txt", b"x")])
    told = json.loads(to_json(MessageSeen(said)))
    assert told["kind"] == "MessageSeen"
    assert told["message"]["id"] == str(said.id)
    assert told["message"]["text"] == "hellö <b>"
    assert told["message"]["at"] == said.at.isoformat()
    assert told["message"]["files"][0]["size"] == 1


async def test_places_keep_their_own_kind(ana: SandboxUser) -> None:
    (place,) = to_plain(ana.places())
    assert (place["name"], place["kind"], place["may_post"]) == ("lobby", "channel", True)


def test_what_is_no_view_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_plain({"a": [b""]})
