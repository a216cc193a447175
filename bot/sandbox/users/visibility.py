"""The way from the store to what one person sees of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import discord
from simcord.backend import models
from simcord.backend.access import channel_accessible, message_accessible
from simcord.enums import ChannelType, ComponentType, MessageType

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.messages import LOADING
from bot.sandbox.server.threads import HAS_THREAD
from bot.sandbox.users.views import (
    Control,
    ControlKind,
    Embed,
    EmbedField,
    File,
    GuildMember,
    Message,
    Option,
    Place,
    PlaceKind,
    Reaction,
)

_PLACE_KINDS = {
    ChannelType.TEXT: PlaceKind.CHANNEL,
    ChannelType.NEWS: PlaceKind.CHANNEL,
    ChannelType.PRIVATE_THREAD: PlaceKind.PRIVATE_THREAD,
    ChannelType.PUBLIC_THREAD: PlaceKind.PUBLIC_THREAD,
}
_CONTROL_KINDS = {
    ComponentType.BUTTON: ControlKind.BUTTON,
    ComponentType.STRING_SELECT: ControlKind.SELECT,
    ComponentType.USER_SELECT: ControlKind.PEOPLE,
    ComponentType.ROLE_SELECT: ControlKind.ROLES,
    ComponentType.MENTIONABLE_SELECT: ControlKind.ANYONE,
    ComponentType.CHANNEL_SELECT: ControlKind.CHANNELS,
    ComponentType.TEXT_INPUT: ControlKind.TEXT,
    ComponentType.FILE_UPLOAD: ControlKind.FILES,
    ComponentType.RADIO_GROUP: ControlKind.RADIO,
    ComponentType.CHECKBOX_GROUP: ControlKind.CHECKS,
    ComponentType.CHECKBOX: ControlKind.CHECK,
}
_LINK = 5
_WRITTEN = (
    MessageType.DEFAULT,
    MessageType.REPLY,
    MessageType.CHAT_INPUT_COMMAND,
    MessageType.CONTEXT_MENU_COMMAND,
)


def list_places(sandbox: SandboxBackend, guild_id: int, viewer_id: int) -> tuple[Place, ...]:
    """Return the channels and threads that somebody may see, each thread after its channel."""
    guild = sandbox.get_guild(guild_id)
    places: list[Place] = []
    for channel_id in guild.channel_ids:
        threads = [i for i in guild.thread_ids if sandbox.channels[i].parent_id == channel_id]
        places.extend(
            view_place(sandbox, sandbox.channels[place_id], viewer_id)
            for place_id in (channel_id, *threads)
            if channel_accessible(sandbox, place_id, viewer_id)
        )
    return tuple(places)


def view_place(sandbox: SandboxBackend, channel: models.Channel, viewer_id: int) -> Place:
    """Return one place, and what somebody may do in it."""
    held = discord.Permissions(
        sandbox.compute_permissions(channel.guild_id or 0, viewer_id, channel.id)
    )
    meta = channel.thread_metadata
    locked = meta is not None and meta.locked
    posts = held.send_messages_in_threads if channel.is_thread else held.send_messages
    return Place(
        id=channel.id,
        name=channel.name or "",
        kind=_PLACE_KINDS.get(ChannelType(channel.type), PlaceKind.OTHER),
        parent_id=channel.parent_id if channel.is_thread else None,
        topic=channel.topic or "",
        archived=meta is not None and meta.archived,
        locked=locked,
        may_post=posts and (held.manage_threads or not locked),
        may_read_history=held.read_message_history,
        last_message_id=_latest(sandbox, channel.id, viewer_id),
    )


def _latest(sandbox: SandboxBackend, channel_id: int, viewer_id: int) -> int | None:
    there = sandbox.messages.get(channel_id, {})
    return next((i for i in reversed(there) if there[i].visible_to(viewer_id)), None)


def list_members(sandbox: SandboxBackend, guild_id: int) -> tuple[GuildMember, ...]:
    """Return everybody in the server, the highest roles first."""
    guild = sandbox.get_guild(guild_id)
    ranked: list[tuple[int, str, GuildMember]] = []
    for user_id, member in guild.members.items():
        roles = [guild.roles[i] for i in member.role_ids if i in guild.roles]
        top = max((r for r in roles if r.hoist), key=lambda r: r.position, default=None)
        name = find_display_name(sandbox, guild_id, user_id)
        view = GuildMember(user_id, name, sandbox.users[user_id].bot, top.name if top else "")
        ranked.append((-(top.position if top else 0), name, view))
    return tuple(view for _, _, view in sorted(ranked, key=lambda item: item[:2]))


def find_display_name(sandbox: SandboxBackend, guild_id: int | None, user_id: int) -> str:
    """Return the name that is shown for somebody."""
    guild = sandbox.guilds.get(guild_id or 0)
    member = guild.members.get(user_id) if guild is not None else None
    user = sandbox.users[user_id]
    return (member.nick if member is not None else None) or user.global_name or user.name


def can_see(sandbox: SandboxBackend, message: models.Message, viewer_id: int) -> bool:
    """Return whether somebody sees a message."""
    return message_accessible(sandbox, message.channel_id, message, viewer_id)


def view_message(sandbox: SandboxBackend, message: models.Message, viewer_id: int) -> Message:
    """Return a message as somebody sees it."""
    guild_id = sandbox.get_channel(message.channel_id).guild_id
    asked = message.interaction_metadata or {}
    asker = (asked.get("user") or {}).get("id")
    author = message.author_name or find_display_name(sandbox, guild_id, message.author_id)
    reference = message.reference or {}
    target = int(reference["message_id"]) if "message_id" in reference else None
    here = sandbox.messages.get(message.channel_id, {})
    return Message(
        id=message.id,
        place_id=message.channel_id,
        author_id=message.author_id,
        author=author,
        by_bot=sandbox.users[message.author_id].bot,
        text=message.content,
        at=datetime.fromisoformat(message.timestamp),
        edited=message.edited_timestamp is not None,
        kind=message.type,
        reply_to=target,
        reply_gone=message.type == MessageType.REPLY and target not in here,
        only_you=message.is_ephemeral,
        thinking=bool(message.flags & LOADING),
        command=str(asked.get("name") or ""),
        command_by=find_display_name(sandbox, guild_id, int(asker)) if asker else "",
        from_menu=message.type == MessageType.CONTEXT_MENU_COMMAND,
        mentions=tuple(message.ping_user_ids),
        files=tuple(_file(item) for item in message.attachments),
        embeds=tuple(_embed(item) for item in message.embeds),
        controls=tuple(view_controls(message.components)),
        reactions=tuple(
            Reaction(r.emoji, len(r.user_ids), viewer_id in r.user_ids)
            for r in message.reactions
            if r.user_ids
        ),
        thread_id=message.id if message.flags & HAS_THREAD else None,
        pinned=message.pinned,
        is_system=message.type not in _WRITTEN,
    )


def _file(item: Mapping[str, Any]) -> File:
    return File(
        id=int(item["id"]),
        name=item["filename"],
        url=item["url"],
        size=item["size"],
        content_type=item.get("content_type") or "",
        width=item.get("width"),
        height=item.get("height"),
    )


def _embed(item: Mapping[str, Any]) -> Embed:
    def part(name: str, key: str) -> str:
        return str((item.get(name) or {}).get(key) or "")

    return Embed(
        title=item.get("title") or "",
        description=item.get("description") or "",
        url=item.get("url") or "",
        colour=item.get("color"),
        fields=tuple(
            EmbedField(field["name"], field["value"], bool(field.get("inline")))
            for field in item.get("fields") or []
        ),
        author=part("author", "name"),
        footer=part("footer", "text"),
        image_url=part("image", "url"),
        thumbnail_url=part("thumbnail", "url"),
        timestamp=item.get("timestamp") or "",
    )


def view_controls(components: list[dict[str, Any]]) -> Iterator[Control]:
    """Return the controls among a message's or modal's components, with the row each is in."""
    for row, component in enumerate(components):
        yield from _controls(component, row, "", "")


def _controls(
    component: Mapping[str, Any], row: int, label: str, description: str
) -> Iterator[Control]:
    kind = component.get("type")
    if kind in _CONTROL_KINDS:
        yield _control(component, row, label, description)
    label = component.get("label") or "" if kind == ComponentType.LABEL else ""
    description = component.get("description") or "" if kind == ComponentType.LABEL else ""
    children = list(component.get("components") or [])
    children += [component[key] for key in ("accessory", "component") if component.get(key)]
    for child in children:
        yield from _controls(child, row, label, description)


def _control(component: Mapping[str, Any], row: int, label: str, description: str) -> Control:
    kind = _CONTROL_KINDS[component["type"]]
    text = kind is ControlKind.TEXT
    if kind is ControlKind.BUTTON and component.get("style") == _LINK:
        kind = ControlKind.LINK
    value = component.get("value") or component.get("default") or ""
    return Control(
        kind=kind,
        custom_id=component.get("custom_id") or "",
        label=component.get("label") or label,
        row=row,
        style=component.get("style") or 0,
        emoji=_emoji(component.get("emoji")),
        url=component.get("url") or "",
        disabled=bool(component.get("disabled")),
        placeholder=component.get("placeholder") or "",
        description=description,
        value=value if isinstance(value, str) else "",
        options=tuple(_option(item) for item in component.get("options") or []),
        least=_bound(component, "min_length", 0) if text else _bound(component, "min_values", 1),
        most=_bound(component, "max_length", 4000) if text else _bound(component, "max_values", 1),
        required=bool(component.get("required", True)),
    )


def _bound(component: Mapping[str, Any], key: str, default: int) -> int:
    value = component.get(key)
    return default if value is None else int(value)


def _option(item: Mapping[str, Any]) -> Option:
    return Option(
        item["label"],
        item["value"],
        item.get("description") or "",
        _emoji(item.get("emoji")),
        bool(item.get("default")),
    )


def _emoji(item: Mapping[str, Any] | None) -> str:
    return str(item.get("name") or "") if item else ""
