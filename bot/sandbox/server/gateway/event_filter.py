"""The part of an event that a session gets: by intents, by shard, by what the bot may see."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import discord
from simcord import intents as rules
from simcord.backend import permissions
from simcord.backend.access import channel_accessible
from simcord.enums import AppCommandType, ChannelType, InteractionType

from bot.sandbox.server.backend import SandboxBackend


def filter_event(
    sandbox: SandboxBackend, intents: discord.Intents, event: str, payload: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the payload as a session with these intents gets it, None where it gets nothing."""
    if not _subscribed(sandbox, intents, event, payload) or not _visible(sandbox, event, payload):
        return None
    if event == "THREAD_MEMBERS_UPDATE":
        return _memberships(sandbox, intents, payload)
    if event == "GUILD_CREATE":
        mutable = dict(payload)
        rules.prune_guild_create(mutable, intents, sandbox.bot_user.id)
        return mutable
    if not intents.message_content and event.startswith(("MESSAGE_", "INTERACTION_")):
        return _censored(sandbox, event, payload)
    return payload


def is_on_shard(payload: Mapping[str, Any], event: str, shard: tuple[int, int]) -> bool:
    """Return whether an event belongs to a shard; what is of no guild goes to the first."""
    number, count = shard
    guild_id = payload.get("guild_id")
    if guild_id is None and event in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"):
        guild_id = payload.get("id")
    return number == 0 if guild_id is None else (int(guild_id) >> 22) % count == number


def _subscribed(
    sandbox: SandboxBackend, intents: discord.Intents, event: str, payload: Mapping[str, Any]
) -> bool:
    needed = rules.required_intent(event, payload)
    if needed is None or getattr(intents, needed):
        return True
    # News of the bot's own membership needs no intent.
    user = payload.get("user") or {}
    own = str(user.get("id")) == str(sandbox.bot_user.id)
    return event == "GUILD_MEMBER_UPDATE" and own and intents.guilds


def _visible(sandbox: SandboxBackend, event: str, payload: Mapping[str, Any]) -> bool:
    bot_id = sandbox.bot_user.id
    if event == "THREAD_MEMBERS_UPDATE":
        return True  # decided with its contents: being put out of a thread is still told
    if event.startswith("THREAD_"):
        thread_id = int(payload["id"])
        if thread_id in sandbox.could_see:
            return bot_id in sandbox.could_see[thread_id]
        return channel_accessible(sandbox, thread_id, bot_id)
    if event == "GUILD_AUDIT_LOG_ENTRY_CREATE":
        held = sandbox.compute_permissions(int(payload["guild_id"]), bot_id)
        return bool(held & permissions.flag("view_audit_log"))
    if event.startswith(("MESSAGE_", "TYPING_", "CHANNEL_PINS_")):
        return channel_accessible(sandbox, int(payload["channel_id"]), bot_id)
    return True


def _memberships(
    sandbox: SandboxBackend, intents: discord.Intents, payload: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return who came and went in a thread; without the members intent only the bot itself."""
    bot_id = str(sandbox.bot_user.id)
    own = bot_id in payload.get("removed_member_ids", ()) or any(
        member["user_id"] == bot_id for member in payload.get("added_members", ())
    )
    if own:
        return payload
    thread = sandbox.channels.get(int(payload["id"]))
    public = thread is not None and thread.type != ChannelType.PRIVATE_THREAD
    seen = public or channel_accessible(sandbox, int(payload["id"]), int(bot_id))
    return payload if intents.members and seen else None


def _censored(sandbox: SandboxBackend, event: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take out message content that the intent would let the bot read."""
    bot_id = sandbox.bot_user.id
    mutable: dict[str, Any] = copy.deepcopy(dict(payload))
    if event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        rules.censor_message(mutable, bot_id, backend=sandbox)
    elif event == "INTERACTION_CREATE":
        data = mutable.get("data") or {}
        source = mutable.get("message")
        on_message = (InteractionType.MESSAGE_COMPONENT, InteractionType.MODAL_SUBMIT)
        if mutable["type"] in on_message and isinstance(source, dict):
            rules.censor_message(source, bot_id, backend=sandbox, exempt_root=True)
        for message_id, message in ((data.get("resolved") or {}).get("messages") or {}).items():
            chosen = (
                data.get("type") == AppCommandType.MESSAGE
                and str(data.get("target_id")) == message_id
            )
            rules.censor_message(message, bot_id, backend=sandbox, exempt_root=chosen)
    return mutable
