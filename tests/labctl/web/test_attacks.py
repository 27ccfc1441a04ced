"""What somebody could send to a served file: it is refused, shows nothing else, and changes nothing."""

import socket
import sqlite3
import threading
from urllib.parse import quote

import pytest

TOKEN, SAFE = "the token to look at it", "the token to make it safe"
INJECTIONS = (
    "1; DROP TABLE runs",
    "1' OR '1'='1",
    '1" UNION SELECT sql FROM sqlite_master --',
    "1) UNION SELECT name, sql, 1, 1, 1 FROM sqlite_master --",
    "id; ATTACH DATABASE '/tmp/stolen.db' AS stolen",
    "load_extension('/tmp/x.so')",
    "0 AND (SELECT count(*) FROM heartbeats a, heartbeats b)",
)
PARAMETERS = (
    *("_sort", "_sort_desc", "_facet", "_facet_array", "_facet_date", "_facet_size", "_search", "_where"),
    *(
        "_col",
        "_nocol",
        "_size",
        "_next",
        "_through",
        "_json",
        "_shape",
        "_nl",
        "_labels",
        "_extra",
        "_trace",
    ),
    *("_timelimit", "_nofacet", "_nocount", "_dl", "_stream", "_header", "_blob_column", "_ttl", "sql"),
    *(
        "id",
        "status__exact",
        "status__like",
        "status__in",
        "id__gt",
        "nothing__glob",
        "run_id",
        "a' OR 1=1 --",
    ),
)
OWN = (
    "/compare?runs={}",
    "/compare/arrhenius.svg?runs={}",
    "/run/{}",
    "/run/1/{}.svg",
    "/raw/runs/{}",
    "/raw/{}",
)
FOR_NOBODY = (
    *(
        "/_internal",
        "/_internal/databases",
        "/raw/sqlite_master",
        "/raw.db",
        "/-/permissions",
        "/-/allow-debug",
    ),
    *(
        "/raw?sql=INSERT+INTO+runs+DEFAULT+VALUES",
        "/raw?sql=ATTACH+'/tmp/x.db'+AS+x",
        "/raw?sql=PRAGMA+journal_mode",
    ),
    *(
        "/raw.json?sql=SELECT+*+FROM+runs",
        "/raw/-/query?sql=SELECT+1",
        "/raw/runs/-/insert",
        "/raw/runs/-/drop",
    ),
    *(
        "/raw/-/create",
        "/-/create-token",
        "/-/logout",
        "/-/messages",
        "/../../etc/passwd",
        "/raw/..%2f..%2flab.db",
    ),
    *("/-/static/..%2f..%2fapp.py", "/-/static/%2e%2e/app.py", "/-/static-plugins/labctl/..%2fplugin.py"),
)


@pytest.fixture(scope="module")
def lab(measured, tmp_path_factory):
    path = tmp_path_factory.mktemp("attacked") / "lab.db"
    path.write_bytes(measured.read_bytes())
    return path


