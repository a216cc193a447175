"""Routes that send, read and change messages."""

from __future__ import annotations

from typing import Any

from simcord.backend import errors
from simcord.backend.access import channel_accessible
from simcord.backend.models import Message
from simcord.enums import ChannelType
from simcord.http._helpers import bot_message, message_edit_changes

from bot.sandbox.server import api_errors
from bot.sandbox.server.routes.table import Call, Routes

routes = Routes()

_NONCE_LENGTH = 25


@routes.on("POST", "/channels/{channel_id}/messages")
def send(call: Call) -> Any:
    """Post a message, once for each enforced nonce."""
    channel = call.sandbox.get_channel(call.int_arg("channel_id"))
    if channel.type != ChannelType.DM:
        call.channel("send_messages_in_threads" if channel.is_thread else "send_messages")
    nonce = _nonce(call.body().get("nonce"))
    if nonce is not None and call.body().get("enforce_nonce"):
        before = call.sandbox.sent_before(call.bot_id, nonce)
        if before is not None:
            return call.render_message(before, nonce=nonce)
    if call.files:
        call.channel("attach_files")
    with call.sandbox.with_nonce(nonce):
        message = bot_message(call, channel.id)
    if nonce is not None:
        call.sandbox.note_nonce(message, nonce)
    return call.render_message(message, nonce=nonce)


def _nonce(value: Any) -> str | int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if not isinstance(value, str) or len(value) > _NONCE_LENGTH:
        raise api_errors.form_error(
            "nonce", "NONCE_TYPE_TOO_LONG", f"Nonce must be {_NONCE_LENGTH} characters or fewer."
        )
    return value


@routes.on("GET", "/channels/{channel_id}/messages")
def history(call: Call) -> Any:
    """Return the latest messages, or those before, after or around one; newest first."""
    channel = call.channel()
    if not channel_accessible(call.sandbox, channel.id, call.bot_id, history=True):
        return []
    limit = _limit(call.params.get("limit", "50"))
    messages = call.sandbox.messages[channel.id].values()
    visible = sorted((m for m in messages if not m.is_ephemeral), key=lambda m: m.id)
    return [call.render_message(message) for message in reversed(_page(visible, call, limit))]


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise api_errors.form_error(
            "limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100."
        )
    return int(text)


def _page(messages: list[Message], call: Call, limit: int) -> list[Message]:
    """Return the part of the messages, oldest first, that was asked for."""
    if "around" in call.params:
        pivot = int(call.params["around"])
        older = [m for m in messages if m.id < pivot][-(limit // 2) :] if limit > 1 else []
        newer = [m for m in messages if m.id >= pivot]
        return older + newer[: limit - len(older)]
    if "after" in call.params:
        return [m for m in messages if m.id > int(call.params["after"])][:limit]
    if "before" in call.params:
        messages = [m for m in messages if m.id < int(call.params["before"])]
    return messages[-limit:]


@routes.on("GET", "/channels/{channel_id}/messages/{message_id}")
def read(call: Call) -> Any:
    """Return one message."""
    message = call.require_message(
        call.int_arg("channel_id"), call.int_arg("message_id"), "read_message_history"
    )
    return call.render_message(message)


@routes.on("PATCH", "/channels/{channel_id}/messages/{message_id}")
def edit(call: Call) -> Any:
    """Change a message of one's own."""
    message = call.require_message(call.int_arg("channel_id"), call.int_arg("message_id"))
    if message.author_id != call.bot_id:
        raise errors.cannot_edit_other_user()
    changes = message_edit_changes(call, message)
    return call.render_message(call.sandbox.edit_message(message.channel_id, message.id, changes))
