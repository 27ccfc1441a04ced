"""Amendments: checked, derived and written together; the stored rows stay as they are."""

import math
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labctl
from labctl.derive import conductivities, derive_run, derive_spectrum
from labctl.derive.amending import Request, amend, propose
from labctl.derive.in_force import in_force
from labctl.derive.moves import moves
from labctl.errors import ConfigurationError, InvalidRequest, StoreError
from labctl.store import Store
from labctl.store import store as store_module
from labctl.store.care import verify

SAMPLE = {
    "name": "pellet",
    "thickness_m": 1e-3,
    "thickness_u_m": 1e-5,
    "area_m2": 5e-5,
    "area_u_m2": 1e-6,
    "electrodes": "blocking",
    "cation": "Li+",
}
TABLES = ("resistances", "conductivities", "law_fits", "transference_numbers")


def arc(total_ohm):
    """Impedances (Hz, ohm) of an ionic resistance beside a capacitance, and a blocking electrode."""
    hertz = [10 ** (6 - n / 4) for n in range(24)]
    return [(f, _z_ohm(f, total_ohm)) for f in hertz]


def _z_ohm(f, total_ohm):
    jw = 2j * math.pi * f
    return 1 / (1 / total_ohm + jw * 1e-10) + 1 / (1e-6 * jw**0.9)


@pytest.fixture
def run(notebook, derived_file):
    """A finished run of spectra at three temperatures, derived."""
    book = notebook()
    book.store.close()
    shutil.copy(derived_file, book.store.path)
    book.store = Store.open(book.store.path)
    book.path = book.store.path
    yield book
    book.store.close()


@pytest.fixture(scope="session")
def derived_file(tmp_path_factory, empty_file, make_notebook):
    """Made once: the fits take longer than most tests."""
    path = tmp_path_factory.mktemp("amending") / "derived.db"
    shutil.copy(empty_file, path)
    with Store.open(path) as store:
        book = make_notebook(store, {})
        for kelvin, total_ohm in ((300.0, 4000.0), (320.0, 1500.0), (340.0, 700.0)):
            impedances = arc(total_ohm)
            readings = [kelvin + 0.01 * (n % 2) for n in range(len(impedances))]
            book.spectrum(readings, impedances=impedances, setpoint_k=kelvin)
        derive_run(store, book.run_id, 5.0)
        store.update("runs", book.run_id, {"status": "finished", "ended_s": 10.0})
    return path


def numbers(book, table="conductivities"):
    return [
        {k: v for k, v in row.items() if k not in ("id", "derived_s", "analysis_id")}
        for row in book.rows(table)
    ]


