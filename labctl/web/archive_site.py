"""Browse an archive: its samples, the columns of its tables, and one SELECT at a time.

A query can read the archive and nothing else (`labctl.archive.opened`). It is ended after a time, shows some
rows at most, and one is computed after the other.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from labctl.archive.opened import ALL_COLUMNS, BEST_OF_EACH_SAMPLE, Answer, Archive
from labctl.errors import InvalidRequest, LabctlError
from labctl.web.gate import Receive, Send
from labctl.web.markup import link, page, section, table, text
from labctl.web.shared_answers import SharedAnswers

LONGEST_S = 10.0
MOST_ROWS = 1000
KEPT_S = 30.0
LINKS = (("/", "samples"), ("/query", "ask"), ("/columns", "columns"))


@dataclass(frozen=True)
class ArchiveSite:
    """The pages of one archive."""

    archive: Archive
    answers: SharedAnswers = field(default_factory=lambda: SharedAnswers(KEPT_S))

    def samples(self) -> str:
        """Return the page of all samples."""
        self.archive.look_again()
        frame = self.archive.samples()
        found = Answer(tuple(frame.columns), [tuple(row) for row in frame.to_numpy().tolist()])
        return page("Samples", self.archive.address, _rows(found), links=LINKS)

    def columns(self) -> str:
        """Return the page with the meaning of every column."""
        return page("Columns", self.archive.address, _rows(self.archive.query(ALL_COLUMNS)), links=LINKS)

    def query(self, sql: str) -> str:
        """Return the page with the answer to one SELECT, or with the reason why there is none."""
        form = (
            '<form action="/query"><textarea name="sql" rows="6" style="width:100%">'
            f"{_in_lines(sql or BEST_OF_EACH_SAMPLE)}</textarea><p><button>Ask</button></p></form>"
        )
        answer = "" if not sql else self._answer(sql)
        return page("Ask", f"{self.archive.address}, by SQL of DuckDB", form + answer, links=LINKS)

    def _answer(self, sql: str) -> str:
        end = threading.Timer(LONGEST_S, self.archive.interrupt)
        end.start()
        try:
            found = self.archive.query(sql, most=MOST_ROWS + 1)
        except InvalidRequest as error:
            return section("No answer", f"<p>{text(error)}</p>", "red")
        finally:
            end.cancel()
        more = f"<p>The first {MOST_ROWS} rows.</p>" if len(found.rows) > MOST_ROWS else ""
        return _rows(Answer(found.columns, found.rows[:MOST_ROWS])) + more


def _rows(answer: Answer) -> str:
    return table(answer.columns, ([text(_shown(value)) for value in row] for row in answer.rows))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)[:500]


def _in_lines(words: str) -> str:
    return "\n".join(map(text, words.splitlines()))


def archive_app(site: ArchiveSite) -> Any:
    """Return the ASGI application of an archive; `gated` goes before it."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        sql = parse_qs(scope["query_string"].decode("latin-1")).get("sql", [""])[0]
        pages = {"/": site.samples, "/columns": site.columns, "/query": lambda: site.query(sql)}
        if (answer := pages.get(scope["path"])) is None:
            await _send(send, 404, page("There is no such page", "", link("/", "samples"), links=LINKS))
            return
        try:
            await _send(send, 200, await site.answers.of((scope["path"], sql), answer))
        except LabctlError as error:
            await _send(send, 503, page("Not now", "", f"<p>{text(error)}</p>", links=LINKS))

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, status: int, body: str) -> None:
    headers: Sequence[tuple[bytes, bytes]] = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
