"""The figures of viewers beside a night are judged against their limits; only times of a segment count."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("psutil", reason="psutil is not installed")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "web", raising=False)
    import web

    return web


def segment(kind, emit_s=0.001, lock_s=0.001, page_s=0.1):
    rows = [emit_s] * 200
    about = {"rows": rows, "all": rows, "lock": [lock_s], "pages": [["/run/3", page_s]] * 100}
    return {"kind": kind, "cpu_s": 0.5, **about}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "every figure is within its limit"),
        ({"emit_s": 0.0016}, "emit 1.6 > 1.5"),
        ({"lock_s": 0.2}, "lock_ms 200 > 100"),
        ({"page_s": 1.1}, "page_s 1.1 > 1"),
    ],
)
def test_a_figure_above_its_limit_is_told_and_fails(benchmark, capsys, given, words):
    failed = benchmark.report([segment("file", **given), segment("copy")])
    assert words in capsys.readouterr().out
    assert failed == (1 if given else 0)


def test_only_the_times_of_a_segment_count_and_a_half_written_line_is_left_out(benchmark, tmp_path):
    lines = "rows 1.0 0.1\nall 2.0 0.2\nlock 2.5 0.3\nrows 2.6 0.4\nrows 9.0 0.5\nrows 2."
    (tmp_path / "times.txt").write_text(lines)
    found = benchmark.times_of(tmp_path, 1.5, 3.0)
    assert found == {"rows": [0.4], "all": [0.2, 0.4], "lock": [0.3]}
