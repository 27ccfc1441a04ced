"""Bulk and grain boundary have laws of their own beside the total's."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from typer.testing import CliRunner

from labctl.analysis import parse_circuit
from labctl.cli import app
from labctl.derive import derive_fits, derive_run
from labctl.derive.part_laws import OF_RESISTANCE, with_parts_told
from labctl.derive.whole_runs import reproduced
from labctl.store import Database, Store
from labctl.store.merging import merge
from labctl.store.queries import analyses, part_laws

pytestmark = pytest.mark.xdist_group("part laws")

BOLTZMANN_EV_K = 8.617333262e-5
FREQUENCY_HZ = np.logspace(7, -1, 57)
KELVIN = np.linspace(290, 360, 8)
BULK_EV, BOUNDARY_EV = 0.35, 0.55
BULK_F, BOUNDARY_F = 2e-11, 2e-9


def arrhenius_ohm(energy_ev):
    """Resistances that are equal in the middle of the series; R / T is activated."""
    return 2e4 * KELVIN / 325 * np.exp(energy_ev / BOLTZMANN_EV_K * (1 / KELVIN - 1 / 325))


def crossing():
    circuit, rng = parse_circuit("p(R1,CPE1)-p(R2,CPE2)-CPE3"), np.random.default_rng(3)
    for bulk, boundary in zip(arrhenius_ohm(BULK_EV), arrhenius_ohm(BOUNDARY_EV), strict=True):
        values = [bulk, (bulk * BULK_F) ** 0.97 / bulk, 0.97]
        values += [boundary, (boundary * BOUNDARY_F) ** 0.95 / boundary, 0.95, 1e-5, 0.9]
        z = circuit.impedance(values, FREQUENCY_HZ)
        error = rng.standard_normal((2, FREQUENCY_HZ.size)) * 2e-3
        yield list(zip(FREQUENCY_HZ, z * (1 + error[0] + 1j * error[1]), strict=True))


@pytest.fixture(scope="module")
def measured(tmp_path_factory, make_notebook):
    """A file with a whole series, derived once."""
    book = make_notebook(Store.open(tmp_path_factory.mktemp("crossing") / "lab.db"), {})
    for kelvin, impedances in zip(KELVIN, crossing(), strict=True):
        book.spectrum([kelvin - 0.01, *[kelvin + 0.01] * 56], impedances=impedances)
    derive_run(book.store, book.run_id, 6.0)
    yield book
    book.store.close()


def law_of(book, part):
    return next(row for row in book.rows("part_laws") if row["part"] == part)


def test_parts_that_cross_have_the_energies_of_their_own(measured):
    for part, energy_ev in (
        ("bulk", BULK_EV),
        ("grain_boundary_apparent", BOUNDARY_EV),
        ("grain_boundary_specific", BOUNDARY_EV),
    ):
        row = law_of(measured, part)
        assert abs(row["activation_energy_ev"] - energy_ev) < 3 * row["standard_uncertainty_ev"]
        assert row["standard_uncertainty_ev"] < 0.01
        assert row["n_points"] == KELVIN.size
        assert row["parameters"]["pre_exponential"]["unit"] == "S K/m"


def test_the_law_of_the_total_says_that_its_parts_differ(measured):
    (preferred,) = [r for r in measured.rows("law_fits") if r["preferred"] and r["branch"] == "all"]
    (told,) = [flag for flag in preferred["flags"] if "of their own" in flag]
    assert "own, 0.35" in told
    assert "follows no single law" in told


def test_parts_of_one_energy_are_not_told():
    laws = [{"branch": "all", "preferred": True, "flags": []}]
    energy = {"activation_energy_ev": 0.4, "standard_uncertainty_ev": 0.001}
    parts = [{"part": part, "branch": "all"} | energy for part in ("bulk", "grain_boundary_apparent")]
    assert with_parts_told(laws, parts) == laws


def test_resistances_have_capacitances_and_readings(measured):
    rows = {row["quantity"]: row for row in measured.rows("resistances") if row["spectrum_id"] == 1}
    for quantity, farad in (("bulk", BULK_F), ("grain_boundary", BOUNDARY_F)):
        assert abs(rows[quantity]["capacitance_f"] - farad) < 4 * rows[quantity]["capacitance_u_f"]
        assert rows[quantity]["capacitance_u_f"] < 0.1 * farad
    boundary = rows["grain_boundary"]
    expected = boundary["resistance_ohm"] * BOUNDARY_F / BULK_F
    assert boundary["specific_resistance_ohm"] == pytest.approx(expected, rel=0.1)
    assert rows["bulk"]["specific_resistance_ohm"] is None
    first = rows["total"]["readings"][0]
    assert first["resistance_ohm"] == rows["total"]["resistance_ohm"]
    assert first["meaning"]
    assert rows["bulk"]["readings"] is None


def test_one_arc_has_no_laws_of_parts(notebook):
    book, circuit = notebook(), parse_circuit("p(R1,CPE1)-CPE2")
    for kelvin, ohm in zip(KELVIN[:4], arrhenius_ohm(BULK_EV)[:4], strict=True):
        z = circuit.impedance([ohm, (ohm * BULK_F) ** 0.97 / ohm, 0.97, 1e-5, 0.9], FREQUENCY_HZ)
        z = z * (1 + 1e-3 * np.random.default_rng(int(kelvin)).standard_normal(FREQUENCY_HZ.size))
        book.spectrum([kelvin] * 57, impedances=list(zip(FREQUENCY_HZ, z, strict=True)))
    derive_run(book.store, book.run_id, 6.0)
    assert book.rows("law_fits")
    assert book.rows("part_laws") == []


def test_laws_of_a_growing_run_have_parts_too(measured, tmp_path):
    with copied(measured, tmp_path) as store:
        store.replace_derived("part_laws", {"run_id": measured.run_id}, [])
        derive_fits(store, measured.run_id, 7.0)
        with store.read() as db:
            assert len(part_laws.of_run(db, measured.run_id)) == 3


def copied(book, tmp_path):
    """A second file with what the first holds."""
    book.store.flush()
    path = tmp_path / "copy.db"
    with closing(sqlite3.connect(book.store.path)) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    return Store.open(path)


def test_they_are_made_again_bit_for_bit_and_come_along_when_merged(measured, tmp_path):
    with copied(measured, tmp_path) as store:
        store.update("runs", measured.run_id, {"status": "finished", "ended_s": 9.0})
        with store.read() as db:
            (analysis,) = analyses.current(db, (measured.run_id,))
            assert reproduced(db, measured.run_id, analysis).differences == ()
    ours = tmp_path / "ours.db"
    Store.open(ours).close()
    merge(ours, store.path)
    with Database(ours) as here, Database(store.path) as there:
        assert len(here.part_fits()) == 3
        assert here.part_fits().equals(there.part_fits())
        assert here.fits()["law"].equals(there.fits()["law"])


def test_show_prints_the_laws_of_the_parts(measured, tmp_path):
    with copied(measured, tmp_path) as store:
        path = str(store.path)
    shown = CliRunner().invoke(app, ["show", "last", "--db", path])
    assert shown.exit_code == 0
    assert "laws of the parts" in shown.stdout
    assert "grain boundary, specific: Arrhenius, ln(sigma T), 8 points" in shown.stdout
    told = json.loads(CliRunner().invoke(app, ["show", "last", "--db", path, "--json"]).stdout)
    assert {row["part"] for row in told["part_fits"]} == set(OF_RESISTANCE)
    (first, *_) = [row for row in told["resistances"] if row["quantity"] == "total"]
    assert first["readings"][0]["resistance_ohm"] == first["resistance_ohm"]


def test_each_parameter_of_a_part_keeps_its_uncertainty_by_source(measured):
    row = law_of(measured, "grain_boundary_apparent")
    components = row["budget"]["components"]
    assert components.keys() == {"activation_energy", "pre_exponential"}
    total = sum(one["change"] ** 2 for one in components["activation_energy"]) ** 0.5
    assert total == pytest.approx(row["standard_uncertainty_ev"], rel=1e-6)
    assert row["budget"]["not_stated"]  # the run states no thermometer


def test_a_way_up_and_down_has_laws_of_the_parts_for_each(tmp_path, make_notebook):
    book = make_notebook(Store.open(tmp_path / "lab.db"), {})
    for branch, places in (("heating", range(0, 8, 2)), ("cooling", range(7, 0, -2))):
        for place in places:
            kelvin, impedances = KELVIN[place], list(crossing())[place]
            book.spectrum([kelvin - 0.01, *[kelvin + 0.01] * 56], impedances=impedances, branch=branch)
    derive_run(book.store, book.run_id, 6.0)
    rows = book.rows("part_laws")
    book.store.close()
    found = {(row["part"], row["branch"]): row["n_points"] for row in rows}
    for part in ("bulk", "grain_boundary_apparent"):
        assert found[part, "heating"] == found[part, "cooling"] == 4
        assert found[part, "all"] == 8


def test_the_energies_of_the_parts_hold_the_thermometer_that_the_run_states(tmp_path, make_notebook):
    def energies(name, accuracy):
        book = make_notebook(Store.open(tmp_path / name), {})
        book.store.record_provenance(book.run_id, {"accuracy": accuracy})
        for kelvin, impedances in zip(KELVIN[::2], list(crossing())[::2], strict=True):
            book.spectrum([kelvin - 0.01, *[kelvin + 0.01] * 56], impedances=impedances)
        derive_run(book.store, book.run_id, 6.0)
        laws = book.rows("part_laws")
        book.store.close()
        rows = {row["part"]: row["standard_uncertainty_ev"] for row in laws}
        sources = {one["source"] for row in laws for one in row["budget"]["components"]["activation_energy"]}
        assert any("thermometer" in source for source in sources) == bool(accuracy)
        return rows

    silent = energies("silent.db", {})
    stated = energies("stated.db", {"thermometer": {"instrument": "oven", "offset_u_k": 2.0, "gain_u": 0.0}})
    assert stated.keys() == silent.keys() >= {"bulk", "grain_boundary_apparent"}
    for part, energy_ev in (("bulk", BULK_EV), ("grain_boundary_apparent", BOUNDARY_EV)):
        assert stated[part] > silent[part]
        added = (stated[part] ** 2 - silent[part] ** 2) ** 0.5
        assert added == pytest.approx(2 * 2.0 * energy_ev / 325, rel=0.15)
