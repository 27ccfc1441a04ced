import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SOURCE = '''\
"""A sign of 1, and messages that no mutant touches."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 3


def sign(x: "int | float") -> str:
    """Say -1 or 1."""
    if x < 0:
        return "below 0"
    return f"not below {0 + 0}"


def untested(x):
    return x + 1


class Box:
    def __repr__(self):
        return 2 * "Box"
'''
TESTS = """\
from tiny.signs import sign


def test_signs_are_told_apart():
    assert [sign(x) for x in (-1, 0, 1)] == ["below 0", "not below 0", "not below 0"]
"""


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import mutants

    yield mutants
    for name in [name for name in sys.modules if name.split(".")[0] in ("mutants", "mutation")]:
        del sys.modules[name]


@pytest.fixture
def tiny(tool, tmp_path):
    """A package with one tested and one untested function."""
    root = tmp_path / "tiny project"
    for name, text in {"tiny/signs.py": SOURCE, "tests/test_signs.py": TESTS, "tiny/__init__.py": ""}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    room = tool.Room("signs", ("tiny/*.py",), ("tests/test_*.py",))
    return tool.Project(root, (room,), arguments=("--import-mode=importlib",))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mutants_of(tool, source):
    found = sys.modules["mutation.places"].mutants_of("room", "file.py", source.encode())
    return {mutant.applied(source.encode()).decode() for mutant in found}


def test_a_change_that_no_test_notices_is_reported_and_the_others_are_counted(tool, tiny, tmp_path):
    before = contents(tiny.root)
    drawn = tool.sample(tiny, 1000, seed=1)
    told = []
    results = tool.Results(tmp_path / "out.jsonl")
    verdicts = tool.run(tiny, drawn, results, tell=told.append)
    assert contents(tiny.root) == before
    report = tool.report(tiny, drawn, verdicts)
    survivors = [m for m, verdict in zip(drawn, verdicts, strict=True) if not verdict.killed]
    assert {mutant.line for mutant in survivors} == {17}
    assert (
        "tiny/signs.py:17\n  -     return x + 1\n  +     return (x - 1)\n  (no test reaches it, 0 tests)"
        in report
    )
    assert {verdict.how for verdict in verdicts} == {"test", "no test reaches it"}
    killed, count = len(drawn) - len(survivors), len(drawn)
    assert report.splitlines()[-1].startswith(f"all: {killed} of {count} killed, ")
    assert len(told) == count

    told.clear()
    assert tool.run(tiny, drawn, results, tell=told.append) == verdicts
    assert told == []  # a finished run has nothing left to do


def test_a_test_that_starts_a_process_meets_what_that_process_enters(tool, tiny, tmp_path):
    (tiny.root / "tests/test_signs.py").write_text(
        "import subprocess, sys\n\ndef test_from_afar():\n"
        '    program = "from tiny.signs import untested; assert untested(1) == 2"\n'
        '    subprocess.run([sys.executable, "-c", program], check=True)\n',
        encoding="utf-8",
    )
    added = [m for m in tool.sample(tiny, 1000, seed=1) if m.text == "(x - 1)"]
    (verdict,) = tool.run(tiny, added, tool.Results(tmp_path / "out.jsonl"), tell=lambda line: None)
    assert (verdict.killed, verdict.how, verdict.tests) == (True, "test", 1)


def test_a_mutant_that_never_ends_is_killed_at_its_deadline(tool, tiny, tmp_path):
    (tiny.root / "tiny/signs.py").write_text(
        "def sign(x):\n    n = 0\n    while n < 3:\n        n += 1\n"
        '    return "below 0" if x < 0 else "not below 0"\n',
        encoding="utf-8",
    )
    short = tool.Project(tiny.root, tiny.rooms, tiny.arguments, grace_s=3.0)
    endless = [m for m in tool.sample(short, 1000, seed=1) if m.line == 4 and m.text == "pass"]
    (verdict,) = tool.run(short, endless, tool.Results(tmp_path / "out.jsonl"), tell=lambda line: None)
    assert (verdict.killed, verdict.how) == (True, "deadline")


