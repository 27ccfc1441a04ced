"""`labctl web` prints where it listens, and opens no door without a token."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import InvalidRequest
from labctl.store import Store

pytest.importorskip("datasette", reason="datasette is not installed")
TOKEN = "a token of sixteen characters"


@pytest.fixture
def lab(tmp_path):
    path = tmp_path / "lab.db"
    Store.open(path).close()
    return path


@pytest.fixture
def start():
    """Start `labctl web` on any free port; return the address that it prints."""
    processes = []

    def started(*words):
        command = [sys.executable, "-m", "labctl", "web", "--port", "0", *words]
        process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+/", line)
        assert found, line
        return found[0]

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def status_of(address, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.slow
def test_a_file_and_a_group_are_served_at_the_address_that_is_printed(lab, start, tmp_path):
    address = start("--db", str(lab))
    assert address.startswith("http://127.0.0.1:")
    assert status_of(address)[0] == 200
    assert status_of(f"{address}raw/runs")[0] == 200
    assert status_of(address, Host="evil.example")[0] == 421
    assert status_of(address, Origin="http://evil.example")[0] == 403
    assert status_of(address, Cookie="a" * 70_000)[0] in (400, 431)
    rigs = tmp_path / "rigs.toml"
    rigs.write_text(
        f'[[rig]]\nname = "a"\nurl = "{address}"\n[[rig]]\nname = "b"\nfile = "{lab.as_posix()}"\n'
    )
    group = start("--rigs", str(rigs))
    for _ in range(200):
        seen = json.loads(status_of(f"{group}status.json")[1])
        if not any(one["problem"] for one in seen):
            break
    assert [one["problem"] for one in seen] == ["", ""]
    assert "2 rigs, all well" in status_of(group)[1]


def refused(*words, env=None):
    done = CliRunner().invoke(app, ["web", *words], env=env)
    assert isinstance(done.exception, InvalidRequest), done.output
    return str(done.exception)


def test_another_address_needs_a_token(lab):
    assert "needs a token" in refused("--db", str(lab), "--host", "0.0.0.0")


def test_another_address_is_asked_about(lab):
    words = ["web", "--db", str(lab), "--host", "0.0.0.0"]
    done = CliRunner().invoke(app, words, input="n\n", env={"LABCTL_WEB_TOKEN": TOKEN})
    assert done.exit_code == 2
    assert "Listen there?" in done.output


def test_a_token_that_is_easily_guessed_is_refused(lab, tmp_path):
    file = tmp_path / "token"
    file.write_text("aaaaaaaaaaaaaaaaaaaaaaaa")
    assert "at least 16 characters" in refused("--db", str(lab), "--token-file", str(file))
    assert "cannot be read" in refused("--db", str(lab), "--token-file", str(tmp_path / "none"))


def test_the_token_to_make_safe_is_not_the_one_to_look(lab):
    env = {"LABCTL_WEB_TOKEN": TOKEN, "LABCTL_WEB_SAFE_TOKEN": TOKEN}
    assert "one of its own" in refused("--db", str(lab), env=env)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "no such file" in refused("--db", str(tmp_path / "none.db"))
