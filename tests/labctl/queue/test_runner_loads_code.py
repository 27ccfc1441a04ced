"""A runner that lives for weeks measures each job with the code of its file, and records which that was."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from labctl.config.protocol import parse_protocol
from labctl.measure.events import SpectrumStarted

OURS = """\
from procedures.eis import EIS
from amplitudes import VOLT

class Quick(EIS):
    def execute(self):
        self.amplitude_v = VOLT
        super().execute()
"""
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "ours:Quick"
frequency_max_hz = 1e5
frequency_min_hz = 1e4
points_per_decade = 1
"""


@pytest.fixture
def add(night, tmp_path):
    """Queue a job whose procedure, and the module that it imports, lie in a folder."""

    def add(folder="lab", ours=OURS, volt=None):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        (place / "ours.py").write_text(ours, encoding="utf-8")
        if volt is not None:
            (place / "amplitudes.py").write_text(f"VOLT = {volt}", encoding="utf-8")
        return night.jobs.add(parse_protocol(PROTOCOL, str(place / "protocol.toml")))

    return add


def amplitudes_v(night):
    with night.read() as db:
        return [row["amplitude_v"] for row in db.rows("SELECT amplitude_v FROM spectra ORDER BY id")]


def hashes(night, run_id):
    with night.read() as db:
        files = db.provenance(run_id)["script_files"]
    return {Path(file["path"]).name: file["sha256"] for file in files}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_file_that_is_edited_while_a_job_runs_is_loaded_anew_for_the_next(
    night, rig, run_night, add, tmp_path
):
    """The module that it imports as well; each run has the hash of what it ran."""
    add(volt=0.01)
    add(volt=0.01)

    def edit(event):
        if isinstance(event, SpectrumStarted):
            (tmp_path / "lab" / "amplitudes.py").write_text("VOLT = 0.03", encoding="utf-8")

    run_night(on_event=edit)
    assert night.states() == ["finished"] * 2
    assert amplitudes_v(night) == [0.01, 0.03]
    assert [hashes(night, run)["amplitudes.py"] for run in (1, 2)] == [
        sha256("VOLT = 0.01"),
        sha256("VOLT = 0.03"),
    ]


def test_the_recorded_hash_is_that_of_the_code_that_ran_and_not_of_the_file_as_it_is_by_then(
    night, rig, run_night, add, tmp_path
):
    """Here each procedure that is made rewrites its file: someone saves it after the job was read."""
    text = (
        OURS
        + """
    def __init__(self):
        super().__init__()
        from pathlib import Path
        Path(__file__).write_text("# edited meanwhile")
"""
    )
    add(ours=text, volt=0.02)
    (tmp_path / "lab" / "ours.py").write_text(text, encoding="utf-8")
    run_night()
    assert night.states() == ["finished"]
    assert (tmp_path / "lab" / "ours.py").read_text("utf-8") == "# edited meanwhile"
    assert hashes(night, 1)["ours.py"] == sha256(text)


def test_two_folders_with_files_of_one_name_are_measured_each_with_its_own(night, rig, run_night, add):
    for folder, volt in (("one", 0.01), ("two", 0.02), ("one", 0.01)):
        add(folder, volt=volt)
    run_night()
    assert amplitudes_v(night) == [0.01, 0.02, 0.01]
    with night.read() as db:
        assert {row["procedure"] for row in db.rows("SELECT procedure FROM runs")} == {"ours:Quick"}


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("raise SystemExit(1)", "ends the program when it is imported"),
        ("def f(:", "ours.py, line 1: invalid syntax"),
        ("import no_such", "ours.py imports 'no_such', which is not installed (line 1)"),
        ("1 / 0", "ours.py: ZeroDivisionError: division by zero (line 1)"),
    ],
)
def test_a_file_that_cannot_be_loaded_fails_its_job_and_the_runner_goes_on(
    night, rig, run_night, add, tmp_path, broken, said
):
    first = add("broken", volt=0.01)
    add("fine", volt=0.02)
    (tmp_path / "broken" / "ours.py").write_text(broken, encoding="utf-8")
    run_night()
    assert night.states() == ["failed", "finished"]
    assert said in night.jobs.get(first).reason
    assert "procedure[0].use" in night.jobs.get(first).reason


@pytest.mark.parametrize("program", ["labctl.queue.runner", "labctl.measure.run", "labctl.derive.whole_runs"])
def test_a_program_that_measures_begins_without_the_optimisers_of_scipy(program):
    """Each of many programs would load them for half of its start; the first fit that needs one loads it."""
    heavy = "{'scipy.optimize', 'scipy.special', 'scipy.stats', 'scipy.signal', 'matplotlib'}"
    code = f"import sys, {program}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