def test_tests_that_fail_before_anything_is_changed_stop_the_run(tool, tiny, tmp_path):
    (tiny.root / "tests/test_signs.py").write_text("def test_wrong():\n    assert False\n", encoding="utf-8")
    drawn = tool.sample(tiny, 1, seed=1)
    with pytest.raises(tool.UnmutatedTestsFail, match="signs: pytest ended with 1"):
        tool.run(tiny, drawn, tool.Results(tmp_path / "out.jsonl"))


def test_strings_annotations_and_code_for_elsewhere_stay_as_they_are(tool, tiny):
    lines = {mutant.line for mutant in tool.sample(tiny, 1000, seed=1)}
    assert lines == {11, 12, 13, 17}
    assert mutants_of(tool, 'Kind = Literal["a", "b"]\nRow = tuple[int, str]\n') == set()
    assert mutants_of(tool, 'X = f"{0 + 1}"\nY: "Literal[3]" = "a" "b"\n') == set()
    assert mutants_of(tool, 'X = "a %d" % 3\nSQL = "SELECT 1"\n') == {
        'X = "a %d" % 4\nSQL = "SELECT 1"\n'
    } | {'X = "a %d" % 2\nSQL = "SELECT 1"\n'}


def test_a_signal_to_a_process_is_never_changed(tool):
    assert mutants_of(tool, "def f(pid):\n    os.kill(pid, 0)\n") == {"def f(pid):\n    pass\n"}


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    if sys.platform != "{here}":\n        x = 1\n',
        'def f():\n    if sys.platform == "{here}":\n        raise E\n    x = 1\n',
    ],
)
def test_code_for_another_operating_system_stays_as_it_is(tool, monkeypatch, source):
    monkeypatch.setattr(sys, "platform", "win32")
    assert mutants_of(tool, source.format(here="win32")) == set()
    monkeypatch.setattr(sys, "platform", "linux")
    assert len(mutants_of(tool, source.format(here="win32"))) == 2


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", {"(a <= b)", "(a >= b)"}),
        ("a is None", {"(a is not None)"}),
        ("a + b", {"(a - b)", "a", "b"}),
        ("a / b", {"(a * b)", "a"}),
        ("a and b", {"(a or b)", "a", "b"}),
        ("not a", {"a"}),
        ("-a", {"a"}),
        ("298.15", {"596.3", "149.075"}),
        ("std(x, ddof=1)", {"std(x, ddof=2)", "std(x, ddof=0)"}),
        ("min(a, b)", {"max(a, b)"}),
        ("f(a, b)", {"f(b, a)"}),
        ("(low, high)", {"(high, low)"}),
        ("a if b else c", {"a if (not b) else c"}),
        ("[a for a in b if a]", {"[a for a in b if (not a)]"}),
    ],
)
def test_each_kind_of_change_is_made(tool, source, changed):
    assert mutants_of(tool, f"x = {source}\n") == {f"x = {text}\n" for text in changed}


def test_statements_and_returns_are_taken_away(tool):
    source = "def f():\n    g()\n    n += a\n    return n\n"
    assert mutants_of(tool, source) == {
        source.replace("g()", "pass"),
        source.replace("n += a", "pass"),
        source.replace("n += a", "n -= a"),
        source.replace("return n", "return None"),
    }


def test_a_seed_draws_the_same_mutants_again(tool, tiny):
    assert tool.sample(tiny, 5, seed=7) == tool.sample(tiny, 5, seed=7)
    assert tool.sample(tiny, 5, seed=7) != tool.sample(tiny, 5, seed=8)


def test_a_verdict_cut_short_by_a_kill_is_judged_again(tool, tmp_path):
    results = tool.Results(tmp_path / "out.jsonl")
    assert results.begin("digest") == []
    verdict = tool.Verdict("key", "room", True, "test", 3, 1.0)
    results.add(verdict)
    with results.path.open("a", encoding="utf-8") as file:
        file.write('{"key": "oth')
    assert results.begin("digest") == [verdict]
    results.add(verdict)
    assert results.begin("digest") == [verdict, verdict]
    assert results.begin("other sources") == []
