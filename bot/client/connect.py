"""The connection to Discord, from the start of the bot until it is asked to stop."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.utils import MISSING

from bot.app.app_metrics import serve_app_metrics
from bot.client.bot import FourRoomsBot
from bot.client.discord_rest import ONLINE
from bot.client.gateway_closes import NOT_ACCEPTED, error_for_close
from bot.client.gateway_watch import GatewayWatch
from bot.client.gc_tuning import freeze_gc
from bot.client.service_manager import NOBODY, STOPPING, ServiceManager
from bot.client.signals import stop_signals
from bot.errors import FourRoomsError, SettingError, exit_status
from bot.logs import describe_error
from bot.settings import Settings
from bot.storage.database.connections import parse_url
from bot.storage.database.process_lock import only_process

log = structlog.get_logger(__name__)

DISCORD: Final = Route.BASE
"""Discord's own address."""

SECONDS: Final = 15.0
"""The seconds that a stand-in may take to answer."""
FIRST_WAIT: Final = 5.0
"""Seconds before the second try to reach Discord; doubled at each further one."""
LONGEST_WAIT: Final = 300.0
LAST_SECONDS: Final = 0.5
"""What a connection gets to end by itself, and again when it is cancelled."""
EXIT_SECONDS: Final = 7.5
"""After which a stop that hangs, as on a database that is locked, is over all the same."""
DISCORD_AWAY: Final = (discord.DiscordException, aiohttp.ClientError, OSError)


async def run_bot(settings: Settings) -> None:
    """Run the bot until SIGINT or SIGTERM. Raises SettingError for what an operator can mend."""
    if settings.discord_token is None:
        raise SettingError(
            "DISCORD_TOKEN is not set. Copy the token from discord.com/developers/applications, "
            "your application, Bot, Reset Token."
        )
    token = settings.discord_token.get_secret_value()
    url = settings.database_url.get_secret_value()
    if parse_url(url).get_backend_name() == "postgresql":
        await _run_with_leases(settings, url, token)
        return
    if settings.shards is not None:
        raise SettingError(
            "SHARDS: processes share shards out by way of PostgreSQL alone. Set DATABASE_URL to "
            "one, or leave SHARDS empty."
        )
    with only_process(url, settings.shard_ids):
        await _run_alone(settings, token)


async def _run_alone(settings: Settings, token: str) -> None:
    """Open what the bot needs, and run it."""
    # Here, as it brings the models' client with it, which a bot in a test has no use for.
    from bot.app.app import open_app  # noqa: PLC0415

    async with open_app(settings, limits=settings.operator_limits()) as app:
        bot = FourRoomsBot.over(
            app.stores,
            app.agents,
            limits=app.limits,
            patience=settings.patience(),
            shard_count=settings.shard_count,
            shard_ids=settings.shard_ids,
        )
        app.attend(bot.engine)
        freeze_gc()
        async with serve_app_metrics(app, lambda: [bot.engine], GatewayWatch(bot)):
            manager = ServiceManager.of_environment()
            await serve(bot, token, settings.discord_api_url, manager, exit_at_last)


async def _run_with_leases(settings: Settings, url: str, token: str) -> None:
    """Run a bot for each shard that this process has the lease of."""
    from bot.client.leased_run import run_with_leases  # noqa: PLC0415 - as above

    count = settings.shard_count
    if settings.shards is not None and count is None:
        count = await recommended_shards(settings.discord_api_url, token)

    async def stay(bot: FourRoomsBot) -> None:
        # Not by the bot's own count, which may be what Discord was asked for.
        as_others_count = count is not None and bot.shard_count != count
        asks = settings.shard_count is None and not as_others_count
        await stay_connected(bot, token, settings.discord_api_url, asks_how_many=asks)

    await run_with_leases(settings, url, count, stay, exit_at_last)


async def serve(
    bot: FourRoomsBot,
    token: str,
    api_url: str = DISCORD,
    manager: ServiceManager = NOBODY,
    at_stop: Callable[[int], None] = lambda _: None,
) -> None:
    """Connect and run ``bot`` until SIGINT, SIGTERM or cancellation, and close it.

    ``manager`` is told of the start, the stop, and the life between them; ``at_stop`` is called
    when the stop begins, with the exit status that it has to come to.
    """
    await bot.prepare()
    staying = stay_connected(bot, token, api_url, asks_how_many=bot.shard_count is None)
    running = asyncio.create_task(staying, name="gateway")
    reporting = asyncio.create_task(manager.report(bot.serving), name="service manager")
    try:
        with stop_signals() as stop:  # a second signal, while it closes, ends it at once
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        manager.notify(STOPPING)
        at_stop(_status_of(running))
        await bot.close()
        reporting.cancel()
        await _end(running)


