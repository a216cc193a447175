"""What was typed into a form that was wrong, kept for a while so that it can be corrected.

In memory alone: after a restart, or a few hundred forms later, the form is filled in anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import discord

from bot.client.bot import FourRoomsBot
from bot.errors import FourRoomsError
from bot.text.moderator_texts import say
from cogs.shared.access import Asked, ForWhom
from cogs.shared.components import NUMBER, PersistentControl, button, view
from cogs.shared.lookups import NotHere

MOST_FORMS: Final = 200
"""Forms that are kept, over all servers."""
Fields = Sequence[discord.ui.Label[Any]]


class NotKept(FourRoomsError):
    """A form of which nothing is kept any more."""

    public = "What you typed is no longer kept. Please open the form again."


@dataclass(slots=True)
class OpenedForm:
    """A form as it was opened for a person, and what they typed if it was wrong."""

    user_id: int
    custom_id: str
    title: str
    fields: Fields
    number: int
    note: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


class FormDrafts:
    """The latest forms, each by its number, and by who has it open."""

    def __init__(self, _: FourRoomsBot) -> None:
        self._forms: OrderedDict[int, OpenedForm] = OrderedDict()
        self._latest = 0

    def open(
        self, user_id: int, custom_id: str, title: str, fields: Fields, note: str = ""
    ) -> None:
        """Keep a form that is opened for a person, in place of the same of before."""
        self.close(user_id, custom_id)
        self._latest += 1
        form = OpenedForm(user_id, custom_id, title, fields, self._latest, note)
        self._forms[form.number] = form
        while len(self._forms) > MOST_FORMS:
            self._forms.popitem(last=False)

    def close(self, user_id: int, custom_id: str) -> None:
        """Keep the form no longer: it was taken as it is."""
        form = self._find(user_id, custom_id)
        if form is not None:
            del self._forms[form.number]

    def keep(self, user_id: int, custom_id: str, typed: Mapping[str, str]) -> OpenedForm | None:
        """Keep what a person typed; None if their form is not known any more."""
        form = self._find(user_id, custom_id)
        if form is not None:
            form.typed = dict(typed)
        return form

    def of(self, user_id: int, number: int) -> OpenedForm:
        """Return a person's own form of that number. Raises NotKept."""
        form = self._forms.get(number)
        if form is None or form.user_id != user_id:
            raise NotKept
        return form

    def _find(self, user_id: int, custom_id: str) -> OpenedForm | None:
        of_person = (form for form in self._forms.values() if form.user_id == user_id)
        return next((form for form in of_person if form.custom_id == custom_id), None)


class CorrectButton(PersistentControl, template=rf"correct:(?P<form>{NUMBER})"):
    """The button below what was wrong with a form: opens it with what was typed."""

    for_whom = ForWhom.EVERYBODY

    async def used(self, interaction: Asked) -> None:
        """Open it; whoever may not send it is refused when they do."""
        if interaction.guild_id is None:
            raise NotHere("forms are opened in servers")
        drafts = interaction.client.service(FormDrafts)
        form = drafts.of(interaction.user.id, int(self.ids["form"]))
        fill(form.fields, form.typed)
        await send_form(interaction, form.custom_id, form.title, form.fields, form.note)


async def send_form(
    interaction: Asked, custom_id: str, title: str, fields: Fields, note: str = ""
) -> None:
    """Open a form, with a note on top; it has to be the first answer to the interaction."""
    form = discord.ui.Modal(title=title[:45], custom_id=custom_id)
    if note:
        form.add_item(discord.ui.TextDisplay(note))
    for one in fields:
        form.add_item(one)
    form.stop()
    await interaction.response.send_modal(form)


def correct_view(form: OpenedForm) -> discord.ui.View:
    """Return the button that opens the form again."""
    return view([button(f"correct:{form.number}", say("Correct it"), emoji="✏️")])


def fill(fields: Fields, typed: Mapping[str, str]) -> None:
    """Put what was typed or chosen into the fields."""
    for one in fields:
        item = one.component
        given = typed.get(str(getattr(item, "custom_id", "")), "")
        if isinstance(item, discord.ui.TextInput):
            item.default = given or None
        elif isinstance(item, discord.ui.Select):
            for option in item.options:
                option.default = option.value in given.split(",")
        elif isinstance(item, discord.ui.RoleSelect | discord.ui.UserSelect):
            kind: Any = discord.Role if isinstance(item, discord.ui.RoleSelect) else discord.User
            ids = (int(part) for part in given.split(",") if part.isdecimal())
            item.default_values = [discord.Object(one, type=kind) for one in ids]
