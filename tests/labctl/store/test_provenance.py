"""Provenance of a run."""

import hashlib
import shutil
import socket
import struct
import subprocess
import threading

import pytest

import labctl
from labctl.store.provenance import collect_provenance, file_identity, git_state, package_versions
from labctl.store.timekeeping import clock_offset, ntp_offset, ntp_request


@pytest.fixture
def rig_scripts(tmp_path):
    """A folder of the rig's own scripts under git, clean."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = tmp_path / "rig"
    folder.mkdir()
    (folder / "sweep.py").write_text("amplitude_v = 0.01\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder


def test_a_clean_work_tree_has_a_revision_and_no_changes(rig_scripts):
    state = git_state(rig_scripts)
    assert len(state["revision"]) == 40
    assert state["dirty"] is False


def test_an_edited_script_makes_the_work_tree_dirty(rig_scripts):
    (rig_scripts / "sweep.py").write_text("amplitude_v = 0.1\n")
    (rig_scripts / "new.py").write_text("")
    state = git_state(rig_scripts)
    assert state["dirty"] is True
    assert sorted(state["changed_files"]) == [" M sweep.py", "?? new.py"]


def test_a_folder_outside_git_has_no_revision_and_says_why(tmp_path):
    state = git_state(tmp_path)
    assert state["revision"] is None
    assert state["reason"]


def test_a_calibration_file_is_known_by_its_hash(tmp_path):
    path = tmp_path / "short.csv"
    path.write_bytes(b"1e6,0.1,0.2\n")
    assert file_identity(path)["sha256"] == hashlib.sha256(b"1e6,0.1,0.2\n").hexdigest()


def test_a_calibration_file_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        collect_provenance(calibrations=[tmp_path / "none.csv"])


def test_provenance_is_kept_with_the_run_and_comes_back_equal(rig, path, rig_scripts):
    collected = collect_provenance(operator="Ada", scripts=[rig_scripts / "sweep.py"])
    rig.store.record_provenance(rig.run_id, collected)
    with labctl.open(path) as db:
        assert db.provenance(rig.run_id) == collected
    assert collected["labctl_version"] == labctl.__version__
    assert collected["packages"]["numpy"] == package_versions()["numpy"]
    assert collected["scripts"][0]["revision"]
    assert collected["script_files"][0]["path"].endswith("sweep.py")


def reply_to(request, arrived_s, left_s, stratum=2, first=0x24):
    def ntp(time_s):
        return int(time_s) + 2_208_988_800, int((time_s % 1) * 2**32)

    times = [*[0] * 5, *struct.unpack("!II", request[40:48]), *ntp(arrived_s), *ntp(left_s)]
    return struct.pack("!BBbb11I", first, stratum, 0, 0, *times)


def test_the_offset_is_what_the_server_says_with_half_the_delay_as_uncertainty():
    request = ntp_request(1000.0)
    found = ntp_offset(request, reply_to(request, 1005.125, 1005.25), sent_s=1000.0, received_s=1000.375)
    assert found["offset_s"] == pytest.approx(5.0, abs=1e-8)
    assert found["uncertainty_s"] == pytest.approx(0.125, abs=1e-8)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stratum": 0}, "not synchronised"),
        ({"stratum": 16}, "not synchronised"),
        ({"first": 0xE4}, "not synchronised"),
    ],
)
def test_a_server_without_true_time_is_not_believed(changes, why):
    request = ntp_request(1000.0)
    with pytest.raises(ValueError, match=why):
        ntp_offset(request, reply_to(request, 1.0, 1.0, **changes), 1000.0, 1000.1)


def test_a_reply_that_is_cut_or_not_ours_is_refused():
    request = ntp_request(1000.0)
    with pytest.raises(ValueError, match="has 3 bytes"):
        ntp_offset(request, b"abc", 1000.0, 1000.1)
    with pytest.raises(ValueError, match="another request"):
        ntp_offset(request, reply_to(ntp_request(999.0), 1.0, 1.0), 1000.0, 1000.1)


def test_a_time_server_is_asked_over_the_network():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)

        def answer():
            request, address = server.recvfrom(512)
            sent_s = struct.unpack("!I", request[40:44])[0] - 2_208_988_800
            server.sendto(reply_to(request, sent_s + 3600.0, sent_s + 3600.0), address)

        thread = threading.Thread(target=answer)
        thread.start()
        found = clock_offset("127.0.0.1", server.getsockname()[1])
        thread.join()
    assert found["source"] == "ntp 127.0.0.1"
    assert found["offset_s"] == pytest.approx(3600.0, abs=2.0)


def test_a_time_server_that_does_not_exist_is_named_and_the_system_is_asked():
    found = clock_offset("no-such-host.invalid")
    assert found["source"] == "system"
    assert "no-such-host.invalid" in found["problem"]
