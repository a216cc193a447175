"""The link that invites the bot, for the application whose token is set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.client.invite import read_invite_link
from bot.errors import FourRoomsError, SettingError
from bot.settings import Settings
from tests.stand_ins.discord_rest import (
    APPLICATION,
    EVERYTHING_NEEDED,
    TOKEN,
    DiscordStandIn,
    discord_stand_in,
)


@pytest.fixture
async def there() -> AsyncIterator[DiscordStandIn]:
    async with discord_stand_in() as running:
        yield running


def settings(url: str, token: str = TOKEN) -> Settings:
    return Settings(discord_token=token, discord_api_url=url)


async def test_the_link_names_the_application_and_what_setup_checks(there: DiscordStandIn) -> None:
    link = urlsplit(await read_invite_link(settings(there.url)))
    assert (link.hostname, link.path) == ("discord.com", "/oauth2/authorize")
    assert parse_qs(link.query) == {
        "client_id": [str(APPLICATION)],
        "scope": ["bot applications.commands"],
        "permissions": [str(EVERYTHING_NEEDED)],
    }


async def test_a_token_that_is_refused_is_a_wrong_setting_and_not_shown(
    there: DiscordStandIn,
) -> None:
    with pytest.raises(SettingError) as refused:
        await read_invite_link(settings(there.url, "another-secret"))
    assert "Reset Token" in refused.value.detail
    assert "another-secret" not in refused.value.detail


async def test_without_a_network_the_question_is_whether_there_is_one() -> None:
    with pytest.raises(FourRoomsError) as offline:
        await read_invite_link(settings("http://discord.invalid"))
    assert offline.value.detail == (
        "The name discord.invalid cannot be looked up. Is the machine online?"
    )


async def test_discord_that_fails_is_no_wrong_setting(there: DiscordStandIn) -> None:
    there.answers["/oauth2/applications/@me"] = 403
    with pytest.raises(FourRoomsError) as failed:
        await read_invite_link(settings(there.url))
    assert not isinstance(failed.value, SettingError)
    assert "answers 403" in failed.value.detail