def content(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def thickness(mm, **about):
    return Request(reason="measured again", sample="pellet", values={"thickness_mm": mm}, **about)


def test_every_conductivity_moves_by_the_ratio_of_the_thicknesses_and_nothing_measured_changes(run):
    before, laws = numbers(run), numbers(run, "law_fits")
    (amendment,), _ = amend(run.path, thickness(1.1))
    for old, new in zip(before, numbers(run), strict=True):
        assert new["conductivity_s_m"] / old["conductivity_s_m"] == pytest.approx(1.1, rel=1e-12)
        relative = math.hypot(0.01 / 1.1, 1e-6 / 5e-5, new["relative_uncertainty_resistance"])
        assert new["standard_uncertainty_s_m"] == pytest.approx(relative * new["conductivity_s_m"])
        assert new["total_resistance_ohm"] == old["total_resistance_ohm"]
    for old, new in zip(laws, numbers(run, "law_fits"), strict=True):
        assert new["activation_energy_ev"] == pytest.approx(old["activation_energy_ev"])
    with run.store.read() as db:
        (row,) = db.rows("SELECT * FROM amendments")
        assert db.sample(1)["thickness_m"] == 1e-3
    assert (row["id"], row["old_value"]["thickness_m"], row["new_value"]["thickness_m"]) == (
        amendment,
        1e-3,
        pytest.approx(1.1e-3),
    )
    assert [check.intact for check in verify(run.path)] == [True]


def test_a_revocation_brings_the_old_numbers_back_bit_for_bit(run):
    before = [numbers(run, table) for table in TABLES]
    (amendment,), _ = amend(run.path, thickness(1.1))
    amend(run.path, Request(reason="the micrometer was wrong", revokes=amendment))
    assert [numbers(run, table) for table in TABLES] == before


def test_a_proposal_writes_nothing_and_tells_which_numbers_would_move(run):
    before = content(run.path)
    told = propose(run.path, thickness(1.1))
    found = moves(told.before, told.after)
    assert content(run.path) == before
    sigma = [move for move in found if move.quantity == "conductivity_s_m"]
    assert [move.factor for move in sigma] == pytest.approx([1.1, 1.1, 1.1])
    assert not any(move.quantity == "total_resistance_ohm" for move in found)


def test_a_value_that_is_in_force_already_is_refused_and_nothing_is_written(run):
    with pytest.raises(InvalidRequest, match=r"thickness_m is 0\.001 already"):
        amend(run.path, thickness(1.0))
    assert run.rows("amendments") == []


def test_a_sample_that_is_not_there_is_refused_with_the_names_that_are(run):
    with pytest.raises(InvalidRequest, match="no sample 'pelet'; known here: 'pellet'"):
        amend(run.path, Request(reason="x", sample="pelet", values={"thickness_mm": 1.1}))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"thickness_mm": 0.02}, r"0\.02 mm differs from 1 mm.*is it in mm.*--sure"),
        ({"thickness_mm": 0.00105}, "are both in mm"),
        ({"thickness_mm": 1050.0}, "thickness_mm"),
        ({"area_cm2": 50.0}, "is it in cm2"),
        ({"thickness_uncertainty_mm": 10.0}, "are both in mm"),
        ({"electrodes": "ionic"}, "electrodes"),
        ({"thermometer_correction_k": 300.0}, "thermometer_correction_k"),
        ({"thickness": 1.1}, "a sample has no 'thickness'; it has thickness_mm"),
        ({}, "nothing to amend"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_right(run, values, told):
    with pytest.raises((InvalidRequest, ConfigurationError), match=told):
        propose(run.path, Request(reason="x", sample="pellet", values=values))


def test_a_large_change_is_taken_from_a_person_who_is_sure(run):
    told = propose(run.path, thickness(0.02, sure=True))
    assert told.amendments[0]["new_value"]["thickness_m"] == pytest.approx(2e-5)


def test_an_amendment_needs_a_reason(run):
    with pytest.raises(InvalidRequest, match="a reason is missing"):
        propose(run.path, Request(reason=" ", sample="pellet", values={"thickness_mm": 1.1}))


def test_a_corrected_thermometer_moves_temperatures_and_the_law_but_no_conductivity(run):
    before, laws = numbers(run), numbers(run, "law_fits")
    values = {"thermometer_correction_k": 2.0}
    amend(run.path, Request(reason="ice point", run=run.run_id, values=values))
    after = numbers(run)
    assert [new["temperature_k"] - old["temperature_k"] for old, new in zip(before, after, strict=True)] == (
        pytest.approx([2.0, 2.0, 2.0])
    )
    assert [row["conductivity_s_m"] for row in after] == [row["conductivity_s_m"] for row in before]
    assert numbers(run, "law_fits")[0]["activation_energy_ev"] > laws[0]["activation_energy_ev"]


def test_an_excluded_spectrum_keeps_its_number_and_leaves_the_law(run):
    amend(run.path, Request(reason="a contact was loose", run=run.run_id, exclusion={"spectrum": 1}))
    rows = numbers(run)
    assert "excluded: a contact was loose" in rows[1]["flags"]
    assert rows[1]["conductivity_s_m"] > 0
    assert not any("excluded" in flag for row in (rows[0], rows[2]) for flag in row["flags"])
    law = run.rows("law_fits")[0]
    assert law["spectra"] == [1, 3]
    assert "excluded: a contact was loose" in law["flags"][0]


def test_excluded_frequencies_leave_the_fit_and_the_flag_says_why(run):
    what = {"frequency_min_hz": 900.0, "frequency_max_hz": 1100.0}
    amend(run.path, Request(reason="mains harmonic", run=run.run_id, exclusion=what))
    for row in numbers(run):
        assert "1 of 24 points excluded, 900 to 1100 Hz: mains harmonic" in row["flags"]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ({"spectrum": 7}, "no such points; it has spectra 0 to 2 at 26.8. to 66.8. degC"),
        ({"temperature_min_k": 400.0, "temperature_max_k": 410.0}, "no such points"),
        ({"frequency_min_hz": 1.0, "frequency_max_hz": 1e7}, "exclude the whole spectrum instead"),
        ({"frequency_min_hz": 100.0, "frequency_max_hz": 10.0}, "the smaller number first"),
        ({"temperature_min_k": 300.0}, "a range needs temperature_min_k and temperature_max_k"),
        ({}, "name what to exclude"),
    ],
)
def test_an_exclusion_of_nothing_or_of_everything_is_refused(run, what, told):
    with pytest.raises(InvalidRequest, match=told):
        amend(run.path, Request(reason="x", run=run.run_id, exclusion=what))


