"""Forms (modals) without memory: what they are about stands in their id, as with buttons.

discord.py keeps each modal that it opens until it is sent, also those that people close, and
knows none after a restart. So forms are told to it as ended, and answered here by their id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.client.refusals import refuse
from bot.errors import WrongInput
from bot.text.moderator_texts import read_by
from cogs.shared.access import Asked
from cogs.shared.form_drafts import CorrectButton, FormDrafts, correct_view, send_form

MOST_FIELDS: Final = 5
MOST_TYPED: Final = 4000
"""Discord's bounds: fields of a form, characters of a field."""

ModalInput = Mapping[str, str]
"""What was typed or chosen, by field; several values with commas."""
FormHandler = Callable[[Asked, Sequence[str], ModalInput], Awaitable[None]]
"""Takes the interaction, the parts of the form's id after its name, and what was given."""


class FormHandlers(dict[str, FormHandler]):
    """The answers to forms, by the name with which the forms' ids begin."""

    def __init__(self, _: FourRoomsBot) -> None:
        super().__init__()


class ModalsCog(commands.Cog):
    """The cog that hands each form that is sent to whoever answers forms of that name."""

    def __init__(self, bot: FourRoomsBot, handlers: FormHandlers) -> None:
        self.bot = bot
        self.handlers = handlers

    async def cog_load(self) -> None:
        """Answer the button that opens a form again."""
        self.bot.add_dynamic_items(CorrectButton)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Asked) -> None:
        """Answer forms; commands, buttons and selects have their own ways."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        name, *ids = custom_id.split(":")
        handler = self.handlers.get(name)
        if handler is None:
            return
        drafts, user_id = interaction.client.service(FormDrafts), interaction.user.id
        inputs = dict(_inputs(data.get("components", ())))
        read_by(interaction.locale.value)
        try:
            await handler(interaction, ids, inputs)
        except WrongInput as error:
            form = drafts.keep(user_id, custom_id, inputs)
            await refuse(interaction, error, correct_view(form) if form else None)
        except Exception as error:  # noqa: BLE001 - the edge of a form: `refuse` logs it
            await refuse(interaction, error)
        else:
            drafts.close(user_id, custom_id)


def answer_forms(bot: FourRoomsBot, name: str, handler: FormHandler) -> None:
    """Have ``handler`` answer the forms whose id begins with ``name``."""
    bot.service(FormHandlers)[name] = handler


async def open_form(
    interaction: Asked,
    custom_id: str,
    title: str,
    fields: Iterable[discord.ui.Label[Any]],
    *,
    note: str = "",
) -> None:
    """Open a form, with a note on top; it has to be the first answer to the interaction."""
    shown = [*fields]
    drafts = interaction.client.service(FormDrafts)
    drafts.open(interaction.user.id, custom_id, title, shown, note)
    await send_form(interaction, custom_id, title, shown, note)


def text_field(
    name: str,
    label: str,
    *,
    hint: str = "",
    value: str = "",
    long: bool = False,
    required: bool = False,
    most: int = MOST_TYPED,
) -> discord.ui.Label[Any]:
    """Return a field to type into."""
    typed: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=name,
        style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
        default=value or None,
        required=required,
        max_length=most,
    )
    return discord.ui.Label(text=label[:45], description=hint[:100] or None, component=typed)


def choice_field(
    name: str,
    label: str,
    options: Mapping[str, str],
    *,
    hint: str = "",
    value: str = "",
    required: bool = True,
) -> discord.ui.Label[Any]:
    """Return a field to choose one of up to 25 from: value to label."""
    select: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=name,
        min_values=int(required),
        required=required,
        options=[
            discord.SelectOption(label=text[:100], value=choice, default=choice == value)
            for choice, text in list(options.items())[:25]
        ],
    )
    return discord.ui.Label(text=label[:45], description=hint[:100] or None, component=select)


def choices_field(
    name: str,
    label: str,
    options: Mapping[str, str],
    *,
    hint: str = "",
    values: Collection[str] = (),
) -> discord.ui.Label[Any]:
    """Return a field to choose any number of up to 25 from: value to label."""
    shown = list(options.items())[:25]
    select: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=name,
        min_values=0,
        max_values=len(shown),
        required=False,
        options=[
            discord.SelectOption(label=text[:100], value=choice, default=choice in values)
            for choice, text in shown
        ],
    )
    return discord.ui.Label(text=label[:45], description=hint[:100] or None, component=select)


def people_field(
    name: str, label: str, *, hint: str = "", user_ids: Sequence[int] = ()
) -> discord.ui.Label[Any]:
    """Return a field to choose up to 25 people of the server from, or none."""
    chosen = [discord.Object(user_id, type=discord.User) for user_id in user_ids[:25]]
    select: discord.ui.UserSelect[Any] = discord.ui.UserSelect(
        custom_id=name, min_values=0, max_values=25, required=False, default_values=chosen
    )
    return discord.ui.Label(text=label[:45], description=hint[:100] or None, component=select)


def role_field(
    name: str, label: str, *, hint: str = "", role_id: int | None = None
) -> discord.ui.Label[Any]:
    """Return a field to choose a role of the server from, or none."""
    chosen = [discord.Object(role_id, type=discord.Role)] if role_id else []
    select: discord.ui.RoleSelect[Any] = discord.ui.RoleSelect(
        custom_id=name, min_values=0, max_values=1, required=False, default_values=chosen
    )
    return discord.ui.Label(text=label[:45], description=hint[:100] or None, component=select)


def _inputs(components: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for component in components:
        if "component" in component:
            yield from _inputs([component["component"]])
        elif "components" in component:
            yield from _inputs(component["components"])
        elif "custom_id" in component:
            values = component.get("values") or [component.get("value") or ""]
            yield str(component["custom_id"]), ",".join(map(str, values))


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ModalsCog(bot, bot.service(FormHandlers)))
