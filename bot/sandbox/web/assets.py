"""The page's own files, and the headers under which nothing else runs or loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

STATIC: Final = Path(__file__).parent / "static"
INDEX: Final = "index.html"

_KINDS: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page."""

    content: bytes
    kind: str


def load_assets(folder: Path = STATIC) -> dict[str, Asset]:
    """Return the page's files by name. Read once: no request can name any other path."""
    return {
        path.name: Asset(path.read_bytes(), _KINDS[path.suffix])
        for path in sorted(folder.iterdir())
        if path.suffix in _KINDS
    }


def respond(asset: Asset, host: str) -> web.Response:
    """Return the file as an answer to a browser that knows this server as ``host`` (with port)."""
    return web.Response(
        body=asset.content, content_type=asset.kind, charset="utf-8", headers=_headers(host)
    )


def _headers(host: str) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": f"http://{host}/page/",
        "style-src": f"http://{host}/page/",
        "img-src": "'self' data:",
        # Not every browser counts a websocket to the same host as 'self'.
        "connect-src": f"'self' ws://{host}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        # Turns text into markup only where a policy allows it, and none does.
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {rule}" for name, rule in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        # The next start of the demo may serve a newer page from the same address.
        "Cache-Control": "no-store",
    }
