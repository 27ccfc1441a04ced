"""Internals of pymeasure used by labctl; a failure names the part changed by a newer version.

The pin `pymeasure>=0.16,<0.17` keeps installations to versions with these internals. Before changing the pin,
make these tests pass.
"""

import importlib
import inspect
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SIGNATURES = {  # what is called or overridden: its parameters
    "pymeasure.experiment.results:Results.__init__": "self, procedure, data_filename",
    "pymeasure.experiment.results:Results.load": "data_filename, procedure_class",
    "pymeasure.experiment.results:Results.reload": "self",
    "pymeasure.experiment.results:Results.store_metadata": "self",
    "pymeasure.experiment.results:CSVFormatter.__init__": "self, columns, delimiter",
    "pymeasure.experiment.workers:Worker.__init__": "self, results, log_queue, log_level, port",
    "pymeasure.experiment.workers:Worker.run": "self",
    "pymeasure.experiment.workers:Worker.emit": "self, topic, record",
    "pymeasure.experiment.workers:Worker.handle_record": "self, record",
    "pymeasure.experiment.workers:Worker.handle_batch_record": "self, record",
    "pymeasure.experiment.workers:Worker.handle_abort": "self",
    "pymeasure.experiment.workers:Worker.handle_error": "self",
    "pymeasure.experiment.workers:Worker.shutdown": "self",
    "pymeasure.experiment.workers:Worker.update_status": "self, status",
    "pymeasure.experiment.workers:Worker.is_last": "self",
    "pymeasure.experiment.listeners:Recorder.__init__": "self, results, queue, kwargs",
    "pymeasure.experiment.procedure:Procedure.set_parameters": "self, parameters, except_missing",
    "pymeasure.experiment.procedure:Procedure.parameter_values": "self",
    "pymeasure.experiment.procedure:Procedure.parameter_objects": "self",
    "pymeasure.experiment.procedure:Procedure.metadata_objects": "self",
    "pymeasure.experiment.procedure:Procedure.evaluate_metadata": "self",
    "pymeasure.experiment.procedure:Procedure.get_estimates": "self",
    "pymeasure.experiment.procedure:Procedure.parse_columns": "columns",
    "pymeasure.experiment.procedure:Procedure.is_last": "self",
    "pymeasure.experiment.procedure:Procedure.startup": "self",
    "pymeasure.experiment.procedure:Procedure.execute": "self",
    "pymeasure.experiment.procedure:Procedure.shutdown": "self",
    "pymeasure.experiment.procedure:Procedure.emit": "self, topic, record",
    "pymeasure.experiment.procedure:Procedure.should_stop": "self",
    "pymeasure.experiment.parameters:Parameter.convert": "self, value",
    "pymeasure.experiment.parameters:Parameter.is_set": "self",
    "pymeasure.experiment.parameters:Metadata.is_set": "self",
    "pymeasure.thread:StoppableThread.stop": "self",
    "pymeasure.thread:StoppableThread.should_stop": "self",
    "pymeasure.adapters:VISAAdapter._read": "self, kwargs",
    "pymeasure.adapters:VISAAdapter._write": "self, command, kwargs",
    "pymeasure.adapters:VISAAdapter._write_bytes": "self, content, kwargs",
    "pymeasure.adapters:VISAAdapter._read_bytes": "self, count, break_on_termchar, kwargs",
}
WINDOW = "pymeasure.display.windows.managed_window:ManagedWindowBase"
WINDOW_SIGNATURES = {
    "pymeasure.display.manager:Manager.__init__": "self, widget_list, browser, port, log_level, parent",
    "pymeasure.display.manager:BaseManager.next": "self",
    "pymeasure.display.manager:BaseManager._running": "self",
    "pymeasure.display.manager:BaseManager._failed": "self",
    "pymeasure.display.manager:BaseManager._abort_returned": "self",
    "pymeasure.display.manager:Manager._finish": "self",
    "pymeasure.display.manager:BaseManager._clean_up": "self",
    "pymeasure.display.manager:BaseManager._update_progress": "self, progress",
    "pymeasure.display.manager:BaseManager._update_status": "self, status",
    "pymeasure.display.manager:BaseManager._update_log": "self, record",
    "pymeasure.display.manager:ExperimentQueue.next": "self",
    "pymeasure.display.manager:ExperimentQueue.has_next": "self",
    "pymeasure.display.listeners:Monitor.__init__": "self, queue",
    "pymeasure.display.curves:ResultsCurve.update_data": "self",
    "pymeasure.display.browser:BrowserItem.__init__": "self, results, color, parent",
    f"{WINDOW}._setup_ui": "self",
    f"{WINDOW}.queue": "self, procedure",
    f"{WINDOW}.open_experiment": "self",
    f"{WINDOW}.new_experiment": "self, results, curve",
    f"{WINDOW}.make_procedure": "self",
    f"{WINDOW}.finished": "self, experiment",
    f"{WINDOW}.save_experiment_copy": "self, source_filename",
    f"{WINDOW}.delete_experiment_data": "self, experiment",
    f"{WINDOW}.open_file_externally": "self, filename",
    f"{WINDOW}.reveal_in_file_explorer": "self, filename",
}
WORDS = {  # what a function must still say, and why labctl cares
    ("pymeasure.experiment.workers:Worker.run", "self.results.store_metadata()"): (
        "SQLiteResults keeps the metadata, and finds out a worker that stores nothing, in store_metadata()"
    ),
    ("pymeasure.experiment.workers:Worker.run", "self.procedure.emit = self.emit"): (
        "a procedure's rows reach SQLiteWorker through its emit()"
    ),
    ("pymeasure.experiment.workers:Worker.run", "self.handle_error()"): (
        "SQLiteWorker learns of a failure in handle_error()"
    ),
    ("pymeasure.experiment.workers:Worker.run", "self.shutdown()"): (
        "SQLiteWorker ends the run in the database in shutdown()"
    ),
    ("pymeasure.experiment.workers:Worker.emit", "self.handle_record(record)"): (
        "SQLiteWorker stores a row in handle_record()"
    ),
    ("pymeasure.experiment.workers:Worker.emit", "self.handle_batch_record(record)"): (
        "SQLiteWorker stores a batch in handle_batch_record()"
    ),
    ("pymeasure.experiment.listeners:Recorder.__init__", "results.data_filenames"): (
        "an empty data_filenames keeps pymeasure from writing files"
    ),
    ("pymeasure.experiment.results:Results.__init__", "self._header_count"): (
        "SQLiteResults sets what Results.__init__ sets, without opening a file"
    ),
}
WINDOW_WORDS = {
    ("pymeasure.display.manager:BaseManager.next", "Worker(experiment.results"): (
        "SQLiteManager.next does the same with its own worker; compare the two"
    ),
    ("pymeasure.display.curves:ResultsCurve.update_data", "self.results.data"): (
        "curves read rows from results.data"
    ),
}
ATTRIBUTES_OF_RESULTS = {
    "procedure", "procedure_class", "parameters", "_header_count", "_metadata_count", "_last_file_size",
    "formatter", "data_filename", "data_filenames", "_data",
}  # fmt: skip
STATUSES = {"FINISHED": 0, "FAILED": 1, "ABORTED": 2, "QUEUED": 3, "RUNNING": 4}


