"""Several rigs on one page: each rig's own `labctl web`, or its file, is asked again and again.

A rig that does not answer is shown as such, with the time since when. Each is asked by a thread of its own,
so that none delays another.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labctl.clock import RealClock
from labctl.config.night import DEFAULT_SILENCE_S
from labctl.config.table import Table, read_document
from labctl.errors import InvalidRequest, LabctlError
from labctl.plain_text import local_time
from labctl.web.gate import Message, Receive, Send
from labctl.web.markup import items, page, section, text
from labctl.web.pages import Rig
from labctl.web.serving import token_in

ASK_EVERY_S = 2.0
ANSWERS_WITHIN_S = 3.0
AGAIN_S = 3
LARGEST_ANSWER = 1_000_000
LARGEST_GROUP = 100
Ask = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class RigEntry:
    """One rig of a rigs file: `url` of its `labctl web`, or `file`, its results file; the other is empty."""

    name: str
    url: str = ""
    file: str = ""
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Seen:
    """The state of a rig: its last answer, or the reason for none and its begin (s since 1970-01-01 UTC)."""

    name: str
    url: str
    answer: Mapping[str, Any] | None = None
    problem: str = "not asked yet"
    since_s: float | None = None

    @property
    def is_well(self) -> bool:
        """Whether it answers, and no person has to look."""
        stations = {} if self.answer is None else self.answer["stations"]
        return not self.problem and not any(one["in_trouble"] for one in stations.values())


def read_rigs(path: Path) -> list[RigEntry]:
    """Read a rigs file: a `[[rig]]` table for each rig with name, and url or file.

    Raises ConfigurationError with file, key and a valid value, InvalidRequest for an unreadable token.
    """
    document = read_document(path)
    entries = [_entry(table, path.absolute().parent) for table in document.tables("rig")]
    document.refuse_unknown()
    names = [entry.name for entry in entries]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise document.error("rig", f"two rigs are called {twice!r}")
    if not 0 < len(entries) <= LARGEST_GROUP:
        raise document.error("rig", f"is given {len(entries)} times; give 1 to {LARGEST_GROUP} rigs")
    return entries


def _entry(table: Table, folder: Path) -> RigEntry:
    url, file = table.text("url", "").rstrip("/"), table.text("file", "")
    if bool(url) == bool(file):
        raise table.error("url", "give either url, the address of its labctl web, or file, its results file")
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise table.error("url", "is no address; give e.g. http://rig-a:8001")
    if urlsplit(url).password:
        raise table.error("url", "holds a password; give token_file")
    token_file = table.text("token_file", "")
    token = token_in(folder / Path(token_file).expanduser()) if token_file else ""
    entry = RigEntry(table.text("name"), url, str(folder / Path(file).expanduser()) if file else "", token)
    table.refuse_unknown()
    return entry


class Group:
    """Asks the rigs while it is entered, and remembers their answers."""

    def __init__(self, entries: Sequence[RigEntry], asks: Mapping[str, Ask] | None = None) -> None:
        self._seen = {entry.name: Seen(entry.name, entry.url) for entry in entries}
        self._asks = asks or {entry.name: asking(entry) for entry in entries}
        self._over, self._clock = threading.Event(), RealClock()
        self._threads = [
            threading.Thread(target=self._follow, args=(name,), name=f"labctl rig {name}", daemon=True)
            for name in self._seen
        ]

    def __enter__(self) -> "Group":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(ANSWERS_WITHIN_S + 1.0)

    @property
    def seen(self) -> list[Seen]:
        """The state of each rig, in the order of the file."""
        return list(self._seen.values())

    def page(self) -> str:
        """Return the page of all rigs."""
        seen = self.seen
        ill = [one.name for one in seen if not one.is_well]
        title = f"{len(seen)} rigs, " + (f"look at {', '.join(ill)}" if ill else "all well")
        now = f"as of {local_time(self._clock.time())}"
        return page(title, now, "".join(map(_section, seen)), AGAIN_S, links=(("/", "rigs"),))

    def ask_once(self, name: str) -> None:
        """Ask one rig, and remember its answer, or since when there is none."""
        before = self._seen[name]
        try:
            answer, problem = _checked(self._asks[name]()), ""
        except (LabctlError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            answer, problem = before.answer, _in_words(error)
        since_s = None
        if problem:
            since_s = before.since_s if before.since_s is not None else self._clock.time()
        self._seen[name] = Seen(name, before.url, answer, problem, since_s)

    def _follow(self, name: str) -> None:
        while not self._over.is_set():
            self.ask_once(name)
            self._over.wait(ASK_EVERY_S)


def asking(entry: RigEntry) -> Ask:
    """Return how a rig is asked for its state; the call raises OSError, ValueError or LabctlError."""
    if entry.file:
        rig = Rig(Path(entry.file), lambda station: DEFAULT_SILENCE_S)
        return lambda: _of_file(rig)
    return lambda: _of_url(entry)


def _of_file(rig: Rig) -> Mapping[str, Any]:
    if not rig.db.is_file():
        raise InvalidRequest("its file is not there")
    return rig.status()


def _of_url(entry: RigEntry) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {entry.token}"} if entry.token else {}
    request = urllib.request.Request(f"{entry.url}/status.json", headers=headers)
    with _OPENER.open(request, timeout=ANSWERS_WITHIN_S) as response:
        return json.loads(response.read(LARGEST_ANSWER))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the address that was given, and to no other."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        """Follow none."""


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def _checked(answer: Any) -> Mapping[str, Any]:
    """Return an answer with everything that the page shows; raises LookupError, TypeError or ValueError."""
    stations = {
        str(name): {
            "in_trouble": bool(one["in_trouble"]),
            "words": [str(words) for words in one["words"]][:20],
            "temperature_k": None if one["temperature_k"] is None else float(one["temperature_k"]),
        }
        for name, one in answer["stations"].items()
    }
    return {"headline": str(answer["headline"]), "stations": stations}


def _in_words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return (
            "it refuses: the token is missing or wrong" if error.code == 401 else f"it answers {error.code}"
        )
    if isinstance(error, urllib.error.URLError):
        return f"cannot be reached: {error.reason}"
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWERS_WITHIN_S:g} s"
    return f"its answer cannot be read: {error}" if not isinstance(error, LabctlError) else str(error)


def _section(seen: Seen) -> str:
    lines = []
    if seen.problem:
        since = "" if seen.since_s is None else f" since {local_time(seen.since_s)}"
        lines.append(f"NOT REACHED{since}: {seen.problem}")
        if seen.answer is not None:
            lines.append("the last that it said:")
    if seen.answer is not None:
        lines.append(seen.answer["headline"])
        stations = seen.answer["stations"]
        for name, station in stations.items():
            of_station = "" if [name] == [*stations] else f"{name}: "
            lines += [of_station + words for words in station["words"]]
    address = f'<p><a href="{text(seen.url)}/">{text(seen.url)}</a></p>' if seen.url else ""
    return section(seen.name, items(lines) + address, "" if seen.is_well else "red")


def group_app(group: Group) -> Any:
    """Return the ASGI application with the page of a group and its JSON; `gated` goes before it."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["path"] == "/":
            await _send(send, 200, "text/html", group.page())
        elif scope["path"] == "/status.json":
            await _send(send, 200, "application/json", json.dumps([vars(one) for one in group.seen]))
        else:
            await _send(send, 404, "text/plain", "there is no such page")

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, status: int, kind: str, body: str) -> None:
    headers = [(b"content-type", f"{kind}; charset=utf-8".encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
