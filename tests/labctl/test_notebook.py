"""What a notebook is given shows itself as text with units, draws itself, and names what to use instead."""

import math
import re
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import labctl
from labctl.analysis import Spectrum, fit_arrhenius, fit_circuit, ionic_resistance, parse_circuit
from labctl.derive.conductivities import derive_conductivities
from labctl.derive.laws import derive_fits
from labctl.errors import InvalidRequest
from labctl.report.notebook.tables import rows_table, table
from labctl.store import Store

NAME = '<script>alert(1)</script>"&\n\u202epellet \U0001f9ea'
SAMPLE = {"name": NAME, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
FREQUENCY_HZ = np.logspace(6, 1, 26)
FRAMES = ("spectra", "resistances", "conductivities", "fits", "part_fits", "polarisations",
          "transference_numbers", "relaxation_times", "temperatures")  # fmt: skip


@pytest.fixture(autouse=True)
def no_screen():
    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    yield
    plt.close("all")
    matplotlib.use(before)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("notebook") / "lab.db"
    with Store.open(path) as store:
        about = {"sample_id": store.find_or_add_sample(SAMPLE), "procedure": "p:P", "started_s": 1.0}
        run_id = store.insert("runs", about | {"reason": NAME})
        for place, kelvin in enumerate((300.0, 320.0, 340.0)):
            measure(store, run_id, place, kelvin)
        store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
        derive_conductivities(store, run_id, 4.0)
        derive_fits(store, run_id, 4.0)
    return path


def measure(store, run_id, place, kelvin):
    about = {"run_id": run_id, "number": place, "started_s": 1.0, "setpoint_k": kelvin}
    spectrum_id = store.insert("spectra", about)
    r1 = 1e-4 * math.exp(0.6 / 8.617e-5 / kelvin)
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance([r1, 1e-10, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
    noise = np.random.default_rng(place).standard_normal((2, z.size))
    z = z * (1 + 2e-3 * (noise[0] + 1j * noise[1]))
    for i, (f, value) in enumerate(zip(FREQUENCY_HZ, z, strict=True)):
        point = {"spectrum_id": spectrum_id, "number": i, "time_s": 1.0 + i, "frequency_hz": float(f)}
        point |= {"z_real_ohm": float(value.real), "z_imag_ohm": float(value.imag), "temperature_k": kelvin}
        store.append("impedance_points", point)
    store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})


@pytest.fixture
def db(path):
    with labctl.open(path) as db:
        yield db


def tags(content):
    return set(re.findall(r"</?([a-z]+)[^>]*>", content))


HARMLESS = {"table", "caption", "thead", "tbody", "tr", "th", "td", "br", "p"}


@pytest.mark.parametrize(
    "ask", [lambda db: db.run("last"), lambda db: db.sample(1), lambda db: db.spectrum(1),
            lambda db: db.runs(), lambda db: db.samples(), lambda db: db.spectra("last"),
            lambda db: db.fits("last"), lambda db: db.conductivities("last")]
)  # fmt: skip
def test_no_name_becomes_a_tag(db, ask):
    content = ask(db)._repr_html_()
    assert tags(content) <= HARMLESS
    assert "<script" not in content


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text(), st.text())
@example(NAME, "<b>", "&lt;")
def test_no_text_of_a_table_becomes_a_tag(title, heading, cell):
    assert tags(table(title, [heading], [[cell]], note=cell)) <= HARMLESS
    assert tags(rows_table(title, [{heading: cell, "flags": [cell]}], {heading: cell})) <= HARMLESS


def test_a_frame_shows_units_in_the_heading_and_uncertainties_beside_the_numbers(db):
    content = db.conductivities("last")._repr_html_()
    assert "<th>conductivity_s_m / S/m</th>" in content
    assert "standard_uncertainty_s_m" not in content
    row = db.conductivities("last").iloc[0]
    value, u = row["conductivity_s_m"], row["standard_uncertainty_s_m"]
    found = re.search(r"\((\d\.\d+) ± (\d\.\d+)\)e([-+]\d+)", content)
    factor = 10.0 ** int(found[3])
    assert float(found[1]) * factor == pytest.approx(value, rel=0.01)
    assert float(found[2]) * factor == pytest.approx(u, rel=0.06)


def test_a_law_shows_its_parameters_with_units(db):
    assert re.search(r"activation_energy = \d\.\d+ ± \d\.\d+ eV", db.fits("last")._repr_html_())


def test_a_long_frame_says_how_many_rows_it_leaves_out(db):
    rows = [{"number": n} for n in range(100)]
    assert rows_table("x", rows, {}).count("<tr>") == 61
    assert "and 40 more rows" in rows_table("x", rows, {})
    assert "no rows" in db.polarisations("last")._repr_html_()


def test_a_run_shows_its_sample_law_and_conductivities(db):
    content = db.run("last")._repr_html_()
    for words in ("run 1, finished", "pellet", "p:P", "σ at 26.85 °C", "Ea =", "for the thesis"):
        assert words in content


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_draws_the_figure_of_its_run(db, name):
    axes = getattr(db, name)("last").plot(width_mm=90)
    assert axes.figure.get_figwidth() * 25.4 == pytest.approx(90)


