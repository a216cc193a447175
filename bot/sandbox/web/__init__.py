"""The sandbox's web page: one person's Discord in a browser, served by the sandbox itself."""

from __future__ import annotations

from bot.sandbox.web.web_app import WebApp

__all__ = ("WebApp",)
