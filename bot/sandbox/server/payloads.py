"""Simcord's payloads, brought to what Discord sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simcord.backend import Backend, serializers
from simcord.backend.access import channel_accessible
from simcord.backend.models import Channel, Message
from simcord.enums import MessageType


def build_message_payload(
    backend: Backend,
    message: Message,
    *,
    for_user: int | None = None,
    nonce: str | int | None = None,
) -> dict[str, Any]:
    """Return a message as REST answers it.

    The message that it replies to is given one level deep, and as null where it is deleted.
    """
    # Simcord follows replies to replies to no end; without a reference it does not.
    payload = dict(
        serializers.message_payload(backend, replace(message, reference=None), for_user=for_user)
    )
    payload["nonce"] = nonce
    reference = message.reference
    if reference is None:
        return payload
    payload["message_reference"] = {
        key: value for key, value in reference.items() if key != "fail_if_not_exists"
    }
    if message.type in (MessageType.REPLY, MessageType.THREAD_STARTER_MESSAGE):
        place = int(reference.get("channel_id", message.channel_id))
        target = backend.messages.get(place, {}).get(int(reference["message_id"]))
        payload["referenced_message"] = None if target is None else _alone(backend, target)
    return payload


def _alone(backend: Backend, message: Message) -> dict[str, Any]:
    payload = dict(serializers.message_payload(backend, replace(message, reference=None)))
    if message.reference is not None:
        payload["message_reference"] = dict(message.reference)
    return payload


def build_gateway_message(
    backend: Backend, message: Message, *, nonce: str | int | None = None
) -> dict[str, Any]:
    """Return a message as the gateway tells it: with the membership of author and mentioned."""
    payload = build_message_payload(backend, message, nonce=nonce)
    guild = backend.guilds.get(backend.channels[message.channel_id].guild_id or 0)
    if guild is None:
        return payload

    def membership(user_id: int) -> dict[str, Any] | None:
        member = guild.members.get(user_id)
        if member is None:
            return None
        return dict(serializers.member_payload(backend, guild, member, with_user=False))

    if message.webhook_id is None and (author := membership(message.author_id)) is not None:
        payload["member"] = author
    payload["mentions"] = [
        {**user, "member": member} if (member := membership(int(user["id"]))) is not None else user
        for user in payload["mentions"]
    ]
    return payload


def correct_payload(backend: Backend, event: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an event's payload in Discord's words, where simcord's differ."""
    if event == "TYPING_START":
        return _typing(backend, payload)
    if event == "THREAD_MEMBERS_UPDATE":
        return _thread_members(payload)
    if event == "GUILD_CREATE":
        return build_guild_payload(backend, int(payload["id"]))
    if event == "MESSAGE_UPDATE":
        message = backend.messages.get(int(payload["channel_id"]), {}).get(int(payload["id"]))
        return payload if message is None else build_gateway_message(backend, message)
    return payload


def build_guild_payload(
    backend: Backend, guild_id: int, *, available: bool | None = None
) -> dict[str, Any]:
    """Return a guild as GUILD_CREATE tells it: threads only where active and visible to the bot.

    ``available`` True is for a guild that was there at connect. Without it (a guild just joined)
    the field is absent, which is how a library tells a join from a guild that came back.
    """
    guild = backend.get_guild(guild_id)
    payload = dict(serializers.guild_create_payload(backend, guild))
    payload["threads"] = serializers.thread_list_payload(
        backend, list_visible_threads(backend, guild_id, backend.bot_user.id)
    )["threads"]
    payload.pop("unavailable", None)
    if available is not None:
        payload["unavailable"] = not available
    return payload


def list_visible_threads(backend: Backend, guild_id: int, viewer_id: int) -> list[Channel]:
    """Return the active threads of a guild that somebody may see."""
    return [
        thread
        for thread in backend.active_threads(guild_id)
        if channel_accessible(backend, thread.id, viewer_id)
    ]


def _typing(backend: Backend, payload: Mapping[str, Any]) -> dict[str, Any]:
    corrected = {**payload, "timestamp": int(backend.clock.now().timestamp())}
    guild = backend.guilds.get(int(payload.get("guild_id") or 0))
    member = guild.members.get(int(payload["user_id"])) if guild is not None else None
    if guild is not None and member is not None:
        corrected["member"] = serializers.member_payload(backend, guild, member)
    return corrected


def _thread_members(payload: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("id", "guild_id", "member_count", "added_members", "removed_member_ids")
    return {key: payload[key] for key in keys if key in payload}
