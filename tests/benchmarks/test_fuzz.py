"""A hundredth of the fuzz cases; all of them on demand: benchmarks/fuzz.py."""

import importlib
import sys
import threading
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SEED, HUNDREDTH = 20261130, 100
STUCK = """
import os
import sqlite3

from fuzzing import Case

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
WORDS = ("good", "stuck", "good", "dies", "wrong")


def loop():
    sqlite3.connect(":memory:").execute(ENDLESS)


TRIES = {"good": lambda: "", "stuck": loop, "dies": lambda: os._exit(7), "wrong": lambda: "it is on"}


def cases(first):
    for number, words in list(enumerate(WORDS))[first:]:
        yield number, Case(words, TRIES[words])
"""


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


def test_a_case_that_no_signal_interrupts_or_that_ends_its_process_is_a_fault_and_the_next_is_tried(
    fuzz, monkeypatch, tmp_path
):
    (tmp_path / "stuck_cases.py").write_text(STUCK)
    monkeypatch.syspath_prepend(str(tmp_path))
    stuck_cases = importlib.import_module("stuck_cases")

    faults = {number: fault for number, fault, _ in fuzz.tried(stuck_cases.cases, 1, killed_after_s=1.0)}
    del sys.modules["stuck_cases"]
    assert faults == {
        1: "hang: no signal interrupts it; its process was killed",
        2: "",
        3: "its process ended with exit code 7",
        4: "it is on",
    }