def test_a_note_moves_no_number(run):
    before = run.rows("conductivities")
    amend(run.path, Request(reason="note", run=run.run_id, remark="the cable was moved"))
    assert run.rows("conductivities") == before


def test_an_amendment_is_revoked_once_and_a_revocation_can_be_revoked(run):
    (first,), _ = amend(run.path, thickness(1.1))
    (second,), _ = amend(run.path, Request(reason="wrong", revokes=first))
    with pytest.raises(InvalidRequest, match=f"amendment {first} is revoked already, by {second}"):
        amend(run.path, Request(reason="again", revokes=first))
    amend(run.path, Request(reason="right after all", revokes=second))
    assert numbers(run)[0]["conductivity_s_m"] == pytest.approx(1.1e-3 / (5e-5 * 4000), rel=0.05)
    with pytest.raises(InvalidRequest, match="no amendment 9"):
        amend(run.path, Request(reason="x", revokes=9))


def test_of_two_people_who_amend_at_once_neither_is_lost(run, monkeypatch):
    """The second writes while the first derives: the first derives again, on top of it."""
    raced = []

    def while_deriving(*_):
        if not raced:
            raced.append(True)
            amend(run.path, Request(reason="B", sample="pellet", values={"diameter_mm": 9.0}))

    amend(run.path, thickness(1.1), while_deriving)
    assert [row["field"] for row in run.rows("amendments")] == ["area", "thickness"]
    area_m2 = math.pi / 4 * 9e-3**2
    assert numbers(run)[0]["conductivity_s_m"] == pytest.approx(1.1e-3 / (area_m2 * 4000), rel=0.05)


def test_a_run_that_gains_a_spectrum_while_it_is_amended_is_derived_with_it(notebook):
    book = notebook()
    book.path = book.store.path
    book.spectrum([300.0] * 24, impedances=arc(4000.0))
    derive_run(book.store, book.run_id, 5.0)
    grown = []

    def while_deriving(*_):
        if not grown:
            grown.append(book.spectrum([320.0] * 24, impedances=arc(1500.0), setpoint_k=320.0))

    amend(book.path, thickness(1.1), while_deriving)
    assert [row["spectrum_id"] for row in book.rows("conductivities")] == [1, 2]


def test_a_spectrum_is_derived_again_where_an_amendment_came_while_it_was_derived(notebook, monkeypatch):
    book = notebook()
    spectrum_id = book.spectrum([300.0] * 24, impedances=arc(4000.0))
    write, came = book.store.replace_derived, []

    def written_late(table, *arguments):
        if not came:
            came.append(amend(book.store.path, thickness(1.1)))
        return write(table, *arguments)

    monkeypatch.setattr(book.store, "replace_derived", written_late)
    row = derive_spectrum(book.store, spectrum_id, 5.0)
    assert row["conductivity_s_m"] == pytest.approx(1.1e-3 / (5e-5 * 4000), rel=0.05)
    assert numbers(book)[0]["conductivity_s_m"] == row["conductivity_s_m"]


