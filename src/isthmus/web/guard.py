"""What stands before every request: the Host and Origin checks, security headers, and the size of bodies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of a request's body.
MOST_BYTES = 262_144

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


def host_of(netloc: str) -> str:
    """Return the host of `host:port`, brackets of IPv6 removed, lower case."""
    return (urlsplit(f"//{netloc}").hostname or "").casefold()


class Guard:
    """Refuses other hosts and origins and bodies that are too long; adds headers to what passes."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = {host.casefold() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        refusal = self._refuse(headers)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        await self.app(scope, receive, _with_headers(send))

    def _refuse(self, headers: dict[str, str]) -> tuple[int, str] | None:
        try:
            host = host_of(headers.get("host", ""))
            origin = host_of(urlsplit(headers["origin"]).netloc) if headers.get("origin", "null") != "null" else host
        except ValueError:
            return 400, "the Host or Origin header cannot be read."
        if host not in self.hosts:
            return 421, f"host {host!r} is not served here. Use {' or '.join(sorted(self.hosts))}."
        if origin != host:
            return 403, f"requests from {origin!r} are refused: pages of other sites may not use this server."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return 413, f"the request is longer than {MOST_BYTES:,} bytes. Send a shorter scenario."
        return None


def _with_headers(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {key for key, _ in message["headers"]}
            extra = [(k.encode(), v.encode()) for k, v in _HEADERS.items() if k.encode() not in there]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sender


async def _answer(send: Send, status: int, text: str) -> None:
    body = json.dumps({"error": text, "status": status}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await _with_headers(send)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
