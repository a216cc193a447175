"""Telling Discord of the commands, with their descriptions in the languages of moderators.

Names stay as they are: docs, handbooks and people's fingers know them by one name.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.storage.stores.key_value import KeyValueStore
from bot.text.moderator_texts import language_for
from bot.text.translations import translations

log = structlog.get_logger(__name__)

DOMAIN: Final = "commands"
TRANSLATED: Final = frozenset(
    {
        Location.command_description,
        Location.group_description,
        Location.parameter_description,
        Location.choice_name,
    }
)


class CommandTranslator(app_commands.Translator):
    """The translations of descriptions, from the catalogues' domain `commands`."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return a description or a choice in a locale; None where it stays as it is."""
        if context.location not in TRANSLATED:
            return None
        said = translations(language_for(locale.value), DOMAIN).gettext(string.message)
        return said if said != string.message else None


async def sync_commands(
    tree: app_commands.CommandTree[Any], marks: KeyValueStore, application_id: int | None
) -> None:
    """Tell Discord of the commands if their definition changed since the last time."""
    mark = f"commands of {application_id}"
    await tree.set_translator(CommandTranslator())
    digest = await definition_hash(tree)
    if await marks.get(mark) == digest:
        return
    try:
        synced = await tree.sync()
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        # The commands of the last time still work; the next start tries again.
        log.exception("commands not synced")
        return
    await marks.put(mark, digest)
    log.info("commands synced", count=len(synced))


async def definition_hash(tree: app_commands.CommandTree[Any]) -> str:
    """Return a hash of all that Discord is told of the commands, translations among it."""
    translator = tree.translator or CommandTranslator()
    definitions = [
        await command.get_translated_payload(tree, translator) for command in tree.get_commands()
    ]
    ordered = sorted(definitions, key=lambda definition: (definition["type"], definition["name"]))
    return hashlib.sha256(json.dumps(ordered, sort_keys=True).encode()).hexdigest()