@pytest.fixture(scope="module")
def address(lab):
    """Serve the file as `labctl web` does, with both tokens, on a free port."""
    for name in ("datasette", "uvicorn", "httpx"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    from labctl.web import serving
    from labctl.web.gate import Rules
    from labctl.web.pages import Rig
    from labctl.web.site import Site

    site = Site(Rig(lab, lambda station: 3.0, True), Rules(token=TOKEN), SAFE)
    listening, ready = serving.bound("127.0.0.1", 0), threading.Event()
    words = (serving.datasette_of(site).app(), listening, ready.set)
    threading.Thread(target=serving.serve, args=words, daemon=True).start()
    assert ready.wait(30)
    yield listening.getsockname()[:2]
    site.close()


@pytest.fixture(scope="module")
def client(address):
    import httpx

    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", headers=headers, timeout=60) as opened:
        yield opened


@pytest.fixture
def unchanged(lab):
    """The rows of the file are the same after the test, and no file came beside it."""

    def rows():
        with sqlite3.connect(lab) as connection:
            found = list(connection.iterdump())
        connection.close()
        return found

    before = rows()
    yield
    assert rows() == before
    assert {one.name for one in lab.parent.iterdir()} <= {"lab.db", "lab.db-wal", "lab.db-shm"}


def sent(address, data):
    """Send bytes as they are; return the status of the answer, 0 where there is none."""
    with socket.create_connection(address, 30) as connection:
        try:
            connection.sendall(data)
            answer = connection.recv(65536)
        except ConnectionError:
            return 0
    return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0


def request(line, *headers, body=b""):
    lines = [
        f"{line} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {TOKEN}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # Datasette leaves facets behind
@pytest.mark.parametrize("injection", INJECTIONS)
def test_sql_in_any_parameter_reads_and_writes_nothing_else(client, unchanged, injection):
    paths = [f"/raw/runs?{quote(name)}={quote(injection)}" for name in PARAMETERS]
    paths += [path.format(quote(injection, safe="")) for path in OWN]
    for path in paths:
        answer = client.get(path)
        assert (path, answer.status_code) in {(path, status) for status in (200, 302, 400, 403, 404)}
        assert "CREATE TABLE heartbeats" not in answer.text, path
        assert "Traceback" not in answer.text, path


def test_a_value_of_a_filter_finds_what_is_equal_to_it_alone(client):
    for injection in INJECTIONS:
        for name in ("status", "id", "uuid"):
            found = client.get("/raw/runs.json", params={"_shape": "array", f"{name}__exact": injection})
            assert found.json() == []


@pytest.mark.parametrize("path", FOR_NOBODY)
def test_what_is_for_nobody_is_refused(address, unchanged, path):
    for method in ("GET", "POST"):
        assert sent(address, request(f"{method} {path}", "Content-Length: 0")) in (400, 403, 404, 405)


@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "NONSENSE", "post"]
)
def test_another_method_is_refused_everywhere(address, unchanged, method):
    for path in ("/", "/raw/runs/1", "/make-safe", "/login"):
        assert sent(address, request(f"{method} {path}", "Content-Length: 0")) in (400, 405)


def test_what_is_too_large_or_no_http_is_refused_and_the_next_request_answered(address, client):
    large = {
        request(f"GET /?a={'b' * 5000}"): (414,),
        request("GET /", f"X-A: {'b' * 70_000}"): (0, 400, 431),
        request("GET /", *(f"X-{n}: {'b' * 90}" for n in range(200))): (0, 400, 431),
        request("POST /make-safe", "Content-Length: 5000", body=b"a" * 5000): (413,),
        request("POST /make-safe", "Content-Length: -1"): (400, 413),
        request("POST /make-safe", "Transfer-Encoding: chunked", body=b"1388\r\n" + b"a" * 5000): (413,),
        request("GET /", "Content-Length: 5", "Transfer-Encoding: chunked"): (400, 413),
        b"GET / HTTP/1.1\r\n\r\n": (400, 421),
        b"\x16\x03\x01" + bytes(range(256)): (0, 400),
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n": (400, 421),
    }
    for data, statuses in large.items():
        assert sent(address, data) in statuses, data[:80]
    assert client.get("/runs").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": f"Bearer {TOKEN} "[:-2]},
        {"authorization": f"Bearer {SAFE}"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "", "cookie": f"labctl_web={TOKEN}"},
        {"authorization": "", "cookie": "labctl_web="},
    ],
)
def test_without_the_token_no_address_says_anything(client, headers):
    for path in (
        "/",
        "/runs",
        "/run/1/nyquist.svg",
        "/raw/runs.json",
        "/status.json",
        "/raw.css",
        "/-/plugins.json",
    ):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 401
        assert "pellet" not in answer.text


def test_a_token_in_the_address_is_no_token(client):
    assert client.get(f"/runs?token={quote(TOKEN)}", headers={"authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "0", "[::2]"]
)
def test_a_name_of_elsewhere_is_refused_with_the_right_token(client, host):
    assert client.get("/runs", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "file://", "http://127.0.0.1.evil.example"]
)
def test_a_page_of_elsewhere_cannot_make_safe_with_the_right_tokens(client, unchanged, origin):
    given = {"station": "rig", "person": "Ada", "token": SAFE}
    assert client.post("/make-safe", data=given, headers={"origin": origin}).status_code == 403


def test_slow_requests_keep_no_other_one_from_being_answered(address, client):
    """Twenty connections that never end their request."""
    waiting = [socket.create_connection(address, 30) for _ in range(20)]
    try:
        for connection in waiting:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert client.get("/runs").status_code == 200
    finally:
        for connection in waiting:
            connection.close()
