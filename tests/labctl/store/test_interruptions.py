"""A run has the status "running" only while its process exists."""

import os
import platform
import subprocess
import sys

import pytest

from labctl.errors import StoreError
from labctl.store import Store, interruptions
from labctl.store.care import check
from labctl.store.processes import is_gone, process_birth


@pytest.fixture
def other_process():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.communicate(b"\n")


def add_run(store, rig, **changes):
    row = {"sample_id": rig.sample_id, "procedure": "p:C", "started_s": 5000.0}
    return store.insert("runs", row | changes)


def status_of(store, run_id):
    with store.read() as db:
        return db.run(run_id)["status"]


def test_a_process_is_known_by_number_and_birth(other_process):
    birth = process_birth(other_process.pid)
    assert birth is not None
    assert not is_gone(other_process.pid, birth)
    if birth:
        assert is_gone(other_process.pid, birth + "0")
        assert process_birth(os.getpid()) != birth


def test_an_ended_process_is_gone_also_before_it_is_waited_for(other_process):
    birth = process_birth(other_process.pid)
    other_process.kill()
    os.waitid(os.P_PID, other_process.pid, os.WEXITED | os.WNOWAIT) if os.name == "posix" else None
    assert is_gone(other_process.pid, birth or "")
    other_process.wait()
    assert process_birth(other_process.pid) is None


def test_the_run_of_a_living_process_stays_running(rig, path, other_process):
    birth = process_birth(other_process.pid) or ""
    theirs = add_run(rig.store, rig, pid=other_process.pid, process_birth=birth)
    with Store.open(path) as second:
        assert status_of(second, theirs) == "running"
        assert status_of(second, rig.run_id) == "running"


def test_a_run_whose_process_is_gone_is_marked_with_its_last_sign_of_life(rig, path, other_process):
    birth = process_birth(other_process.pid) or ""
    theirs = add_run(rig.store, rig, pid=other_process.pid, process_birth=birth)
    spectrum = {"run_id": theirs, "number": 0, "started_s": 5000.0}
    spectrum_id = rig.store.insert("spectra", spectrum)
    rig.store.append("impedance_points", rig.point(0, spectrum_id=spectrum_id, time_s=5500.0))
    rig.store.flush()
    other_process.kill()
    other_process.wait()
    with Store.open(path) as second, second.read() as db:
        run = db.run(theirs)
        assert (run["status"], run["ended_s"]) == ("interrupted", 5500.0)
        assert f"pid {other_process.pid} on {platform.node()}" in run["reason"]
        assert run["content_hash"].startswith("labctl-1:")
        assert db.spectra(theirs)["status"].tolist() == ["interrupted"]
        assert db.events(theirs)["kind"].tolist() == ["interrupted"]
        assert db.run(rig.run_id)["status"] == "running"


def test_a_run_of_another_computer_is_left_alone(rig, path):
    theirs = add_run(rig.store, rig, pid=4_000_000, process_birth="x", host="another-computer")
    with Store.open(path) as second:
        assert status_of(second, theirs) == "running"


def test_a_run_whose_process_was_killed_before_its_seal_is_sealed_at_the_next_opening(rig, path, monkeypatch):
    def killed(*_):
        raise StoreError("killed here")

    monkeypatch.setattr("labctl.store.store.content_hash", killed)
    rig.append_points(3)
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9000.0})
    rig.store.close()
    assert check(path).problems == (f"{_name(path)} ended without a content hash.",)
    Store.open(path).close()
    assert check(path).problems  # its process lives and may be about to do it
    monkeypatch.setattr(interruptions, "is_gone", lambda pid, birth: True)
    Store.open(path).close()
    assert check(path).problems == ()


def _name(path):
    with Store.open(path) as store, store.read() as db:
        return f"Run 1 ({db.run(1)['uuid']})"
