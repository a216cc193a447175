from __future__ import annotations

import discord
import pytest

from bot.domain.permissions import REQUIRED_PERMISSIONS, ChannelPurpose
from cogs.setup.permission_check import (
    CheckedChannel,
    SetupPlan,
    Taken,
    checked,
    missing,
    problems,
)

ALL = discord.Permissions.all()
FREE = Taken()


def channel(
    number: int,
    name: str,
    *,
    rights: discord.Permissions | None = ALL,
    kind: discord.ChannelType = discord.ChannelType.text,
    public: bool = False,
) -> CheckedChannel:
    return CheckedChannel(number, name, kind, rights, public)


LOBBY = channel(1, "lobby", public=True)
MODS = channel(2, "moderators")
ARCHIVE = channel(3, "therapy")


def without(flag: str) -> discord.Permissions:
    rights = discord.Permissions(ALL.value)
    rights.update(administrator=False, **{flag: False})
    return rights


def test_nothing_stands_in_the_way_of_a_sound_plan() -> None:
    assert problems(SetupPlan(LOBBY, MODS, LOBBY), FREE) == []
    assert problems(SetupPlan(LOBBY, MODS, ARCHIVE), FREE) == []
    assert problems(SetupPlan(LOBBY, MODS, MODS), FREE) == []


@pytest.mark.parametrize(
    ("seat", "flag", "label"),
    [
        (seat, right.flag, right.label)
        for seat, rights in REQUIRED_PERMISSIONS.items()
        for right in rights
    ],
)
def test_each_missing_permission_is_named_with_its_channel_and_the_fix(
    seat: ChannelPurpose, flag: str, label: str
) -> None:
    seats = {
        ChannelPurpose.CHAT_ROOM: LOBBY,
        ChannelPurpose.MODERATORS: MODS,
        ChannelPurpose.THERAPY: ARCHIVE,
    }
    weak = channel(9, "weak", rights=without(flag))
    seats[seat] = weak
    (problem,) = problems(SetupPlan(*seats.values()), FREE)
    assert f"**{label}**" in problem
    assert "<#9>" in problem
    assert "Edit #weak → Permissions" in problem
    assert f"allow {label}" in problem


def test_a_channel_that_is_not_there_for_the_bot_is_said_to_be_unseen() -> None:
    (problem,) = problems(SetupPlan(channel(7, "secret", rights=None), MODS, ARCHIVE), FREE)
    assert "I cannot see <#7>" in problem
    assert "View Channel" in problem
    assert "Send Messages" in problem


def test_a_channel_with_two_seats_is_told_of_once_with_all_it_lacks() -> None:
    mute = channel(1, "lobby", rights=discord.Permissions(view_channel=True))
    (problem,) = problems(SetupPlan(mute, MODS, mute), FREE)
    assert problem.count("**Read Message History**") == 1
    assert "Create Private Threads" in problem
    assert "Send Messages" in problem
    assert (
        next(right.flag for right in missing(SetupPlan(mute, MODS, mute))[1][1]) == "send_messages"
    )


@pytest.mark.parametrize(
    ("plan", "taken", "said"),
    [
        (SetupPlan(LOBBY, LOBBY, LOBBY), FREE, "cannot be both"),
        (
            SetupPlan(LOBBY, MODS, LOBBY),
            Taken(moderator_channels=frozenset({1})),
            "moderator channel of",
        ),
        (SetupPlan(LOBBY, MODS, LOBBY), Taken(chat_rooms=frozenset({2})), "is a Chat Room itself"),
        (SetupPlan(LOBBY, MODS, ARCHIVE), Taken(chat_rooms=frozenset({3})), "is another Chat Room"),
    ],
)
def test_no_channel_has_two_roles(plan: SetupPlan, taken: Taken, said: str) -> None:
    (problem,) = problems(plan, taken)
    assert said in problem


def test_rooms_may_share_a_moderator_channel() -> None:
    taken = Taken(chat_rooms=frozenset({5}), moderator_channels=frozenset({2}))
    assert problems(SetupPlan(LOBBY, MODS, LOBBY), taken) == []


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (discord.ChannelType.news, "announcement"),
        (discord.ChannelType.forum, "forum"),
        (discord.ChannelType.voice, "voice"),
        (discord.ChannelType.public_thread, "public thread"),
    ],
)
def test_only_text_channels_will_do(kind: discord.ChannelType, word: str) -> None:
    odd = channel(4, "odd", kind=kind)
    (problem,) = problems(SetupPlan(LOBBY, MODS, odd), FREE)
    assert word in problem
    assert "Private threads exist in text channels only" in problem


def test_scores_and_drafts_are_not_for_everybody() -> None:
    (problem,) = problems(SetupPlan(LOBBY, channel(2, "staff", public=True), LOBBY), FREE)
    assert "Everybody can see <#2>" in problem
    assert "make it a private channel" in problem


def test_the_list_ticks_what_is_there_and_crosses_what_is_not() -> None:
    chat, moderators, therapy = checked(SetupPlan(LOBBY, channel(2, "m", rights=None), ARCHIVE))
    assert "❌" not in chat
    assert "✅" not in moderators
    assert therapy.count("✅") == len(REQUIRED_PERMISSIONS[ChannelPurpose.THERAPY])
