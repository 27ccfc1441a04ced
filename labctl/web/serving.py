"""Serve a results file: Datasette with labctl's pages, behind the gate, on one socket."""

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labctl.errors import InvalidRequest
from labctl.store import Database
from labctl.store.structure import newest
from labctl.web.site import Site, remember

RAW = "raw"
PRINTS_TRACEBACKS = "datasette.handle_exception"
"""Plug-in of Datasette that prints each fault with all local variables, headers of the request among them."""
SETTINGS = {
    "default_allow_sql": False,  # tables are filtered by their columns
    "allow_download": False,
    "allow_csv_stream": False,
    "suggest_facets": False,
    "num_sql_threads": 2,
    "sql_time_limit_ms": 1000,
    "facet_time_limit_ms": 200,
    "max_returned_rows": 1000,
    "default_page_size": 100,
    "default_cache_ttl": 0,
}
LARGEST_HEAD = 16384
MOST_AT_ONCE = 200


def datasette_of(site: Site) -> Any:
    """Return a Datasette over the live file of a site, with labctl's pages.

    Raises
    ------
    InvalidRequest
        Datasette is not installed, or the name of the file cannot be used.
    StoreError
        The file is none of labctl's, or cannot be read.
    """
    try:
        from datasette.app import Datasette
        from datasette.plugins import pm
    except ImportError as error:
        words = "labctl web needs the extra `web`; in the folder of labctl: pip install -e '.[web]'"
        raise InvalidRequest(words) from error
    from labctl.web import plugin

    path = site.rig.db.absolute()
    if set("?#%").intersection(str(path)):
        raise InvalidRequest(f"{path}: a file with ?, # or % in its name or folder cannot be served")
    Database(path).close()  # refuses what is no results file
    if not pm.is_registered(plugin):
        pm.register(plugin, name="labctl")
        pm.unregister(name=PRINTS_TRACEBACKS)
    served = Datasette([], settings=SETTINGS, metadata={"databases": {RAW: {"tables": _meanings()}}})
    served.add_database(plugin.LiveFile(served, path=str(path), is_mutable=True), name=RAW)
    remember(served, site)
    return served


def _meanings() -> dict[str, Any]:
    """Return Datasette's metadata of the columns: unit and meaning."""
    found: dict[str, Any] = {}
    for table, column, unit, meaning in newest().described:
        found.setdefault(table, {"columns": {}})["columns"][column] = f"[{unit}] {meaning}"
    return found


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens; InvalidRequest where the address is in use or not this computer's."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        opened = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would let a second program take the port over
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(MOST_AT_ONCE)
    except (OSError, OverflowError) as error:
        raise InvalidRequest(f"{host}:{port}: cannot listen there: {error}") from error
    return opened


def serve(app: Any, opened: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve an ASGI application until Ctrl-C."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=10,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        http="h11",
        ws="none",
    )
    ready()
    asyncio.run(uvicorn.Server(config).serve(sockets=[opened]))


def address_of(opened: socket.socket) -> str:
    """Return the address that a browser on this computer opens."""
    host, port = opened.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/"


def token_in(path: Path) -> str:
    """Return the token that a file holds; InvalidRequest where it cannot be read or is short."""
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path}: cannot be read: {error}") from error
    return checked_token(token, str(path))


def checked_token(token: str, origin: str) -> str:
    """Return a token; InvalidRequest where it is easily guessed."""
    if len(token) < 16 or len(set(token)) < 6:
        words = (
            'a token has at least 16 characters; python -c "import secrets; print(secrets.token_urlsafe())"'
        )
        raise InvalidRequest(f"{origin}: {words} makes one")
    return token
