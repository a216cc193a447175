"""The sandbox's web page: one person's Discord in a browser, served by the sandbox itself."""

from __future__ import annotations

from bot.demo.turn_feed import Backstage
from bot.sandbox.web.web_app import Page

__all__ = ("Backstage", "Page")
