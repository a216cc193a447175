"""Routes that make and change threads, and their members."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from simcord.backend import errors, serializers
from simcord.backend.models import Channel
from simcord.enums import ChannelType, MessageType

from bot.sandbox.server import api_errors
from bot.sandbox.server.payloads import list_visible_threads
from bot.sandbox.server.routes.table import Call, Routes
from bot.sandbox.server.threads import NewThread

routes = Routes()

ARCHIVE_AFTER: Final = (60, 1440, 4320, 10080)
"""Minutes of quiet after which a thread may be set to archive."""

SLOWEST: Final = 21_600
"""Longest slowmode, in seconds."""


@routes.on("POST", "/channels/{channel_id}/threads")
def open_thread(call: Call) -> Any:
    """Make a thread without a message: private unless asked otherwise."""
    channel = call.sandbox.get_channel(call.int_arg("channel_id"))
    if channel.type == ChannelType.FORUM:
        return call.pass_on()
    private = int(call.body().get("type", ChannelType.PRIVATE_THREAD)) == ChannelType.PRIVATE_THREAD
    call.channel("create_private_threads" if private else "create_public_threads")
    if channel.type not in (ChannelType.TEXT, ChannelType.NEWS) or (
        private and channel.type != ChannelType.TEXT
    ):
        raise errors.cannot_execute_on_channel_type()
    return _opened(call, channel, private=private)


@routes.on("POST", "/channels/{channel_id}/messages/{message_id}/threads")
def open_on_message(call: Call) -> Any:
    """Hang a public thread on a message."""
    channel = call.channel("create_public_threads")
    message = call.require_message(channel.id, call.int_arg("message_id"), "read_message_history")
    return _opened(call, channel, private=False, message_id=message.id)


def _opened(call: Call, channel: Channel, *, private: bool, message_id: int | None = None) -> Any:
    body = call.fields(
        "name", "auto_archive_duration", "invitable", "rate_limit_per_user", ignore=("type",)
    )
    new = NewThread(
        _name(body.get("name")),
        private,
        _minutes(body.get("auto_archive_duration") or 1440),
        bool(body.get("invitable", True)),
        _slowmode(body.get("rate_limit_per_user") or 0),
        message_id,
    )
    thread = call.sandbox.open_thread(channel.id, call.bot_id, new)
    call.status = HTTPStatus.CREATED
    return dict(serializers.thread_payload(call.sandbox, thread))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 100:
        raise api_errors.form_error(
            "name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."
        )
    return value


def _minutes(value: Any) -> int:
    if value not in ARCHIVE_AFTER:
        raise api_errors.form_error(
            "auto_archive_duration",
            "BASE_TYPE_CHOICES",
            "Value must be one of (60, 1440, 4320, 10080).",
        )
    return int(value)


def _slowmode(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= SLOWEST:
        raise api_errors.form_error(
            "rate_limit_per_user",
            "NUMBER_TYPE_MAX",
            f"int value should be between 0 and {SLOWEST}.",
        )
    return value


@routes.on("PATCH", "/channels/{channel_id}")
def change(call: Call) -> Any:
    """Change a thread; other channels are simcord's."""
    if not call.sandbox.get_channel(call.int_arg("channel_id")).is_thread:
        return call.pass_on()
    thread = call.channel()
    body = call.fields(
        "name",
        "archived",
        "locked",
        "invitable",
        "auto_archive_duration",
        "rate_limit_per_user",
        ignore=("applied_tags", "flags"),
    )
    _require_change(call, thread, body)
    _apply(call, thread, body)
    return dict(serializers.thread_payload(call.sandbox, thread))


