"""A hundredth of the fuzz cases; all of them on demand: benchmarks/fuzz.py."""

import sys
import threading
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SEED, HUNDREDTH = 20261130, 100


@pytest.fixture
def fuzz(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    known = set(sys.modules)
    import fuzz

    yield fuzz
    for name in set(sys.modules) - known:
        if name.partition(".")[0] in ("fuzz", "fuzzing"):
            del sys.modules[name]


@pytest.mark.parametrize(
    "kind", ["toml", "command_lines", "replies", pytest.param("databases", marks=pytest.mark.slow)]
)
def test_no_input_causes_a_traceback_a_hang_or_an_output_left_on(fuzz, kind, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fuzz, "LONGEST_S", 120.0)  # a busy computer is no hang
    assert fuzz.faults(kind, SEED, HUNDREDTH) == []


def test_every_kind_is_tried(fuzz):
    assert set(fuzz.KINDS) == {"toml", "command_lines", "replies", "databases"}


def test_the_cases_of_a_seed_are_always_the_same(fuzz):
    words = [[case.words for _, case in fuzz.cases_of("toml", seed, 6)] for seed in (1, 1, 2)]
    assert words[0] == words[1] != words[2]
    assert [case.words for _, case in fuzz.cases_of("toml", 1, 6, first=4)] == words[0][4:]


def test_a_traceback_and_a_hang_are_found(fuzz, monkeypatch):
    monkeypatch.setattr(fuzz, "LONGEST_S", 0.05)
    case = type(next(fuzz.cases_of("replies", 1, 1))[1])
    assert fuzz.fault_of(case("", lambda: "")) == ""
    assert fuzz.fault_of(case("", lambda: "it is on")) == "it is on"
    assert fuzz.fault_of(case("", lambda: str(1 / 0))).startswith("ZeroDivisionError: division by zero")
    if hasattr(fuzz.signal, "SIGALRM"):
        assert fuzz.fault_of(case("", threading.Event().wait)).startswith("hang: not done after 0.05 s")
