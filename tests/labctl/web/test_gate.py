"""A request passes with the right host, origin, method, size and token, and in no other way."""

import pytest

from labctl.web.gate import COOKIE, LARGEST_BODY, LONGEST_ADDRESS, Rules, gated

TOKEN = "a token of sixteen characters"


async def bare(scope, receive, send):
    """An application that says what reached it."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})
    await send({"type": "http.response.body", "body": f"{scope['method']} {len(body)}".encode()})


@pytest.fixture
def status(ask):
    def of(method="GET", path="/", rules=None, **about):
        return ask(gated(bare, rules or Rules()), method, path, **about).status_code

    return of


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8001", "localhost:8001", "[::1]:8001", "LOCALHOST"])
def test_this_computer_is_known_by_its_names(status, host):
    assert status(headers={"host": host}) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:8001", "", "localhost@evil.example", "0.0.0.0"],
)
def test_another_name_is_refused(status, host):
    assert status(headers={"host": host}) == 421


def test_a_name_that_was_given_is_known(status):
    rules = Rules(hosts=("rig-a.example.org",))
    assert status(rules=rules, headers={"host": "Rig-A.example.org"}) == 200
    assert status(rules=rules, headers={"host": "rig-b.example.org"}) == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost.evil.example", "x"])
def test_a_page_from_elsewhere_is_refused(status, origin):
    assert status(headers={"origin": origin}) == 403
    assert status("POST", "/make-safe", headers={"origin": origin}) == 403


def test_a_page_of_this_site_may_ask(status):
    assert status(headers={"origin": "http://127.0.0.1:8001"}) == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(status, method):
    assert status(method, "/") == 405
    assert status(method, "/raw/runs") == 405


def test_the_form_to_make_safe_may_be_sent(status):
    assert status("POST", "/make-safe", content=b"a=b") == 200
    assert status("DELETE", "/make-safe") == 405


@pytest.mark.parametrize("path", ["/raw/%2e%2e/%2e%2e/etc", "/a/..%2fb", "/a%5c..%5cb", "/a%00b"])
def test_a_way_out_of_the_site_is_refused(status, path):
    assert status(path=path) in (400, 404)


def test_a_long_address_and_a_large_body_are_refused(status):
    assert status(path="/?a=" + "b" * LONGEST_ADDRESS) == 414
    assert status("POST", "/make-safe", content=b"a" * (LARGEST_BODY + 1)) == 413
    assert status(headers={"content-length": "nonsense"}) == 413
    assert status(headers={"cookie": "a" * 20_000}) == 431


def test_a_body_of_unknown_length_is_refused(status):
    async def parts():
        for _ in range(10):
            yield b"a" * LARGEST_BODY

    assert status("POST", "/make-safe", content=parts()) == 413


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Bearer "},
        {"cookie": f"{COOKIE}={TOKEN}"},
        {"cookie": f"{COOKIE}="},
    ],
)
def test_without_the_token_nothing_is_shown(status, headers):
    for path in ("/", "/raw", "/status.json", "/run/1/nyquist.svg"):
        assert status(path=path, rules=Rules(token=TOKEN), headers=headers) == 401


def test_the_token_opens_by_header_and_by_the_cookie_of_the_form(ask, monkeypatch):
    monkeypatch.setattr("labctl.web.gate.AFTER_WRONG_TOKEN_S", 0.0)
    app = gated(bare, Rules(token=TOKEN))
    assert ask(app, "GET", "/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert ask(app, "POST", "/login", data={"token": "wrong"}).status_code == 401
    opened = ask(app, "POST", "/login", data={"token": TOKEN})
    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    cookie = opened.headers["set-cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert ask(app, "GET", "/", headers={"cookie": cookie.partition(";")[0]}).status_code == 200


def test_every_answer_keeps_itself_to_this_site(ask):
    answer = ask(gated(bare, Rules()), "GET", "/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
