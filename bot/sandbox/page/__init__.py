"""The sandbox's web page: one person's Discord in a browser, served by the sandbox itself."""

from __future__ import annotations

from bot.sandbox.page.backstage import Backstage
from bot.sandbox.page.page import Page

__all__ = ("Backstage", "Page")
