"""Figures stated in README and docs are those of the results file, and each has a source."""

from pathlib import Path

import documented
import pytest
import recorded
from recorded import Figure

ROOT = Path(__file__).parents[2]


def figure(value, unit="ratio"):
    return Figure(value, unit, "python benchmarks/x.py", "abc", "2026-01-01", "a computer")


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page of the given text, and one figure for it."""

    def made(text, **figures):
        monkeypatch.setattr(documented, "source_of", lambda name: figures.get(name))
        path = tmp_path / "page.md"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(documented, "PAGES", (path,))
        monkeypatch.setattr(documented, "ROOT", tmp_path)
        return path

    return made


@pytest.mark.parametrize("path", documented.PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_figures_of_a_page_are_recorded_as_they_are_stated(path):
    assert [*documented.differences(path), *documented.unsourced(path)] == []


def test_the_results_files_name_command_commit_date_and_machine_and_no_place():
    for form in recorded.FORMS:
        for name, one in recorded.read(form).items():
            assert one.command.startswith(("python benchmarks/", "pytest ", "LABCTL_")), name
            assert all((one.commit, one.date, one.machine)), name
            assert not any(word in f"{one}" for word in ("/work", "/home", "/root", "/tmp")), name


@pytest.mark.parametrize(
    ("shown", "value", "same"),
    [
        ("4900", 4931.2, True),
        ("4900", 4951.0, False),
        ("0.87", 0.8749, True),
        ("0.87", 0.8751, False),
        ("41", 41.49, True),
        ("20 000", 20400.0, True),
        ("378 of 400", "378 of 400", True),
        ("378 of 400", "377 of 400", False),
    ],
)
def test_a_number_is_the_figure_within_its_rounding(shown, value, same):
    assert documented.rounds_to(shown, figure(value)) is same
    assert documented.rounds_to(documented.as_printed(shown, figure(value)), figure(value))


def test_a_number_that_differs_is_named_with_its_place(page):
    path = page("# A\n\nIt is 12<!-- figure: a.b --> times as fast.\n", **{"a.b": figure(13.0)})
    (sentence,) = documented.differences(path)
    assert sentence == "page.md:3: 12 is stated, 13.0 recorded as a.b"


def test_a_figure_that_nobody_recorded_is_named(page):
    path = page("It is 12<!-- figure: a.b --> times as fast.\n")
    assert list(documented.differences(path)) == ["page.md:1: no figure a.b is recorded"]


@pytest.mark.parametrize(
    "claim",
    [
        "It is 12 times as fast.",
        "It held in 37 of 40 nights.",
        "A fit takes a 27th of it.",
        "It covers 95 % of them.",
    ],
)
def test_a_claim_without_a_mark_has_no_source(page, claim):
    assert len(list(documented.unsourced(page(f"# A\n\n{claim}\n")))) == 1


def test_a_table_beside_the_command_of_a_study_needs_a_mark(page):
    table = "`python benchmarks/x.py` prints\n\n{}| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert len(list(documented.unsourced(page(table.format(""))))) == 1
    marked = page(table.format("<!-- table: a.t -->\n\n"), **{"a.t": figure(["| a |", "|-|", "| 1 | 3 |"])})
    assert list(documented.unsourced(marked)) == []
    assert len(list(documented.differences(marked))) == 1


def test_numbers_of_a_block_are_compared_in_their_order(page):
    text = "<!-- numbers: a.n -->\n\nIn 37 of 40 nights.\n"
    assert list(documented.differences(page(text, **{"a.n": figure(["37", "40"])}))) == []
    assert len(list(documented.differences(page(text, **{"a.n": figure(["36", "40"])})))) == 1


def test_a_mark_that_names_a_test_needs_that_test(page):
    path = page("<!-- test: test_a.py::test_b -->\n\nIn 37 of 40 nights.\n")
    (path.parent / "test_a.py").write_text("def test_c(): ...\n", encoding="utf-8")
    assert list(documented.differences(path)) == ["page.md:3: there is no test test_a.py::test_b"]
    (path.parent / "test_a.py").write_text("def test_b(): ...\n", encoding="utf-8")
    assert list(documented.differences(path)) == []


def test_an_update_writes_recorded_numbers_and_tables_with_the_digits_that_stand_there(page):
    text = "It is {}<!-- figure: a.b --> fast.\n\n<!-- table: a.t -->\n\n| own |\n|---|\n| {} |\n\nEnd.\n"
    path = page(text.format(4900, 1), **{"a.b": figure(5123.0), "a.t": figure(["| a |", "|-|", "| 2 |"])})
    assert documented.update() == ["page.md changed"]
    assert path.read_text(encoding="utf-8") == text.format(5100, 2)
    assert documented.update() == []
