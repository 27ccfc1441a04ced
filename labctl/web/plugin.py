"""Datasette's hooks: the pages as routes, the gate before everything, one connection that cannot write."""

import html
import json
import logging
import re
import sqlite3
from collections.abc import Callable
from typing import Any

from datasette import hookimpl
from datasette.database import Database
from datasette.utils.asgi import Forbidden, Response
from datasette.views.base import DatasetteError

from labctl.errors import InvalidRequest, LabctlError
from labctl.store.defences import only_read
from labctl.web.gate import gated
from labctl.web.make_safe import ask
from labctl.web.markup import RAW_STYLE, page, text
from labctl.web.site import Site, site_of

log = logging.getLogger(__name__)
SENTENCES = {400: "this cannot be asked", 403: "this is not shown here", 404: "there is no such page"}
OF_PARAMETERS = (DatasetteError, ValueError, LookupError, sqlite3.Error)
OF_THE_FILE = ("disk", "locked", "malformed", "unable to open")
"""In messages of SQLite: the file is at fault, not the question."""
RUN_LIST = re.compile(r"\d{1,9}(,\d{1,9}){0,30}")


class LiveFile(Database):
    """The results file for Datasette, which expects every foreign key to name the column that it leads to."""

    async def foreign_keys_for_table(self, table: str) -> list[dict[str, Any]]:
        """Return where the columns of a table lead: to the id, where SQL leaves it out."""
        found = await super().foreign_keys_for_table(table)
        return [key | {"other_column": key["other_column"] or "id"} for key in found]

    async def get_all_foreign_keys(self) -> dict[str, Any]:
        """Return where all tables lead, and what leads to them."""
        found = await super().get_all_foreign_keys()
        return {
            table: {
                side: [{name: value or "id" for name, value in key.items()} for key in keys]
                for side, keys in sides.items()
            }
            for table, sides in found.items()
        }


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the addresses of labctl's own pages."""
    return [
        (r"^/$", tonight),
        (r"^/status\.json$", status),
        (r"^/runs$", runs),
        (r"^/run/(?P<run>\d{1,9})$", run),
        (r"^/run/(?P<run>\d{1,9})/(?P<kind>[a-z]+)\.svg$", figure_of_run),
        (r"^/samples$", samples),
        (r"^/compare$", compare),
        (r"^/compare/(?P<kind>[a-z]+)\.svg$", figure_of_runs),
        (r"^/make-safe$", make_safe),
        (r"^/raw\.css$", raw_style),
        (r"^/-/(?!static/).*$", nothing),  # Datasette's own pages about itself
    ]


@hookimpl
def extra_css_urls(datasette: Any) -> list[str]:
    """Return the style of labctl over Datasette's own pages."""
    return [] if site_of(datasette) is None else ["/raw.css"]


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Put the gate before the application."""
    site = site_of(datasette)
    return (lambda app: app) if site is None else (lambda app: gated(app, site.rules))


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Let a connection to the results file neither write nor run SQL of the file."""
    if site_of(datasette) is not None and database != "_internal":
        only_read(conn)


@hookimpl
def skip_csrf(scope: Any) -> bool | None:
    """The form carries a token that a page from elsewhere does not have, and Origin is judged before."""
    return True if scope["path"] == "/make-safe" else None


@hookimpl(tryfirst=True)
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Response | None:
    """Answer in a sentence; only what labctl or Datasette did not foresee is a fault that is logged."""
    if site_of(datasette) is None:
        return None
    status = _status_of(exception, request.path)
    if status >= 500:
        log.error("a page failed", exc_info=exception)
    return _refusal(SENTENCES.get(status, "this cannot be shown; see the log of labctl web"), status)


def _status_of(exception: Exception, path: str) -> int:
    """Datasette raises faults of many kinds where a parameter of its pages makes no sense."""
    status = getattr(exception, "status", None) or (403 if isinstance(exception, Forbidden) else 500)
    is_senseless = path.startswith("/raw") and isinstance(exception, OF_PARAMETERS)
    return 400 if status == 500 and is_senseless and not _is_of_the_file(exception) else status