def test_a_frame_with_arguments_of_pandas_plots_as_pandas_does(db):
    frame = db.conductivities("last")
    axes = frame.plot(x="temperature_k", y="conductivity_s_m")
    assert list(axes.lines[0].get_xdata()) == list(frame["temperature_k"])
    assert frame.plot.scatter(x="temperature_k", y="conductivity_s_m").collections


def test_what_pandas_makes_of_a_frame_is_a_plain_frame(db):
    frame = db.conductivities("last")
    for made in (frame.head(1), frame[["temperature_k"]], frame.copy(), frame.to_frame()):
        assert type(made) is pd.DataFrame
    assert frame.to_frame().equals(frame)


def test_remarks_of_a_frame_are_its_flags_as_text(db):
    frame = db.conductivities("last")
    assert list(frame.remarks) == ["; ".join(flags) for flags in frame["flags"]]


def test_a_spectrum_draws_itself_alone_with_its_circuit(db):
    axes = db.spectrum(2).plot_nyquist()
    drawn = [line.get_xdata().size for line in axes.lines if line.get_xdata().size > 1]
    assert drawn == [FREQUENCY_HZ.size] * 2
    assert db.spectrum(2).plot_bode().get_ylabel() == "|Z| / Ω"
    frame = db.spectrum(2).to_frame()
    assert list(frame["z_imag_ohm"]) == list(db.points(2)["z_imag_ohm"])


def test_what_an_analysis_makes_of_a_spectrum_is_a_plain_one(db):
    assert type(db.spectrum(1).at(np.arange(FREQUENCY_HZ.size) > 3)) is Spectrum
    assert ionic_resistance(db.spectrum(1)).total_ohm.value > 0


def test_a_run_and_a_sample_give_frames(db):
    assert db.run("last").to_frame().equals(db.conductivities("last"))
    assert list(db.sample(1).to_frame()["id"]) == [1]


def test_runs_are_drawn_on_common_axes(db):
    assert db.plot("arrhenius", 1).figure is not None
    with pytest.raises(InvalidRequest, match="give the runs to draw"):
        db.plot("arrhenius")
    with pytest.raises(InvalidRequest, match="no run 9"):
        db.plot("arrhenius", 9)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda db: db.conductivities([1, 2]), "give one run"),
        (lambda db: db.run(1.5), "give one run"),
        (lambda db: db.spectrum("first"), "give one spectrum"),
        (lambda db: db.points(9999), "no spectrum 9999"),
        (lambda db: db.sample("pelet"), "no sample 'pelet'; the newest are"),
    ],
)
def test_a_request_for_what_is_not_there_says_what_to_give(db, ask, said):
    with pytest.raises(InvalidRequest, match=said):
        ask(db)


def test_numbers_of_numpy_name_runs_and_spectra(db):
    assert db.run(np.int64(1)).id == 1
    assert len(db.spectrum(db.spectra("last")["id"].iloc[0])) == FREQUENCY_HZ.size
    assert len(db.points(np.int64(1))) == FREQUENCY_HZ.size


@pytest.mark.parametrize(
    ("name", "said"),
    [("exclude", "write=True"), ("law_fits", r"db\.fits"), ("compare", r"db\.plot"), ("x", "no x")],
)
def test_a_name_that_a_file_does_not_have_is_answered_with_what_to_use(db, name, said):
    with pytest.raises(AttributeError, match=said):
        getattr(db, name)


def test_a_file_opened_to_amend_still_amends(path):
    with labctl.open(path, write=True) as db:
        assert callable(db.exclude)


@pytest.mark.parametrize("name", ["predict"])
def test_a_result_names_what_to_use_for_a_name_it_does_not_have(name):
    kelvin = np.array([300.0, 320.0, 340.0])
    law = fit_arrhenius(kelvin, np.exp(-0.5 / 8.617e-5 / kelvin))
    with pytest.raises(AttributeError, match=rf"ArrheniusFit has no {name}; "):
        getattr(law, name)


def test_a_law_can_be_called_at_a_temperature():
    kelvin = np.array([300.0, 320.0, 340.0])
    law = fit_arrhenius(kelvin, np.exp(-0.5 / 8.617e-5 / kelvin) * [1.0, 1.01, 0.99])
    assert law(310.0).value == law.conductivity_s_m(310.0).value
    assert "Ea = 0.5" in law._repr_html_()


def test_a_fit_shows_its_parameters_with_their_uncertainties():
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance([5e4, 1e-10, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
    noise = np.random.default_rng(1).standard_normal((2, z.size))
    spectrum = Spectrum(FREQUENCY_HZ, z * (1 + 1e-3 * (noise[0] + 1j * noise[1])))
    content = fit_circuit(spectrum, "p(R1,CPE1)-CPE2")._repr_html_()
    assert re.search(r"<td>R1</td><td>\d+ ± \d+</td>", content)
    assert tags(ionic_resistance(spectrum, "blocking")._repr_html_()) <= HARMLESS


def test_frames_without_pandas_say_what_to_type_and_rows_are_still_there(db, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InvalidRequest, match="python -m pip install pandas"):
        db.conductivities("last")
    assert db.rows("SELECT count(*) AS n FROM conductivities")[0]["n"] == 3
    assert "run 1" in db.run("last")._repr_html_()
