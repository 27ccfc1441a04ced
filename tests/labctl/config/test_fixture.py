"""Leads and fixture: from the sample's table to the conductivity."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from labctl.analysis import parse_circuit
from labctl.config.fixture import in_words
from labctl.config.sample import Sample, find_sample, kept_sample, sample_of
from labctl.derive import derive_conductivities
from labctl.errors import ConfigurationError
from labctl.store import Store, migrations
from labctl.store.merging import merge

PELLET = {"name": "pellet", "thickness_mm": 1.0, "area_cm2": 1.0}
FREQUENCY_HZ = np.logspace(6, 0, 49)
ALONE = parse_circuit("p(R1,CPE1)-CPE2").impedance([50.0, 1e-7, 0.95, 1e-5, 0.9], FREQUENCY_HZ)
SHORT = parse_circuit("L1-R1").impedance([8e-8, 2.5], FREQUENCY_HZ)
STRAY = parse_circuit("C1").impedance([3e-10], FREQUENCY_HZ)
IN_FIXTURE = SHORT + ALONE * STRAY / (ALONE + STRAY)


def points(z):
    return [[float(f), float(v.real), float(v.imag)] for f, v in zip(FREQUENCY_HZ, z, strict=True)]


@pytest.fixture
def lab(tmp_path):
    return tmp_path / "lab.db"


def measure(lab, sample, z):
    """A run of one spectrum; returns its id."""
    with Store.open(lab) as store:
        about = {"procedure": "p:C", "started_s": 1.0}
        run_id = store.insert("runs", {"sample_id": store.find_or_add_sample(vars(sample)), **about})
        spectrum = {"run_id": run_id, "number": 0, "status": "running", "started_s": 1.0, "setpoint_k": 300.0}
        spectrum_id = store.insert("spectra", spectrum)
        for number, (frequency_hz, z_real_ohm, z_imag_ohm) in enumerate(points(z)):
            row = {"frequency_hz": frequency_hz, "z_real_ohm": z_real_ohm, "z_imag_ohm": z_imag_ohm}
            row |= {"spectrum_id": spectrum_id, "number": number, "time_s": 1.0, "temperature_k": 300.0}
            store.append("impedance_points", row)
        store.flush()
        store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
        store.update("runs", run_id, {"status": "finished", "ended_s": 2.0})
        return run_id


def resistance_ohm(lab, sample, z):
    run_id = measure(lab, sample, z)
    with Store.open(lab) as store:
        (row,) = derive_conductivities(store, run_id, 3.0)
    return row


def test_leads_are_taken_off_with_their_uncertainty(lab):
    rng = np.random.default_rng(3)
    bulk = parse_circuit("p(R1,CPE1)-CPE2").impedance([500.0, 2e-9, 0.95, 1e-5, 0.9], FREQUENCY_HZ)
    z = (bulk + 2.5) * (1 + 1e-3 * (rng.standard_normal(49) + 1j * rng.standard_normal(49)))
    told = sample_of(PELLET | {"lead_ohm": 2.5, "lead_uncertainty_ohm": 1.0}, lab)
    with_leads, without = (resistance_ohm(lab, sample, z) for sample in (sample_of(PELLET, lab), told))
    assert with_leads["total_resistance_ohm"] - without["total_resistance_ohm"] == pytest.approx(2.5)
    u_ohm = without["relative_uncertainty_resistance"] * without["total_resistance_ohm"]
    assert u_ohm == pytest.approx(1.0, rel=0.05)
    assert without["conductivity_s_m"] == pytest.approx(10.0 / without["total_resistance_ohm"])


def test_a_measured_short_and_open_give_the_sample_alone(lab):
    fixture = {"fixture_short": points(SHORT), "fixture_open": points(SHORT + STRAY)}
    bare = resistance_ohm(lab, sample_of(PELLET, lab), IN_FIXTURE)
    alone = resistance_ohm(lab, sample_of(PELLET | fixture, lab), IN_FIXTURE)
    assert bare["total_resistance_ohm"] == pytest.approx(52.5, rel=0.01)
    assert alone["total_resistance_ohm"] == pytest.approx(50.0, rel=1e-4)


def test_points_outside_the_short_are_masked_and_mentioned(lab):
    short = {"fixture_short": points(SHORT)[6:]}
    row = resistance_ohm(lab, sample_of(PELLET | short, lab), ALONE + SHORT)
    assert "6 points lie outside the open or short and are not compensated" in row["flags"]
    assert row["total_resistance_ohm"] == pytest.approx(50.0, rel=1e-3)


def test_a_fixture_may_be_a_run_of_the_same_database(lab):
    run_id = measure(lab, sample_of(PELLET | {"name": "short"}, lab), SHORT)
    sample = sample_of(PELLET | {"fixture_short": f"run {run_id}"}, lab)
    assert sample.fixture_short == tuple(map(tuple, points(SHORT)))


def test_a_fixture_may_be_a_file_beside_the_samples(lab, tmp_path):
    rows = "\n".join("{:.17g},{:.17g},{:.17g}".format(*point) for point in points(SHORT))
    (tmp_path / "short.csv").write_text(f"frequency_hz,z_real_ohm,z_imag_ohm\n{rows}\n", encoding="utf-8")
    text = 'name = "pellet"\nthickness_mm = 1\narea_cm2 = 1\nfixture_short = "short.csv"\n'
    (tmp_path / "pellet.toml").write_text(text, encoding="utf-8")
    assert sample_of(tmp_path / "pellet.toml", lab).fixture_short == tuple(map(tuple, points(SHORT)))


def test_a_fixture_comes_back_from_the_database_and_from_a_job(lab):
    fixture = {"fixture_short": points(SHORT), "fixture_open": points(SHORT + STRAY)}
    sample = sample_of(PELLET | fixture, lab)
    measure(lab, sample, IN_FIXTURE)
    assert find_sample("pellet", lab) == sample
    assert kept_sample(json.dumps(vars(sample))) == sample


@pytest.mark.parametrize(
    ("told", "key", "hint"),
    [
        ({"lead_ohm": -1.0}, "lead_ohm", "at least 0"),
        ({"lead_uncertainty_ohm": 0.1}, "lead_uncertainty_ohm", "needs lead_ohm"),
        ({"lead_ohm": 2.5, "fixture_short": points(SHORT)}, "lead_ohm", "off twice"),
        ({"fixture_short": points(SHORT)[:1]}, "fixture_short", "holds 1 usable points"),
        ({"fixture_short": []}, "fixture_short", "holds 0 usable points"),
        ({"fixture_short": [["1e6", 1, 2]]}, "fixture_short", "list with other entries"),
        ({"fixture_short": 12}, "fixture_short", "is 12"),
        ({"fixture_open": "absent.csv"}, "fixture_open", "absent.csv"),
        ({"fixture_open": "run 12"}, "fixture_open", "no database"),
        (
            {"fixture_short": points(SHORT + STRAY), "fixture_open": points(SHORT)},
            "fixture_short",
            "swapped",
        ),
    ],
)
def test_a_fixture_that_makes_no_sense_is_refused_at_its_key(lab, told, key, hint):
    with pytest.raises(ConfigurationError) as caught:
        sample_of(PELLET | told, lab)
    assert caught.value.key == key
    assert hint in caught.value.problem


def test_what_is_taken_off_is_said_in_words(lab):
    assert in_words(vars(sample_of(PELLET, lab))) == ""
    told = sample_of(PELLET | {"lead_ohm": 2.5, "lead_uncertainty_ohm": 0.1}, lab)
    assert in_words(vars(told)) == "leads of 2.5 ± 0.1 ohm taken off"
    short = sample_of(PELLET | {"fixture_short": points(SHORT)}, lab)
    assert in_words(vars(short)) == "fixture taken out (short)"


def test_no_program_can_change_the_fixture_of_a_sample(lab):
    measure(lab, sample_of(PELLET, lab), ALONE)
    with (
        closing(sqlite3.connect(lab)) as stranger,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        stranger.execute("UPDATE samples SET lead_ohm = 1")


def test_a_sample_of_an_older_file_is_not_taken_for_one_with_leads(lab, tmp_path, monkeypatch):
    """The older file has no columns for leads and fixture."""
    older = tmp_path / "older.db"
    with monkeypatch.context() as before:
        earlier = {name: step for name, step in migrations._MIGRATIONS.items() if name < "0004"}
        before.setattr(migrations, "_MIGRATIONS", earlier)
        names = ("name", "composition", "cation", "thickness_m", "thickness_u_m", "area_m2", "area_u_m2")
        plain = vars(sample_of(PELLET, lab))
        row = {name: plain[name] for name in (*names, "electrodes", "note")}
        with Store.open(older) as store:
            sample_id = store.find_or_add_sample(row)
            run_id = store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": 1.0})
            store.update("runs", run_id, {"status": "finished", "ended_s": 2.0})
    assert find_sample("pellet", older) == sample_of(PELLET, lab)
    measure(lab, sample_of(PELLET | {"lead_ohm": 2.5}, lab), ALONE)
    assert len(merge(lab, older).added) == 1
    with Store.open(lab) as store, store.read() as db:
        samples = [Sample.of_row(row) for row in db.rows("SELECT * FROM samples ORDER BY id")]
    assert [sample.lead_ohm for sample in samples] == [2.5, None]