def exit_at_last(status: int = 0) -> None:
    """End the process where a stop has not come to its end in time, whatever hangs.

    What is stored is safe: a start finds it as after a crash. ``status``: 0 for a stop that was
    asked for; after an error the one that the error has.
    """
    last = threading.Timer(EXIT_SECONDS, _exit, [status])
    last.daemon = True
    last.start()


def _exit(status: int) -> None:
    log.warning("stopped before all was closed", seconds=EXIT_SECONDS, status=status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _status_of(running: asyncio.Task[None]) -> int:
    """Return the exit status for what ended the connection; 0 where it was asked to end."""
    ended = running.done() and not running.cancelled()
    return exit_status(running.exception() if ended else None)


async def _end(running: asyncio.Task[None]) -> None:
    """Raise what ended the connection; one that waits for Discord, or hangs, is left."""
    await asyncio.wait({running}, timeout=LAST_SECONDS)
    running.cancel()
    await asyncio.wait({running}, timeout=LAST_SECONDS)
    if running.done() and not running.cancelled():
        running.result()


async def stay_connected(
    bot: FourRoomsBot, token: str, api_url: str, *, asks_how_many: bool
) -> None:
    """Connect and stay so; while Discord is down, try again after growing waits.

    ``asks_how_many``: nobody set a number of shards, so that each start asks Discord for it.
    Raises SettingError for what a person has to mend.
    """
    wait = FIRST_WAIT
    while True:
        try:
            await _run(bot, token, api_url)
        except discord.ConnectionClosed as error:
            raise error_for_close(error, asks_how_many=asks_how_many) from error
        except DISCORD_AWAY as error:
            if bot.is_closed() or not is_passing(error):
                why = describe_error(error)
                raise FourRoomsError(f"Discord cannot be reached, or ended it: {why}") from error
            status = getattr(error, "status", None)
            kind = type(error).__name__
            hint = ONLINE if isinstance(error, aiohttp.ClientConnectorDNSError) else None
            log.warning("discord not reached", error=kind, status=status, next_try=wait, hint=hint)
        else:
            return
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


def is_passing(error: Exception) -> bool:
    """Return whether Discord may take it another time."""
    if isinstance(error, discord.GatewayNotFound):
        return True
    if isinstance(error, discord.HTTPException | aiohttp.ClientResponseError):
        return error.status >= 500 or error.status == 429
    return not isinstance(error, discord.DiscordException)


async def _run(bot: FourRoomsBot, token: str, api_url: str) -> None:
    """Log in, if that is not done, and stay connected."""
    try:
        await point_at(api_url, token)
        if not bot.logged_in:
            await bot.login(token)
            bot.logged_in = True
        await bot.connect()
    except discord.LoginFailure as error:
        raise SettingError(NOT_ACCEPTED) from error
    except discord.PrivilegedIntentsRequired as error:
        raise SettingError(
            "The bot may not read messages yet. Switch on Message Content Intent at "
            "discord.com/developers/applications, your application, Bot, and start it again."
        ) from error
    finally:
        if not bot.logged_in:  # the next try has a session of its own
            await bot.http.close()
            bot.http.connector = MISSING


async def point_at(api_url: str, token: str) -> None:
    """Make discord.py talk to the API at ``api_url`` and to the gateway that it names.

    Raises SettingError if nothing there answers as Discord does.
    """
    if api_url != DISCORD:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(await gateway_of(api_url, token))
    Route.BASE = api_url


async def recommended_shards(api_url: str, token: str) -> int:
    """Return how many shards Discord wants a bot to have; asks until it answers.

    Raises SettingError if nothing there answers as Discord does.
    """
    wait = FIRST_WAIT
    while True:
        try:
            return int((await _ask_for_gateway(api_url, token))["shards"])
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, aiohttp.ClientResponseError) and error.status == 401:
                raise SettingError(NOT_ACCEPTED) from error
            log.warning("discord not reached", error=type(error).__name__, next_try=wait)
        except (ValueError, KeyError, TypeError) as error:
            raise SettingError(f"DISCORD_API_URL: no Discord answers at {api_url}.") from error
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


async def _ask_for_gateway(api_url: str, token: str) -> Any:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as session,
        session.get(
            f"{api_url}/gateway/bot",
            headers={"Authorization": f"Bot {token}"},
            raise_for_status=True,
        ) as answer,
    ):
        return await answer.json()


async def gateway_of(api_url: str, token: str) -> str:
    """Return the gateway's address that the API of a stand-in for Discord at ``api_url`` names.

    Raises SettingError if nothing there answers as Discord does, and ClientResponseError where
    it is down for now.
    """
    try:
        return str((await _ask_for_gateway(api_url, token))["url"])
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, aiohttp.ClientResponseError) and is_passing(error):
            raise
        raise SettingError(
            f"DISCORD_API_URL: no Discord answers at {api_url} ({type(error).__name__}). "
            "Unset it to use Discord itself."
        ) from error
