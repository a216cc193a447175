from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.errors import DeliveryError, DeliveryForbidden, DeliveryRefused, DeliveryUncertain
from cogs.shared.delivery import as_delivery_errors

KEY = cast("ConnectionKey", SimpleNamespace(host="discord.com", port=443, ssl=True))


def said(status: int, code: int = 0, text: str = "why") -> discord.HTTPException:
    kinds: dict[int, type[discord.HTTPException]] = {403: discord.Forbidden, 404: discord.NotFound}
    kind = discord.DiscordServerError if status >= 500 else kinds.get(status, discord.HTTPException)
    response: Any = SimpleNamespace(status=status, reason="reason")
    return kind(response, {"code": code, "message": text})


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (said(403, 50013, "Missing Permissions"), DeliveryForbidden),
        (said(404, 10003, "Unknown Channel"), DeliveryRefused),
        (said(400, 50035, "Invalid Form Body"), DeliveryRefused),
        (said(401), DeliveryError),
        (said(429), DeliveryError),
        (discord.RateLimited(42.0), DeliveryError),
        (said(500), DeliveryUncertain),
        (said(503), DeliveryUncertain),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), DeliveryError),
        (aiohttp.ServerDisconnectedError(), DeliveryUncertain),
        (ConnectionResetError(104, "reset"), DeliveryUncertain),
        (TimeoutError(), DeliveryUncertain),
    ],
)
def test_each_failure_says_whether_to_try_again(
    error: Exception, outcome: type[DeliveryError]
) -> None:
    with pytest.raises(DeliveryError) as caught, as_delivery_errors("reply"):
        raise error
    assert type(caught.value) is outcome
    assert caught.value.detail.startswith("reply: ")
    assert caught.value.__cause__ is error


def test_the_detail_names_discords_code_and_words() -> None:
    with pytest.raises(DeliveryRefused) as caught, as_delivery_errors("card"):
        raise said(403, 50013, "Missing Permissions")
    assert caught.value.detail == "card: Discord said 403 (50013): Missing Permissions"


def test_a_fault_of_ours_stays_what_it_is() -> None:
    with pytest.raises(KeyError), as_delivery_errors("reply"):
        raise KeyError("x")
