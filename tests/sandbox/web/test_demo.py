"""The demo as a person meets it: a process that says where its page is, and keeps its world."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.mind import HARM, Mind
from tests.sandbox.web.browsing import Tab
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROJECT = Path(__file__).parents[3]


@asynccontextmanager
async def running_demo(
    folder: Path, server: OpenAIServer, *more: str
) -> AsyncIterator[tuple[Process, str]]:
    """The demo, and the address that it prints; Ctrl-C ends it."""
    own = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY, "MODEL": MODEL}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "bot", "demo", "--folder", str(folder), *more),
        cwd=folder.parent,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "DISPLAY": ":0", **own},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
    )
    try:
        yield process, await asyncio.wait_for(address_of(process), 60)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            await process.communicate()


async def address_of(process: Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"http://"):
            return line.decode().strip()
    raise AssertionError("the demo ended before it said where its page is")


async def test_a_restart_finds_the_conversation_again(browser: Browser, tmp_path: Path) -> None:
    folder, mind = tmp_path / "demo", Mind()
    mind.reviews.append(HARM)
    async with OpenAIServer(strict=False) as server:
        server.always(mind.answer)
        async with running_demo(folder, server, "--persona", "narcissistic") as (process, address):
            ana = await Tab.open(browser, address)  # looks as Max, writes as Ana
            choices = ana.page.locator(".choices")
            await expect(choices).to_contain_text("narcissistic")
            await expect(ana.page.locator("#guide")).to_contain_text(f"{MODEL} answers")
            await ana.say("I just got promoted today!")
            reply = ana.message("That is wonderful news!")
            await expect(reply).to_be_visible()
            shown = await ana.messages.count()
        assert process.returncode == 0
        await expect(ana.page.locator("#strip")).to_contain_text("The connection is lost")

        async with running_demo(folder, server) as (_, again):
            assert again == address  # so that the page that is still open finds it
            await expect(ana.page.locator("#strip")).to_contain_text("Connected again")
            await expect(ana.messages).to_have_count(shown)
            await expect(choices).to_contain_text("narcissistic")
            await expect(ana.page.locator(".bubble.draft")).to_be_visible()  # of before the restart
            await ana.say("And you remember?")
            await expect(ana.messages).to_have_count(shown + 2)

        async with running_demo(folder, server, "--fresh") as (_, fresh):
            new = await Tab.open(browser, f"{fresh}&as=Ana&view=place")
            await expect(new.message("You are talking with an AI here.")).to_be_visible()
            await expect(new.messages).to_have_count(1)
            await expect(new.room("stage")).to_be_visible()  # where a simulation can be held
            await new.context.close()
    assert ana.complaints == []
    await ana.context.close()