def test_a_run_that_continues_an_amended_one_is_derived_with_it(notebook, found_by_set_point):
    book = notebook()
    job = book.store.insert("jobs", {"uuid": "j", "protocol_text": "p", "created_s": 1.0})
    runs = []
    for part in range(2):
        row = {"sample_id": 1, "procedure": "p:P", "started_s": 1.0, "job_id": job}
        book.run_id = book.store.insert("runs", row)
        book._numbers["spectra"] = 0
        for kelvin in (300.0, 320.0):
            book.spectrum([kelvin + 40 * part, kelvin + 40 * part + 0.01], setpoint_k=kelvin + 40 * part)
        status = "finished" if part else "interrupted"
        book.store.update("runs", book.run_id, {"status": status, "ended_s": 10.0})
        derive_run(book.store, book.run_id, 5.0)
        runs.append(book.run_id)
    _, done = amend(
        book.store.path, Request(reason="x", run=runs[0], values={"thermometer_correction_k": 2.0})
    )
    assert done.runs == tuple(runs)
    last = {row["run_id"]: row for row in book.rows("analyses") if row["is_current"]}
    part = last[runs[1]]["inputs"]["parts"]
    assert [*part.values()] == [last[runs[0]]["uuid"]]  # it stands on the new analysis of the earlier part


def test_a_run_that_changes_all_the_time_is_left_alone(run, monkeypatch):
    monkeypatch.setattr(type(run.store), "amend", lambda *_: None)
    with pytest.raises(StoreError, match=r"changed 10 times.*nothing was written"):
        amend(run.path, Request(reason="x", run=run.run_id, remark="y"))


def test_entries_of_one_name_with_different_values_are_told_apart(run):
    other = run.store.find_or_add_sample(SAMPLE | {"thickness_m": 0.9e-3})
    with pytest.raises(InvalidRequest, match=r"2 entries.*--entry 1: thickness_m 0.001 \(run 1\)"):
        propose(run.path, thickness(1.1))
    told = propose(run.path, thickness(1.1, entry=other))
    assert [row["sample_id"] for row in told.amendments] == [other]
    with pytest.raises(InvalidRequest, match="has no entry 9"):
        propose(run.path, thickness(1.1, entry=9))


