"""Rules that every request has to pass before a page sees it.

1. The header Host names this site, so that no page elsewhere reaches it under another name (DNS rebinding).
2. Origin, where a browser sends it, is this site too.
3. GET and HEAD only, but for the two forms: the token, and make safe.
4. Address and body are short.
5. Where a token is set, it comes as `Authorization: Bearer` or in the cookie that the form sets.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
FORMS = ("/login", "/make-safe")
LONGEST_ADDRESS = 4096
LARGEST_BODY = 4096
LARGEST_HEADERS = 16384
COOKIE = "labctl_web"
AFTER_WRONG_TOKEN_S = 1.0
HEADERS = (
    (b"content-security-policy",
     b"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
     b"script-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)  # fmt: skip

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Rules:
    """Who may ask.

    Attributes
    ----------
    hosts : tuple of str
        Names, without port, under which the site is known; loopback always is.
    token : str
        Empty: none is needed, which `labctl web` allows on loopback only.
    """

    hosts: tuple[str, ...] = ()
    token: str = ""

    def refusal(self, scope: Mapping[str, Any]) -> tuple[int, str] | None:
        """Return status and reason of a request that is refused; None: it may pass."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        return self._wrong_sender(headers) or self._wrong_request(scope, headers)

    def knows(self, host: str) -> bool:
        """Whether a Host header, with or without port, names this site."""
        name = urlsplit(f"//{host}").netloc
        name = name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() else name
        return name.lower() in (*LOOPBACK, *(own.lower() for own in self.hosts))

    def is_token(self, given: str) -> bool:
        """Whether this is the token; takes as long for a wrong one."""
        return bool(self.token) and hmac.compare_digest(given.encode(), self.token.encode())

    @property
    def cookie(self) -> str:
        """The value of the cookie, from which the token cannot be read."""
        return hashlib.sha256(f"labctl web {self.token}".encode()).hexdigest()

    def _wrong_sender(self, headers: Mapping[str, str]) -> tuple[int, str] | None:
        if not self.knows(headers.get("host", "")):
            return 421, "this site is not known by that name; start labctl web with --name NAME"
        origin = headers.get("origin")
        if origin is not None and not self.knows(urlsplit(origin).netloc):
            return 403, "a page from elsewhere may not ask"
        return None

    def _wrong_request(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, str] | None:
        address = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
        path = unquote(scope["path"])
        if address > LONGEST_ADDRESS:
            return 414, "the address is too long"
        if sum(len(name) + len(value) for name, value in headers.items()) > LARGEST_HEADERS:
            return 431, "the headers are too large"
        if ".." in path.split("/") or "\\" in path or "\0" in path:
            return 400, "no such address"
        if scope["method"] not in ("GET", "HEAD") and not (scope["method"] == "POST" and path in FORMS):
            return 405, "nothing can be written here"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY or "transfer-encoding" in headers:
            return 413, "the request is too large"
        if self.token and path != "/login" and not self._has_token(headers):
            return 401, "a token is needed"
        return None

    def _has_token(self, headers: Mapping[str, str]) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self.is_token(given.strip()):
            return True
        cookies = (one.strip().partition("=") for one in headers.get("cookie", "").split(";"))
        own = (value for name, _, value in cookies if name == COOKIE)
        return any(hmac.compare_digest(value.encode(), self.cookie.encode()) for value in own)


def gated(app: App, rules: Rules) -> App:
    """Return the application behind the rules; every answer gets the headers that keep it to itself."""

    async def gate(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
            return
        refused, guarded = rules.refusal(scope), _with_headers(send)
        if refused is not None:
            await _refuse(*refused, guarded, wants_page=refused[0] == 401)
        elif scope["path"] == "/login":
            await _login(rules, scope, _bounded(receive), guarded)
        else:
            await app(scope, _bounded(receive), guarded)

    return gate


async def _login(rules: Rules, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Set the cookie for the right token, and lead to the first page."""
    headers = [(b"location", b"/")]
    if scope["method"] == "POST" and rules.token:
        given = parse_qs((await _body(receive)).decode("utf-8", "replace")).get("token", [""])[0]
        if not rules.is_token(given):
            await asyncio.sleep(AFTER_WRONG_TOKEN_S)
            await _refuse(401, "the token is wrong", send, wants_page=True)
            return
        cookie = f"{COOKIE}={rules.cookie}; HttpOnly; SameSite=Strict; Path=/"
        headers.append((b"set-cookie", cookie.encode()))
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _body(receive: Receive) -> bytes:
    found = b""
    while True:
        message = await receive()
        found += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            return found


def _bounded(receive: Receive) -> Receive:
    """Read no more of a body than is allowed, also where a shorter one was stated."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            return {"type": "http.disconnect"}
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    own = {name for name, _ in HEADERS}

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [pair for pair in message.get("headers", []) if pair[0].lower() not in own]
            message = message | {"headers": [*others, *HEADERS]}
        await send(message)

    return send_with_headers


async def _refuse(status: int, reason: str, send: Send, wants_page: bool) -> None:
    form = (
        '<form method="post" action="/login"><label>Token <input type="password" name="token"></label> '
        "<button>Open</button></form>"
    )
    body = f"<!DOCTYPE html><title>labctl</title><p>{reason}</p>{form}" if wants_page else reason
    kind = "text/html" if wants_page else "text/plain"
    headers = [(b"content-type", f"{kind}; charset=utf-8".encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
