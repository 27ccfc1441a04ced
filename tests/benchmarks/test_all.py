"""`make benchmarks`: figures are kept as each study ends, and what is recorded is not measured again."""

import importlib.util
import json
import subprocess
from pathlib import Path

import figures
import pytest
import recorded
import studies
from studies import STUDIES, Study

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def everything():
    """The runner, under a name of its own."""
    spec = importlib.util.spec_from_file_location("benchmarks_main", BENCHMARKS / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bench(everything, tmp_path, monkeypatch):
    """The runner with its files in a folder of their own, a committed source, and scripts beside them."""
    read, write = recorded.read, recorded.write
    monkeypatch.setattr(recorded, "read", lambda form: read(form, tmp_path))
    monkeypatch.setattr(recorded, "write", lambda form, found: write(form, found, tmp_path))
    monkeypatch.setattr(recorded, "measured_commit", lambda: "abc")
    monkeypatch.setattr(everything, "CASES", tmp_path / "cases")
    monkeypatch.setattr(everything.measured, "__defaults__", (tmp_path / "cases", False))
    monkeypatch.setattr(studies, "__file__", str(tmp_path / "studies.py"))
    return everything


def script(folder, name, value, then=""):
    text = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\nfrom figures import state\n"
    (folder / f"{name}.py").write_text(text + f"state('{name}.x', {value})\n{then}\n", encoding="utf-8")
    return Study(name, "", (f"{name}.py",), (f"{name}.py", "--full"))


def test_a_figure_is_recorded_with_command_commit_date_and_machine(bench, tmp_path):
    assert bench.run([script(tmp_path, "a", 1.5)], full=False) == []
    figure = recorded.read("short")["a.x"]
    assert (figure.value, figure.command, figure.commit) == (1.5, "python benchmarks/a.py", "abc")
    assert figure.machine == recorded.machine()
    assert not figure.stands  # a short form of a study that counts cases


def test_what_is_recorded_for_this_commit_is_not_measured_again(bench, tmp_path):
    bench.run([script(tmp_path, "a", 1)], full=False)
    again = script(tmp_path, "a", 2)
    bench.run([again], full=False)
    assert recorded.read("short")["a.x"].value == 1
    bench.run([again], full=False, again=True)
    assert recorded.read("short")["a.x"].value == 2


@pytest.mark.parametrize("commit", ["def", "abc+"])
def test_another_commit_or_changed_files_are_measured_again(bench, tmp_path, monkeypatch, commit):
    bench.run([script(tmp_path, "a", 1)], full=False)
    monkeypatch.setattr(recorded, "measured_commit", lambda: commit)
    for value in (2, 3):
        bench.run([script(tmp_path, "a", value)], full=False)
    assert recorded.read("short")["a.x"].value == (2 if commit == "def" else 3)


def test_figures_of_ended_studies_are_kept_when_a_later_one_fails(bench, tmp_path):
    several = [script(tmp_path, "a", 1), script(tmp_path, "b", 2, "sys.exit(3)"), script(tmp_path, "c", 3)]
    (problem,) = bench.run(several, full=False)
    assert problem.startswith("b: ended with 3")
    assert {name: one.value for name, one in recorded.read("short").items()} == {"a.x": 1, "c.x": 3}


def test_a_study_that_failed_is_measured_again_and_its_figures_are_not_recorded(bench, tmp_path):
    for _ in range(2):
        (problem,) = bench.run([script(tmp_path, "b", 2, "sys.exit(1)")], full=False)
        assert problem.startswith("b: ended with 1")
    assert recorded.read("short") == {}


@pytest.mark.parametrize(
    ("commit", "again", "left"), [("abc", False, 1), ("abc", True, 0), ("abc+", False, 0)]
)
def test_finished_cases_count_only_where_nothing_has_changed_since(bench, tmp_path, commit, again, left):
    place = tmp_path / "cases" / commit
    place.mkdir(parents=True)
    (place / "a.short.jsonl").write_text("{}\n", encoding="utf-8")
    count = "len(list(__import__('pathlib').Path(__file__).parent.glob('cases/*/a.short.jsonl')))"
    study = script(tmp_path, "a", count)
    code, found = bench.measured(study, False, commit, tmp_path / "cases", again)
    assert (code, found["a.x"].value) == (0, left)


def test_a_killed_runner_leaves_what_had_ended(tmp_path):
    kept = recorded.Figure(1, "ratio", "python benchmarks/a.py", "abc", "2026-01-01", "a computer")
    recorded.write("full", {"a.x": kept}, tmp_path)
    (tmp_path / "full.new").write_text('{"a.x": {"val', encoding="utf-8")  # a write that was cut
    assert recorded.read("full", tmp_path) == {"a.x": kept}


def test_a_study_goes_on_from_its_file_of_finished_cases():
    study = Study("a", "", ("a.py",), ("a.py", "--nights", "9"), goes_on="--results")
    assert study.arguments(True, Path("cases"))[1:] == ["--nights", "9", "--results", "cases"]
    assert "cases" not in study.command(True)


def test_a_short_form_that_counts_fewer_cases_gives_way_to_an_earlier_figure(tmp_path):
    earlier = recorded.Figure(300, "nights", "python benchmarks/a.py", "abc", "2026-01-01", "a computer")
    short = recorded.Figure(6, "nights", "python benchmarks/a.py", "def", "2026-01-02", "a computer", False)
    recorded.write("short", {"a.x": short}, tmp_path)
    assert recorded.source_of("a.x", tmp_path) == short
    recorded.write("earlier", {"a.x": earlier}, tmp_path)
    assert recorded.source_of("a.x", tmp_path) == earlier


def test_the_machine_is_named_without_its_host():
    assert "Python 3." in recorded.machine()
    host = subprocess.run(["uname", "-n"], capture_output=True, text=True, check=False).stdout.strip()
    assert not host or host not in recorded.machine()


def test_every_study_is_a_script_that_is_there_and_has_a_name_of_its_own():
    assert len({study.name for study in STUDIES}) == len(STUDIES)
    for study in STUDIES:
        assert (BENCHMARKS / study.short[0]).is_file(), study.name
        assert (BENCHMARKS / study.full[0]).is_file(), study.name


def test_a_benchmark_hands_figures_over_only_when_it_is_asked(tmp_path, monkeypatch):
    monkeypatch.delenv(figures.ASKED_IN, raising=False)
    figures.state("a.x", 1)
    monkeypatch.setenv(figures.ASKED_IN, str(tmp_path / "lines"))
    figures.state_share("a.y", 3, 4)
    figures.state_table("a.t", "words\n| a |\n|---|\n| 1 |\n")
    lines = [json.loads(line) for line in (tmp_path / "lines").read_text(encoding="utf-8").splitlines()]
    assert [(line["name"], line["value"]) for line in lines] == [
        ("a.y", "3 of 4"),
        ("a.t", ["| a |", "|---|", "| 1 |"]),
    ]