def test_no_program_changes_or_deletes_an_amendment(run):
    amend(run.path, Request(reason="note", run=run.run_id, remark="a"))
    with sqlite3.connect(run.path) as other:
        for statement in ("UPDATE amendments SET reason = 'b'", "DELETE FROM amendments"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(statement)


KILLED = """
import os, signal, sys
from pathlib import Path
from labctl.derive.amending import Request, amend
from labctl.store import amending

def killed():
    os.kill(os.getpid(), signal.SIGKILL)

write, where = amending.keep_analysis, sys.argv[2]
def kept(*arguments):
    write(*arguments)
    if where == "inside":
        killed()
amending.keep_analysis = kept
def on_run(*_):
    if where == "before":
        killed()
amend(Path(sys.argv[1]), Request(reason="x", sample="pellet", values={"thickness_mm": 1.1}), on_run)
killed()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
@pytest.mark.parametrize("where", ["before", "inside", "after"])
def test_a_program_killed_at_any_moment_leaves_the_old_state_or_the_new_one(run, where):
    before = [numbers(run, table) for table in TABLES]
    done = subprocess.run([sys.executable, "-c", KILLED, run.path, where], check=False)
    assert done.returncode == -signal.SIGKILL
    after = [numbers(run, table) for table in TABLES]
    if where == "after":
        assert after[1][0]["conductivity_s_m"] == pytest.approx(1.1 * before[1][0]["conductivity_s_m"])
        assert len(run.rows("amendments")) == 1
    else:
        assert after == before
        assert run.rows("amendments") == []
        amend(run.path, thickness(1.1))
        assert len(run.rows("amendments")) == 1


def note_of(number):
    return f"{number} " + 1900 * "a"


def write_notes(run, count):
    for number in range(count):
        amend(run.path, Request(reason="x", run=run.run_id, remark=note_of(number)))


def test_a_full_disk_leaves_the_old_state_and_is_told(run, monkeypatch):
    def full(path, *arguments, **about):
        connection = open_for_writing(path, *arguments, **about)
        connection.execute("PRAGMA max_page_count = 1")  # as many as there are
        return connection

    open_for_writing = store_module.open_for_writing
    monkeypatch.setattr(store_module, "open_for_writing", full)
    with pytest.raises(StoreError, match="full"):
        write_notes(run, 500)
    monkeypatch.undo()
    written = [row["new_value"]["remark"] for row in run.rows("amendments")]
    assert written == [note_of(number) for number in range(len(written))]
    assert len(written) < 500
    assert [check.intact for check in verify(run.path)] == [True]


def test_twenty_runs_of_one_sample_are_corrected_by_one_amendment(notebook, found_by_set_point):
    """Everything follows by the ratio; the old numbers stay in their analyses and come back."""
    book = notebook()
    runs = [book.run_id]
    for _ in range(19):
        row = {"sample_id": 1, "procedure": "p:P", "started_s": 1.0}
        runs.append(book.store.insert("runs", row))
    for run_id in runs:
        for number, kelvin in enumerate((300.0, 320.0)):
            row = {"run_id": run_id, "number": number, "setpoint_k": kelvin, "started_s": 1.0}
            spectrum_id = book.store.insert("spectra", row)
            for n in range(2):
                point = {"spectrum_id": spectrum_id, "number": n, "time_s": 1.0, "frequency_hz": 10.0 + n}
                point |= {"z_real_ohm": 100.0, "z_imag_ohm": -1.0, "temperature_k": kelvin + n / 100}
                book.store.append("impedance_points", point)
            book.store.flush()
            book.store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
        derive_run(book.store, run_id, 5.0)
        book.store.update("runs", run_id, {"status": "finished", "ended_s": 10.0})
    before = [numbers(book, table) for table in TABLES]
    earlier = {row["run_id"]: row["id"] for row in book.rows("analyses") if row["is_current"]}
    (amendment,), done = amend(book.store.path, thickness(1.1))
    assert done.runs == tuple(runs)
    assert {tuple(row["amendments"]) for row in book.rows("analyses") if row["is_current"]} == {(amendment,)}
    with labctl.open(book.store.path, analyses=earlier) as db:  # the published numbers, to the last digit
        kept = db.rows("SELECT * FROM conductivities ORDER BY id")
    assert [row["conductivity_s_m"] for row in kept] == [row["conductivity_s_m"] for row in before[1]]
    for old, new in zip(before[1], numbers(book), strict=True):
        assert new["conductivity_s_m"] == pytest.approx(1.1 * old["conductivity_s_m"], rel=1e-14)
        assert new["standard_uncertainty_s_m"] / new["conductivity_s_m"] == pytest.approx(
            math.hypot(0.01 / 1.1, 0.02, 10 / old["total_resistance_ohm"])
        )
    for old, new in zip(before[2], numbers(book, "law_fits"), strict=True):
        room = "conductivity_at_25_degc"
        assert new["parameters"][room]["value"] == pytest.approx(1.1 * old["parameters"][room]["value"])
    assert all(check.intact for check in verify(book.store.path))
    amend(book.store.path, Request(reason="it was right", revokes=amendment))
    assert [numbers(book, table) for table in TABLES] == before


MM = st.sampled_from([0.9, 1.0, 1.05, 1.2])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sample"), MM),
        st.tuples(st.just("run"), MM),
        st.tuples(st.just("thermometer"), st.sampled_from([-1.0, 0.5, 2.0])),
        st.tuples(st.just("exclude"), st.integers(0, 2)),
        st.tuples(st.just("revoke"), st.integers(1, 8)),
    ),
    max_size=8,
)


def request_of(step, run_id):
    kind, value = step
    if kind == "sample":
        return thickness(value)
    about = {
        "run": {"run": run_id, "values": {"thickness_mm": value}},
        "thermometer": {"run": run_id, "values": {"thermometer_correction_k": value}},
        "exclude": {"run": run_id, "exclusion": {"spectrum": value}},
        "revoke": {"revokes": value},
    }
    return Request(reason="measured again", **about[kind])


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_sequence_of_amendments_and_revocations_equals_a_fresh_derivation_with_the_final_values(
    steps, notebook, found_by_set_point
):
    """The final values are counted here on their own, from the list of what was done."""
    book = notebook()
    for kelvin in (300.0, 320.0, 340.0):
        book.spectrum([kelvin, kelvin + 0.01], setpoint_k=kelvin)
    derive_run(book.store, book.run_id, 5.0)
    book.store.update("runs", book.run_id, {"status": "finished", "ended_s": 10.0})
    done = []
    for step in steps:
        try:
            amend(book.store.path, request_of(step, book.run_id))
        except InvalidRequest:
            continue  # it changes nothing, or there is nothing to revoke
        done.append(step)
    final = final_values(done)
    fresh = notebook(thickness_m=final["mm"] * 1e-3)
    for number, kelvin in enumerate((300.0, 320.0, 340.0)):
        fresh.spectrum([kelvin + final["k"], kelvin + 0.01 + final["k"]], setpoint_k=kelvin)
        if number in final["excluded"]:
            row = {"uuid": f"{number}", "run_id": 1, "field": "exclusion", "time_s": 1.0}
            row |= {"new_value": {"spectrum": number}, "reason": "measured again"}
            fresh.store.insert("amendments", row)
    derive_run(fresh.store, fresh.run_id, 5.0)
    for table in ("conductivities", "law_fits"):
        assert numbers(book, table) == approximately(numbers(fresh, table))


def final_values(done):
    """What is in force after these steps: a revocation counts as a step and can be revoked."""
    standing = set(range(1, len(done) + 1))
    for number in range(len(done), 0, -1):
        kind, value = done[number - 1]
        if number in standing and kind == "revoke":
            standing.discard(value)
    now = {"mm": 1.0, "k": 0.0, "excluded": set()}
    for target in ("sample", "run"):
        for number, (kind, value) in enumerate(done, start=1):
            if number in standing and kind == target:
                now["mm"] = value
    for number, (kind, value) in enumerate(done, start=1):
        if number in standing and kind == "thermometer":
            now["k"] = value
        if number in standing and kind == "exclude":
            now["excluded"].add(value)
    return now


def approximately(value):
    """The same with every number to nine digits; a corrected mean differs from the mean of corrected ones."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-6, abs=1e-9)
    if isinstance(value, dict):
        return {key: approximately(part) for key, part in value.items()}
    return [approximately(part) for part in value] if isinstance(value, list) else value


@pytest.fixture
def found_by_set_point(monkeypatch, resistance):
    """Resistances that depend on the number of points alone: fits would take the time of the property."""

    def series(spectra, temperatures_k, electrodes, *, details):
        return tuple(resistance(4000.0 / (1 + n), 10.0) for n in range(len(spectra)))

    monkeypatch.setattr(conductivities, "ionic_resistance_series", series)


def test_a_dry_run_that_was_agreed_to_is_not_written_after_another_person_amended(run):
    request = Request("measured again", run=run.run_id, values={"thickness_mm": 1.05})
    shown = propose(run.path, request)
    amend(run.path, Request("another person", run=run.run_id, values={"diameter_mm": 9.0}))
    with pytest.raises(InvalidRequest, match="amended since the preview; nothing was written"):
        amend(run.path, request, shown=shown)
    assert [row["field"] for row in run.rows("amendments")] == ["area"]
    assert amend(run.path, request, shown=propose(run.path, request))[0] == [2]


def test_thickness_after_and_expansion_are_amended_and_taken_away_again(run):
    values = {"thickness_after_mm": 0.98, "thickness_after_uncertainty_mm": 0.01}
    values |= {"thermal_expansion_per_k": 2e-5, "thermal_expansion_uncertainty_per_k": 1e-6}
    amend(run.path, Request(reason="measured after the run", sample="pellet", values=values))
    with labctl.open(run.path) as db:
        sample = in_force(db, run.run_id).sample
    assert sample["thickness_after_m"] == pytest.approx(0.98e-3)
    assert sample["thickness_after_u_m"] == pytest.approx(1e-5)
    assert (sample["thermal_expansion_per_k"], sample["thermal_expansion_u_per_k"]) == (2e-5, 1e-6)
    gone = {"thickness_after_mm": "none", "thermal_expansion_per_k": "none"}
    amend(run.path, Request(reason="of another pellet", sample="pellet", values=gone))
    with labctl.open(run.path) as db:
        sample = in_force(db, run.run_id).sample
    names = ("thickness_after_m", "thickness_after_u_m")
    names += ("thermal_expansion_per_k", "thermal_expansion_u_per_k")
    assert [sample[name] for name in names] == [None] * 4
