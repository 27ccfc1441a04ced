"""The benchmark of files counts outcomes, goes on where it was cut, and finds a wrong reader."""

import json
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch, capsys):
    def run_benchmark(*options, read=None):
        monkeypatch.setattr(sys, "argv", ["files.py", *map(str, options)])
        names = runpy.run_path(str(ROOT / "benchmarks/files.py"), run_name="under_test")
        if read is not None:
            names["main"].__globals__["read_spectra"] = read
        return names["main"](), capsys.readouterr().out

    return run_benchmark


def test_a_run_that_was_cut_goes_on(run, tmp_path):
    notes = tmp_path / "notes.json"
    assert run("--spectra", 10, "--results", notes)[0] == 0
    held = json.loads(notes.read_text())
    assert held["spectra"]["done"] == 10
    held["spectra"]["found"] = {"another: read": 10}
    notes.write_text(json.dumps(held))
    code, printed = run("--spectra", 14, "--damaged", 5, "--results", notes)
    assert code == 0
    assert "spectra: {'read': 14}" in printed
    assert {kind: part["done"] for kind, part in json.loads(notes.read_text()).items()} == {
        "spectra": 14,
        "damaged": 5,
    }


def test_a_wrong_reader_is_a_fault(run):
    from labctl.analysis import Spectrum, read_spectra

    def wrong(path):
        return [Spectrum(s.frequency_hz, s.z_ohm * 1000, metadata=s.metadata) for s in read_spectra(path)]

    code, printed = run("--spectra", 3, "--damaged", 3, read=wrong)
    assert code == 1
    assert "fault in 0: WrongReadingError: plain csv (0): the points differ by up to 999" in printed
    assert "SilentlyWrongError" in printed


def test_a_reader_that_refuses_too_much_fails(run):
    def refuses(path):
        raise ValueError("not today")

    code, printed = run("--spectra", 12, read=refuses)
    assert code == 1
    assert "0 of 12 dialects read whenever written" in printed


def test_the_file_of_a_number_is_shown(run):
    code, printed = run("--only", 0)
    assert code == 0
    assert printed.startswith("Frequency (Hz),Z' (Ohm),Z'' (Ohm)\n")
