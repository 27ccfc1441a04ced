"""Make safe from a page: with its own token and a name only, through the queue, recorded with who asked."""

import os

import pytest

from labctl.config.protocol import parse_protocol
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.job import Claimant
from labctl.queue.jobs import Jobs
from labctl.queue.pauses import Pauses
from labctl.queue.requests import Requests
from labctl.store.transactions import WriteConnection
from labctl.web.gate import Rules
from labctl.web.group import Group, RigEntry

LOOK, SAFE = "the token to look at it", "the token to make it safe"
JOB = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60]
"""


@pytest.fixture
def lab_with_runner(lab):
    """The file with the heartbeat of a runner, this process, and its job under way."""
    with WriteConnection(lab) as connection:
        job = Jobs(connection).add(parse_protocol(JOB, "p.toml"), station="rig")
        Jobs(connection, claimant=Claimant.this_process()).claim("rig")
        Heartbeats(connection, "runner", "rig").begin()
    return lab, job


@pytest.fixture
def post(site_of_lab, ask, monkeypatch):
    async def at_once(site):
        return None

    monkeypatch.setattr("labctl.web.site.Site.wait_after_wrong_token", at_once)
    app = site_of_lab(safe_token=SAFE)
    return lambda **given: ask(app, "POST", "/make-safe", data=given)


def test_it_pauses_the_queue_stops_the_job_and_records_who_asked(lab_with_runner, post):
    lab, job = lab_with_runner
    answer = post(station="rig", person="Ada", token=SAFE)
    assert answer.status_code == 200
    assert "make safe now" in answer.text
    with WriteConnection(lab) as connection:
        pause = Pauses(connection, station="rig").in_force()
        assert pause is not None
        assert pause.asks_safe
        assert "Ada, over the web from 127.0.0.1" in pause.reason
        (request,) = Requests(connection).pending(job)
        assert (request.kind, request.person) == ("stop", "Ada, over the web from 127.0.0.1")
        events = connection.rows("SELECT message FROM events WHERE kind = 'person'")
    assert [event["message"] for event in events] == [
        "make safe asked for by Ada, over the web from 127.0.0.1"
    ]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"station": "rig", "person": "Ada"}, 403),
        ({"station": "rig", "person": "Ada", "token": ""}, 403),
        ({"station": "rig", "person": "Ada", "token": LOOK}, 403),
        ({"station": "rig", "person": " ", "token": SAFE}, 400),
        ({"station": "rig", "person": "x" * 81, "token": SAFE}, 400),
        ({"station": "rig", "person": "A\nda", "token": SAFE}, 400),
        ({"station": "another", "person": "Ada", "token": SAFE}, 400),
    ],
)
def test_without_token_name_or_station_nothing_is_written(lab_with_runner, post, given, status):
    lab, _ = lab_with_runner
    assert post(**given).status_code == status
    with WriteConnection(lab) as connection:
        assert Pauses(connection).in_force() is None
        assert connection.value("SELECT count(*) FROM requests") == 0


def test_without_a_token_of_its_own_it_is_not_offered(lab_with_runner, site_of_lab, ask):
    app = site_of_lab(Rules(token=LOOK))
    headers = {"authorization": f"Bearer {LOOK}"}
    assert "Make safe" not in ask(app, "GET", "/", headers=headers).text
    answer = ask(
        app, "POST", "/make-safe", data={"station": "rig", "person": "Ada", "token": ""}, headers=headers
    )
    assert answer.status_code == 404


def test_a_rig_without_runner_and_supervisor_is_not_called_safe(lab_with_runner, post):
    lab, _ = lab_with_runner
    with WriteConnection(lab) as connection:
        connection.execute("UPDATE heartbeats SET pid = 1, process_birth = 'long ago', beat_s = 1")
    answer = post(station="rig", person="Ada", token=SAFE)
    assert "NEITHER A RUNNER NOR A SUPERVISOR" in answer.text
    assert os.getpid() != 1


def test_a_rig_whose_runner_was_killed_is_red_on_its_page_and_on_that_of_the_group(
    lab_with_runner, site_of_lab, ask
):
    lab, _ = lab_with_runner
    group = Group([RigEntry("rig a", "", str(lab))])
    group.ask_once("rig a")
    assert group.seen[0].is_well
    with WriteConnection(lab) as connection:
        connection.execute("UPDATE heartbeats SET process_birth = 'long ago'")
    group.ask_once("rig a")
    assert not group.seen[0].is_well
    assert '<section class="red">' in group.page()
    body = ask(site_of_lab(), "GET", "/").text
    assert "THE RUNNER IS DEAD" in body
    assert '<section class="red"><h2>rig</h2>' in body