def found(reference):
    module_name, _, path = reference.partition(":")
    try:
        member = importlib.import_module(module_name)
        for name in path.split("."):
            member = getattr(member, name)
    except (ImportError, AttributeError):
        pytest.fail(f"{moved()}: {reference} is gone.", pytrace=False)
    return member


def moved():
    return f"pymeasure {metadata.version('pymeasure')} moved something that labctl leans on"


def check_signature(reference, parameters):
    now = ", ".join(inspect.signature(found(reference)).parameters)
    if now != parameters:
        pytest.fail(f"{moved()}: {reference} takes ({now}), labctl expects ({parameters}).", pytrace=False)


def check_words(reference, words, why):
    if words not in inspect.getsource(found(reference)):
        pytest.fail(f"{moved()}: {reference} no longer says `{words}`; {why}.", pytrace=False)


def test_the_pin_is_the_one_these_seams_were_read_in():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (pin,) = [line for line in project["dependencies"] if line.startswith("pymeasure")]
    assert pin == "pymeasure>=0.16,<0.17", (
        f"The pin is {pin}: read again what follows in this file, then change it."
    )


@pytest.mark.parametrize("reference", SIGNATURES)
def test_a_function_of_the_experiment_layer_takes_what_it_took(reference):
    check_signature(reference, SIGNATURES[reference])


