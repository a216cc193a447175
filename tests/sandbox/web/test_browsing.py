"""The tests that need a browser, on a machine that has none."""

from __future__ import annotations

import pytest

from tests.sandbox.web import browsing


async def opened() -> None:
    async with browsing.open_browser():
        pass


async def test_without_a_browser_they_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "CHROMIUM", None)
    monkeypatch.delenv("REQUIRE_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        await opened()


async def test_where_a_browser_is_required_they_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "CHROMIUM", None)
    monkeypatch.setenv("REQUIRE_BROWSER", "1")
    with pytest.raises(pytest.fail.Exception, match="install chromium"):
        await opened()
