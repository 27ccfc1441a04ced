"""Packages that must not be imported before they are needed, because they would delay every command."""

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "pymeasure",
    "pyvisa",
    "pint",
    "sqlite_utils",
    "rich",
    "jinja2",
    "typst",
    "docx",
    "pyarrow",
    "fsspec",
    "duckdb",
    "dask",
    "distributed",
    "datasette",
)


def loaded_by(program: str) -> set[str]:
    """Top-level packages and scipy's parts that are loaded once `program` has run in a fresh process."""
    report = "import sys; print(*sys.modules, file=sys.stderr)"
    program = f"{program}\n{report}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    modules = done.stderr.split()
    return {module.split(".")[0] for module in modules} | {m for m in modules if m.startswith("scipy.")}


def command(*arguments: str) -> str:
    return (
        f"import sys; sys.argv = {['labctl', *arguments]!r}\n"
        "from labctl.cli import app\n"
        "try:\n    app()\n"
        "except SystemExit as leaving:\n    assert leaving.code == 0, leaving.code"
    )


def test_help_waits_for_nothing_heavy():
    assert not loaded_by(command("--help")).intersection(HEAVY)


def test_status_waits_for_nothing_heavy(tmp_path):
    from labctl.store.transactions import WriteConnection

    WriteConnection(tmp_path / "lab.db").close()
    assert not loaded_by(command("status", "--db", str(tmp_path / "lab.db"))).intersection(HEAVY)


@pytest.mark.parametrize(
    "names", ["fit_circuit", "ionic_resistance, kramers_kronig", "fit_arrhenius, Estimate"]
)
def test_an_analysis_loads_numpy_and_no_part_of_scipy(names):
    loaded = loaded_by(f"from labctl.analysis import {names}")
    assert "numpy" in loaded
    assert "scipy" not in loaded


def test_a_temperature_law_waits_for_no_scipy_stats():
    assert "scipy.stats" not in loaded_by("from labctl.analysis import fit_temperature_law, fit_vtf")


def test_a_temperature_series_is_queued_without_the_analysis_that_chooses_temperatures():
    assert not {"scipy.optimize", "scipy.linalg"} & loaded_by("import procedures.temperature_stepped_eis")


def test_overviews_across_runs_wait_for_no_part_of_scipy():
    modules = "across_runs, best_numbers, finding"
    assert "scipy" not in loaded_by(f"from labctl.readmodel import {modules}")


def test_a_job_is_queued_and_a_run_is_shown_without_the_fits():
    loaded = loaded_by("import labctl.derive.in_force, labctl.derive.same_sample, labctl.readmodel.mounts")
    assert not {"scipy.optimize", "scipy.special"} & loaded