@pytest.mark.parametrize("reference", WINDOW_SIGNATURES)
def test_a_function_of_the_windows_takes_what_it_took(reference, windows):
    check_signature(reference, WINDOW_SIGNATURES[reference])


@pytest.mark.parametrize(("reference", "words"), WORDS)
def test_a_seam_of_the_experiment_layer_is_where_it_was(reference, words):
    check_words(reference, words, WORDS[reference, words])


@pytest.mark.parametrize(("reference", "words"), WINDOW_WORDS)
def test_a_seam_of_the_windows_is_where_it_was(reference, words, windows):
    check_words(reference, words, WINDOW_WORDS[reference, words])


@pytest.fixture
def windows(monkeypatch):
    pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)
    monkeypatch.setenv("QT_API", "pyside6")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def test_results_has_no_attribute_that_ours_lacks(tmp_path):
    from pymeasure.experiment import Procedure, Results

    from labctl.pymeasure.results import SQLiteResults

    theirs = set(vars(Results(Procedure(), str(tmp_path / "theirs.csv"))))
    sample = {"name": "p", "thickness_mm": 1.0, "diameter_mm": 10.0}
    ours = set(vars(SQLiteResults(Procedure(), tmp_path / "lab.db", sample)))
    if new := theirs - ATTRIBUTES_OF_RESULTS:
        pytest.fail(f"{moved()}: Results has the new attributes {sorted(new)}.", pytrace=False)
    unused = {"_last_file_size"}
    assert theirs - unused <= ours


def test_the_statuses_are_the_numbers_they_were():
    from pymeasure.experiment import Procedure

    now = {name: getattr(Procedure, name, None) for name in STATUSES}
    if now != STATUSES:
        pytest.fail(
            f"{moved()}: the statuses of Procedure are {now}, labctl expects {STATUSES}.", pytrace=False
        )


def test_parameters_live_in_the_object_and_their_values_in_attributes():
    from pymeasure.experiment import FloatParameter, Metadata, Procedure

    class Probe(Procedure):
        length = FloatParameter("Length", units="m", default=1.0)
        origin = Metadata("Origin", default="here")

    probe = Probe()
    probe.set_parameters({"length": 2.5})
    told = f"{moved()}: "
    assert probe.length == 2.5, told + "set_parameters() no longer sets the attribute."
    assert isinstance(probe._parameters["length"], FloatParameter), (
        told + "Procedure._parameters is different."
    )
    assert probe.parameter_values() == {"length": 2.5}, told + "parameter_values() gives something else."
    assert hasattr(Metadata("m"), "_value"), told + "Metadata keeps its value elsewhere than in _value."
    with pytest.raises(NameError):
        probe.set_parameters({"lenght": 1.0})


def test_a_seam_that_moved_is_told_in_a_sentence(monkeypatch):
    from pymeasure.experiment.workers import Worker

    def handle_record(self, record, columns):
        pass

    monkeypatch.setattr(Worker, "handle_record", handle_record)
    reference = "pymeasure.experiment.workers:Worker.handle_record"
    with pytest.raises(pytest.fail.Exception) as caught:
        check_signature(reference, SIGNATURES[reference])
    sentence = (
        r"pymeasure \S+ moved something that labctl leans on: "
        r"pymeasure.experiment.workers:Worker.handle_record takes \(self, record, columns\), "
        r"labctl expects \(self, record\)\."
    )
    assert re.fullmatch(sentence, str(caught.value))
    monkeypatch.delattr(Worker, "handle_abort")
    with pytest.raises(pytest.fail.Exception, match=r"Worker.handle_abort is gone\."):
        found("pymeasure.experiment.workers:Worker.handle_abort")
