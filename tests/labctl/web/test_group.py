"""Several rigs on one page: one that does not answer is shown, with since when, and delays no other."""

import json
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from labctl.clock import RealClock
from labctl.errors import ConfigurationError
from labctl.web.gate import Rules, gated
from labctl.web.group import Group, RigEntry, group_app, read_rigs

TOKEN = "a token of sixteen characters"


def state(in_trouble=False, words="runner: idle"):
    station = {"in_trouble": in_trouble, "words": [words], "temperature_k": 300.0}
    return {"headline": "all quiet", "stations": {"rig": station}}


def serve(stack, answer=None, token="", status=200):
    """Serve a state on a free port; return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            allowed = not token or self.headers.get("Authorization") == f"Bearer {token}"
            self.send_response(status if allowed else 401)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            self.wfile.write(json.dumps(state() if answer is None else answer).encode() if allowed else b"")

        def log_message(self, *words):
            """Keep quiet."""

    server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    stack.callback(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


def test_a_rigs_file_names_addresses_files_and_tokens(tmp_path):
    (tmp_path / "a.token").write_text(TOKEN)
    path = tmp_path / "rigs.toml"
    path.write_text(
        '[[rig]]\nname = "a"\nurl = "http://rig-a:8001/"\ntoken_file = "a.token"\n'
        '[[rig]]\nname = "b"\nfile = "lab.db"\n'
    )
    one, other = read_rigs(path)
    assert one == RigEntry("a", "http://rig-a:8001", "", TOKEN)
    assert other == RigEntry("b", "", str(tmp_path / "lab.db"))
    assert TOKEN not in repr(one)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[rig]]\nname = "a"\n', "either url"),
        ('[[rig]]\nname = "a"\nurl = "http://x"\nfile = "y"\n', "either url"),
        ('[[rig]]\nname = "a"\nurl = "ftp://x"\n', "is no address"),
        ('[[rig]]\nname = "a"\nurl = "http://me:secret@x"\n', "password"),
        ('[[rig]]\nurl = "http://x"\n', "name"),
        ('[[rig]]\nname = "a"\nurl = "http://x"\nport = 5\n', "port"),
        ('[[rig]]\nname = "a"\nfile = "x"\n[[rig]]\nname = "a"\nfile = "y"\n', "two rigs"),
    ],
)
def test_a_wrong_rigs_file_is_refused_with_its_key(tmp_path, text, words):
    path = tmp_path / "rigs.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        read_rigs(path)


def test_twenty_rigs_are_on_one_page():
    with ExitStack() as stack:
        entries = [RigEntry(f"rig {number}", serve(stack)) for number in range(20)]
        group = Group(entries)
        for entry in entries:
            group.ask_once(entry.name)
        assert all(one.is_well for one in group.seen)
        assert "20 rigs, all well" in group.page()


def test_a_rig_in_trouble_and_one_that_does_not_answer_are_red():
    with ExitStack() as stack:
        entries = [
            RigEntry("well", serve(stack)),
            RigEntry("ill", serve(stack, state(True, "THE RUNNER IS DEAD"))),
            RigEntry("gone", "http://127.0.0.1:9"),
        ]
        group = Group(entries)
        for entry in entries:
            group.ask_once(entry.name)
        body = group.page()
    assert "3 rigs, look at ill, gone" in body
    assert body.count('<section class="red">') == 2
    assert "THE RUNNER IS DEAD" in body
    assert "NOT REACHED since 20" in body


def test_a_station_is_named_where_a_rig_has_several():
    one, two = state(), state()
    two["stations"]["second"] = one["stations"]["rig"]
    group = Group([RigEntry("a", "x"), RigEntry("b", "y")], {"a": lambda: one, "b": lambda: two})
    for name in "ab":
        group.ask_once(name)
    body = group.page()
    assert body.count("<li>runner: idle</li>") == 1
    assert "<li>second: runner: idle</li>" in body


def test_the_time_since_when_a_rig_is_away_stays_and_its_last_words_too():
    answers = [state(), OSError("unplugged"), OSError("unplugged"), state()]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    group = Group([RigEntry("a", "http://x")], {"a": ask})
    seen = []
    for _ in range(4):
        group.ask_once("a")
        seen.append(group.seen[0])
    assert [bool(one.problem) for one in seen] == [False, True, True, False]
    assert seen[1].since_s is not None
    assert seen[1].since_s == seen[2].since_s
    assert seen[2].answer == seen[0].answer
    assert seen[3].since_s is None


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"stations": 5}, {"headline": "x", "stations": {"a": {}}}, {"headline": "x", "stations": []}, 5],
)
def test_an_answer_that_makes_no_sense_is_a_rig_that_does_not_answer(answer):
    with ExitStack() as stack:
        group = Group([RigEntry("a", serve(stack, answer))])
        group.ask_once("a")
        assert "cannot be read" in group.seen[0].problem


def test_a_missing_token_and_a_redirection_are_told(tmp_path):
    with ExitStack() as stack:
        closed, moved = serve(stack, token=TOKEN), serve(stack, status=302)
        group = Group([RigEntry("a", closed), RigEntry("b", moved), RigEntry("c", closed, "", TOKEN)])
        for name in "abc":
            group.ask_once(name)
        a, b, c = group.seen
    assert "token is missing or wrong" in a.problem
    assert "it answers 302" in b.problem
    assert c.is_well


def test_what_a_rig_says_is_no_markup():
    group = Group([RigEntry("<b>", "http://x")], {"<b>": lambda: state(words="<script>alert(1)</script>")})
    group.ask_once("<b>")
    assert "<script>" not in group.page()
    assert "<b>" not in group.page()


def test_a_rig_that_hangs_delays_no_other_one():
    clock, hung = RealClock(), threading.Event()
    asks = {"hangs": lambda: hung.wait(30) and state(), "well": state}
    with Group([RigEntry("hangs", "http://x"), RigEntry("well", "http://y")], asks) as group:
        end_s = clock.monotonic() + 20
        while not group.seen[1].is_well and clock.monotonic() < end_s:
            clock.sleep(0.01)
        hangs, well = group.seen
        hung.set()
    assert well.is_well
    assert hangs.problem == "not asked yet"


def test_a_file_is_read_as_a_rig(lab):
    group = Group([RigEntry("a", "", str(lab)), RigEntry("b", "", str(lab.with_name("none.db")))])
    for name in "ab":
        group.ask_once(name)
    assert group.seen[0].is_well
    assert "not there" in group.seen[1].problem


def test_the_page_is_behind_the_gate(ask):
    group = Group([RigEntry("a", "http://x")], {"a": state})
    app = gated(group_app(group), Rules(token=TOKEN))
    assert ask(app, "GET", "/").status_code == 401
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert "1 rigs" in ask(app, "GET", "/", headers=headers).text
    assert ask(app, "GET", "/status.json", headers=headers).json()[0]["name"] == "a"
    assert ask(app, "GET", "/raw", headers=headers).status_code == 404