def _require_change(call: Call, thread: Channel, body: dict[str, Any]) -> None:
    """Refuse what the bot may not change; see "Editing & Deleting" in Discord's page on threads."""
    meta = thread.thread_metadata
    manages = call.sandbox.manages_threads(thread, call.bot_id)
    reopening = body.get("archived") is False and meta is not None and not meta.locked
    if body.keys() & {"locked", "rate_limit_per_user"} and not manages:
        raise errors.missing_permissions()
    if not (manages or thread.owner_id == call.bot_id):
        if body.keys() - {"archived"} or not reopening:
            raise errors.missing_permissions()
        call.channel("send_messages_in_threads")
    if meta is not None and meta.locked and body.get("archived") is False and not manages:
        raise api_errors.thread_locked()
    stays = meta is not None and meta.archived and body.get("archived") is not False
    if stays and body.keys() - {"archived", "locked"}:
        raise api_errors.thread_archived()


def _apply(call: Call, thread: Channel, body: dict[str, Any]) -> None:
    meta = thread.thread_metadata
    assert meta is not None  # noqa: S101 - every thread has it
    renamed = "name" in body and body["name"] != thread.name
    changes: dict[str, Any] = {}
    if "name" in body:
        changes["name"] = _name(body["name"])
    if "rate_limit_per_user" in body:
        changes["rate_limit_per_user"] = _slowmode(body["rate_limit_per_user"] or 0)
    if "auto_archive_duration" in body:
        _minutes(body["auto_archive_duration"])
    metadata: dict[str, Any] = {
        key: body[key] for key in ("locked", "invitable", "auto_archive_duration") if key in body
    }
    if body.get("archived") is False:
        call.sandbox.set_archived(thread, False)
    if changes or metadata:
        call.sandbox.edit_channel(thread.id, changes, thread_metadata=metadata)
    if renamed:
        call.sandbox.create_system_message(
            thread.id, MessageType.CHANNEL_NAME_CHANGE, call.bot_id, target_channel_id=thread.id
        )
    if body.get("archived") is True:
        call.sandbox.set_archived(thread, True)


@routes.on("DELETE", "/channels/{channel_id}")
def remove(call: Call) -> Any:
    """Delete a thread; other channels are simcord's."""
    if not call.sandbox.get_channel(call.int_arg("channel_id")).is_thread:
        return call.pass_on()
    thread = call.channel("manage_threads")
    payload = dict(serializers.thread_payload(call.sandbox, thread))
    call.sandbox.delete_channel(thread.id)
    return payload


@routes.on("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def let_in(call: Call) -> Any:
    """Add somebody else to a thread, which the thread is told of."""
    thread = call.channel("send_messages_in_threads")
    call.sandbox.get_thread(thread.id)
    call.sandbox.require_open(thread.id)
    user_id = call.int_arg("user_id")
    call.sandbox.get_member(thread.guild_id or 0, user_id)
    if user_id not in thread.thread_members:
        call.sandbox.add_thread_member(thread.id, user_id)
        call.sandbox.create_system_message(
            thread.id, MessageType.RECIPIENT_ADD, call.bot_id, recipient_id=user_id
        )


@routes.on("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
def put_out(call: Call) -> Any:
    """Remove somebody else from a thread: its owner may, if it is private."""
    thread = call.channel()
    call.sandbox.require_open(thread.id)
    own = thread.owner_id == call.bot_id and thread.type == ChannelType.PRIVATE_THREAD
    if not own:
        call.channel("manage_threads")
    user_id = call.int_arg("user_id")
    if user_id in thread.thread_members:
        call.sandbox.remove_thread_member(thread.id, user_id)
        call.sandbox.create_system_message(
            thread.id, MessageType.RECIPIENT_REMOVE, call.bot_id, recipient_id=user_id
        )


@routes.on("PUT", "/channels/{channel_id}/thread-members/@me")
def join(call: Call) -> Any:
    """Join a thread."""
    thread = call.channel()
    call.sandbox.require_open(thread.id)
    call.sandbox.add_thread_member(thread.id, call.bot_id)


@routes.on("GET", "/guilds/{guild_id}/threads/active")
def active(call: Call) -> Any:
    """Return the active threads that the bot may see."""
    guild_id = call.int_arg("guild_id")
    call.sandbox.require_member(guild_id, call.bot_id)
    threads = list_visible_threads(call.sandbox, guild_id, call.bot_id)
    return serializers.thread_list_payload(call.sandbox, threads)
