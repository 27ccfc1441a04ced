"""pymeasure's own examples, as their files are: queued, measured to the end, stored, drawn in the window.

`.ci/oracles` fetches them, since pymeasure's wheel lacks them; LABCTL_PYMEASURE_EXAMPLES names another copy.
"""

import ast
import importlib.util
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import VirtualClock
from labctl.config.station import read_station
from labctl.measure.run import StopRequest
from labctl.queue.runner import Runner
from labctl.store import Database

FETCHED = Path(__file__).parents[3] / ".oracles" / "pymeasure" / "examples"
NUMBERS = 'iterations = 4\ndelay = 0.001\nseed = "7"'
PIXELS = "X_end = 0.5\nY_start = -0.3\nY_end = 0.0\ndelay = 0.001"
EXAMPLES = {  # file: class, parameters, rows
    "console": ("TestProcedure", NUMBERS, 4),
    "gui": ("TestProcedure", NUMBERS, 4),
    "gui_custom_inputs": ("TestProcedure", NUMBERS, 4),
    "gui_estimator": ("TestProcedure", NUMBERS, 4),
    "gui_foreign_instrument": ("TestProcedure", "iterations = 4\ndelay = 0.001", 4),
    "gui_sequencer": ("TestProcedure", NUMBERS, 4),
    "gui_table": ("TestProcedure", NUMBERS, 4),
    "image_gui": ("TestImageProcedure", PIXELS, 15),
    "script": ("TestProcedure", NUMBERS, 4),
    "script_plotter": ("TestProcedure", NUMBERS, 4),
}
NEEDS = {"gui_foreign_instrument": "instruments"}  # InstrumentKit
STATION = """
name = "desk"

[limits]
temperature_degc = [0, 100]
potential_v = 1.0
current_a = 0.01
"""
PROTOCOL = """
title = "{name}"

[sample]
name = "none"
thickness_mm = 1.0
area_cm2 = 1.0

[[procedure]]
use = "{name}:{of}"
{parameters}
"""


def examples_folder():
    folder = Path(os.environ.get("LABCTL_PYMEASURE_EXAMPLES", FETCHED)) / "Basic"
    if not folder.is_dir():
        pytest.skip(f"the examples of pymeasure are not in {folder.parent}; .ci/oracles fetches them")
    return folder


@contextmanager
def their_modules():
    """Let the modules of the examples be imported here, and forget them."""
    try:
        yield
    finally:
        for name in EXAMPLES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """One night with a job for each example that can run here; returns the folder."""
    pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)
    folder, here = tmp_path_factory.mktemp("examples"), Path.cwd()
    shutil.copytree(examples_folder(), folder, dirs_exist_ok=True)
    (folder / "station.toml").write_text(STATION, encoding="utf-8")
    os.chdir(folder)
    with their_modules():
        try:
            add_to_queue([write_protocol(folder, name) for name in EXAMPLES if can_run(name)])
            station = read_station(folder / "station.toml")
            Runner(station, folder / "lab.db", StopRequest(), clock=VirtualClock(), until_empty=True).run()
        finally:
            os.chdir(here)
    return folder


def write_protocol(folder, name):
    of, parameters, _ = EXAMPLES[name]
    text = PROTOCOL.format(name=name, of=of, parameters=parameters)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return f"{name}.toml"


def add_to_queue(protocols):
    queued = CliRunner().invoke(app, ["queue", "add", *protocols, "--db", "lab.db", "--no-rehearsal"])
    assert queued.exit_code == 0, queued.output


def can_run(name):
    return name not in NEEDS or importlib.util.find_spec(NEEDS[name]) is not None


@pytest.fixture
def run_of(night):
    def find(name):
        if not can_run(name):
            pytest.skip(f"{name} needs {NEEDS[name]}, which is not installed")
        with Database(night / "lab.db") as db:
            (run,) = db.rows("SELECT * FROM runs WHERE procedure LIKE ?", (f"{name}:%",))
            messages = db.rows(
                "SELECT message FROM events WHERE run_id = ? AND kind = 'procedure' ORDER BY id", (run["id"],)
            )
            return run, db.records(run["id"]), [row["message"] for row in messages]

    return find


def constants_of(path, called):
    """Return the strings that a file passes to calls of a method."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == called]
    return [arg.value for call in named for arg in call.args[:1] if isinstance(arg, ast.Constant)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_measured_to_its_end_with_its_columns_its_messages_and_its_progress(night, run_of, name):
    run, records, messages = run_of(name)
    of, _, rows = EXAMPLES[name]
    assert (run["status"], run["reason"], run["procedure"]) == ("finished", "", f"{name}:{of}")
    assert len(records) == rows
    text = (night / f"{name}.py").read_text()
    assert text == (examples_folder() / f"{name}.py").read_text()
    (columns,) = [
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DATA_COLUMNS"
    ]
    assert set(columns) <= set(records.columns)
    assert messages
    assert set(messages) <= set(constants_of(night / f"{name}.py", "info"))
    assert run["percent"] >= 75 if rows == 4 else run["percent"] == 93


def test_a_procedure_that_is_the_same_in_several_files_measured_the_same(run_of):
    assert [*run_of("gui")[1]["Random Number"]] == [*run_of("script")[1]["Random Number"]]


@pytest.fixture
def their_window(night, window_of, wait):
    """The window on the file of that night, and a way to a tab of it with one run."""
    with their_modules():
        window = window_of(read_station(night / "station.toml"))

        wait(lambda: window._snapshots, "the newest run")

        def show(run_id, tab_name):
            window.browser.model.tick([one for one in window.browser.ticked() if one != run_id], False)
            window.browser.model.tick([run_id], True)
            wait(lambda: [*window._snapshots] == [run_id], "the run alone")
            tab = next(tab for tab in window.tabs if tab.name == tab_name)
            window.tab_widget.setCurrentWidget(tab)
            return tab

        yield window, show


@pytest.fixture
def db(night):
    return night / "lab.db"


def test_the_window_draws_its_image_its_numbers_and_its_rows(their_window, run_of, wait):
    _, show = their_window
    pixels = run_of("image_gui")[1]["pixel_data"]
    image = show(run_of("image_gui")[0]["id"], "Image")
    assert image.item.image.shape == (5, 3)
    assert image.item.image[4, 2] == pytest.approx(pixels.iloc[-1])
    run, records, _ = run_of("gui_table")
    rows = show(run["id"], "Rows")
    wait(lambda: rows.model.rowCount() == 4, "its rows")
    assert rows.model.columns[-2:] == ["Iteration", "Random Number"]
    plot = show(run["id"], "Records")
    x, y = plot.plot.curves.points(run["id"])
    assert (x.tolist(), y.tolist()) == ([0, 1, 2, 3], [*records["Random Number"]])


def test_the_form_takes_the_file_with_its_estimates_and_its_sequence(their_window, night, wait):
    panel = their_window[0].queueing
    panel.open_procedures(night / "gui_estimator.py")
    panel.procedure.setCurrentIndex(panel.procedure.findText("TestProcedure"))
    panel.sample.name.setEditText("none")
    panel.sample.thickness_mm.setText("1")
    panel.sample.diameter_mm.setText("10")
    panel.check()
    wait(lambda: "Number of lines: 100" in panel.estimate.text(), "its estimates")
    panel.sweep.setChecked(True)
    panel.sweep.load_file(night / "gui_sequencer_example_sequence.txt")
    wait(lambda: "Sequence length: 54" in panel.estimate.text(), "the estimates of its sequence")
    assert "54 jobs" in panel.review.text()
    assert "Loop Iterations 2, 20, 148 (made whole)" in panel.review.text()