def _is_of_the_file(exception: Exception) -> bool:
    return isinstance(exception, sqlite3.Error) and any(word in str(exception) for word in OF_THE_FILE)


async def tonight(datasette: Any) -> Response:
    """Answer with the page of the present night."""
    return await _page(datasette, "tonight", lambda site: site.rig.tonight())


async def status(datasette: Any) -> Response:
    """Answer with the state of the rig as JSON."""
    return await _answer(
        datasette, "status", lambda site: json.dumps(site.rig.status()), "application/json; charset=utf-8"
    )


async def runs(datasette: Any) -> Response:
    """Answer with the page of all runs."""
    return await _page(datasette, "runs", lambda site: site.rig.runs())


async def run(request: Any, datasette: Any) -> Response:
    """Answer with the page of one run."""
    run_id = int(request.url_vars["run"])
    return await _page(datasette, ("run", run_id), lambda site: site.rig.run(run_id))


async def figure_of_run(request: Any, datasette: Any) -> Response:
    """Answer with a figure of one run."""
    return await _figure(datasette, request.url_vars["kind"], [int(request.url_vars["run"])])


async def samples(datasette: Any) -> Response:
    """Answer with the page of all samples."""
    return await _page(datasette, "samples", lambda site: site.rig.samples())


async def compare(request: Any, datasette: Any) -> Response:
    """Answer with the page of several runs."""
    chosen = _runs_of(request)
    return await _page(datasette, ("compare", *chosen), lambda site: site.rig.compare(chosen))


async def figure_of_runs(request: Any, datasette: Any) -> Response:
    """Answer with a figure of several runs."""
    return await _figure(datasette, request.url_vars["kind"], _runs_of(request))


async def nothing() -> Response:
    """Answer that there is no such page."""
    return _refusal(SENTENCES[404], 404)


async def raw_style() -> Response:
    """Answer with the style of the raw tables."""
    return Response(RAW_STYLE, content_type="text/css; charset=utf-8")


async def make_safe(request: Any, datasette: Any) -> Response:
    """Leave the request to make safe; it needs a token of its own, and the name of who asks."""
    site = site_of(datasette)
    if site is None or request.method != "POST" or not site.safe_token:
        return _refusal("make safe is not offered here", 404)
    given = await request.post_vars()
    if not site.is_safe_token(given.get("token", "")):
        await site.wait_after_wrong_token()
        return _refusal("the token to make safe is wrong; nothing was done", 403)
    client = (request.scope.get("client") or ("unknown",))[0]
    try:
        words = await site.in_a_thread(
            lambda: ask(site.rig.db, given.get("station", ""), given.get("person", ""), client)
        )
    except LabctlError as error:
        return _refusal(str(error), 400)
    shown = f"<p>{text(words)}</p>"
    return Response.html(page("Make safe was asked for", "the page of tonight says when all is off", shown))


def _runs_of(request: Any) -> list[int]:
    named = request.args.get("runs") or ""
    if RUN_LIST.fullmatch(named) is None:
        return []
    return list(dict.fromkeys(int(one) for one in named.split(",")))


async def _page(datasette: Any, question: Any, answer: Callable[[Site], str]) -> Response:
    return await _answer(datasette, question, answer, "text/html; charset=utf-8")


async def _figure(datasette: Any, kind: str, chosen: list[int]) -> Response:
    question = (kind, *chosen)
    return await _answer(datasette, question, lambda site: site.rig.figure(kind, chosen), "image/svg+xml")


async def _answer(
    datasette: Any, question: Any, answer: Callable[[Site], str | bytes], kind: str
) -> Response:
    site = site_of(datasette)
    if site is None:
        return _refusal("not served by labctl web", 404)
    shared = site.figures if kind == "image/svg+xml" else site.answers
    try:
        content = await shared.of(question, lambda: answer(site))
    except InvalidRequest as error:
        return _refusal(str(error), 404)
    except LabctlError as error:
        return _refusal(str(error), 503)
    return Response(content, content_type=kind)


def _refusal(words: str, status: int) -> Response:
    body = f"<!DOCTYPE html><title>labctl</title><p>{html.escape(words)}</p>"
    return Response.html(body, status=status)
