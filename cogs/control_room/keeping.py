"""What a shorter time of keeping would delete, said before anything is set.

The words go at the next daily look, and nothing brings them back: so an admin sees how many.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import discord

from bot.domain import Room
from bot.rooms.control.settings_editor import apply_changes
from bot.storage.stores.retention import OldWords
from bot.text.moderator_texts import say
from cogs.shared.access import Asked, ForWhom, as_moderator
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.counts import days as in_days
from cogs.shared.counts import people, replies
from cogs.shared.lookups import room_of_admin


class KeepingButton(
    PersistentControl,
    template=rf"keeping:(?P<what>delete|leave):(?P<room>{NUMBER}):(?P<days>\d{{1,4}})",
):
    """One of the answers to the question whether words are to be deleted."""

    for_whom = ForWhom.ADMINS

    async def used(self, interaction: Asked) -> None:
        """Set the time of keeping, or leave it as it is."""
        room = await room_of_admin(interaction, int(self.ids["room"]))
        await interaction.response.defer(ephemeral=True)
        said = say("Nothing was changed: words are kept as before.")
        if self.ids["what"] == "delete":
            days = int(self.ids["days"])
            editor, by = interaction.client.control.settings, as_moderator(interaction)
            await editor.change(room.id, by, retention_days=days)
            said = say(
                "Words of <#{room}> older than {days} are deleted within a day.",
                room=room.id,
                days=in_days(days),
            )
        await interaction.edit_original_response(content=said, view=None)


async def ask_before_deleting(interaction: Asked, room: Room, changes: dict[str, object]) -> bool:
    """Ask about a shorter time of keeping where it deletes words, and take it out of ``changes``.

    Return whether that was asked. Raises WrongSetting.
    """
    days = apply_changes(room.settings, changes).retention_days
    now = room.settings.retention_days
    if days is None or (now is not None and days >= now):
        return False
    before = datetime.now(UTC) - timedelta(days=days)
    old = await interaction.client.stores.retention.count(room.id, before)
    if not old.turns:
        return False
    del changes["retention_days"]
    await interaction.followup.send(
        render_question(room.id, days, old), view=view(keeping_buttons(room, days)), ephemeral=True
    )
    return True


def render_question(room_id: int, days: int, old: OldWords) -> str:
    """Return what a time of keeping would delete, with numbers."""
    of_people = people(old.people)
    if old.and_more:
        of_people = say("{people} or more", people=of_people)
    return say(
        "🗄️ **This deletes the words of {replies} of {people}** in <#{room}>: what "
        "was said, drafts, sessions and replies that are older than {days}. Scores and "
        "other figures stay. The words go within a day, then day by day, and this "
        "cannot be undone. It is not set yet.",
        replies=replies(old.turns),
        people=of_people,
        room=room_id,
        days=in_days(days),
    )


def keeping_buttons(room: Room, days: int) -> list[discord.ui.Button[Any]]:
    """Return the answers to `render_question`."""
    danger = discord.ButtonStyle.danger
    delete = say("Delete what is older than {days}", days=in_days(days))
    return [
        button(f"keeping:delete:{room.id}:{days}", delete, style=danger, emoji="🗑️"),
        button(f"keeping:leave:{room.id}:{days}", say("Change nothing")),
    ]
