"""The figure of a run draws its stored law, the points of that law, and no point without a place."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

import labctl
from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.law_function import function_of
from labctl.report.figures import NO_POINTS, night_figure
from labctl.store import Store

EV_K = 8.617333262e-5
SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
MADE = {"method": "m", "method_version": "1", "derived_s": 1.0}
KELVIN = (310.0, 330.0, 350.0, 370.0)


def sigma_s_m(kelvin, factor=1.0):
    return float(factor * 1e8 / kelvin * np.exp(-0.5 / (EV_K * kelvin)))


class Night:
    """A run of made-up spectra and one law through the first four."""

    def __init__(self, path):
        self.path = path
        self.store = Store.open(path)
        run = {"sample_id": self.store.find_or_add_sample(SAMPLE), "procedure": "p:P", "started_s": 1.0}
        self.run_id = self.store.insert("runs", run)
        self.ids = [self.spectrum(number, kelvin, sigma_s_m(kelvin)) for number, kelvin in enumerate(KELVIN)]
        noise = np.array([1.01, 0.99, 1.0, 1.01])
        self.fit = fit_arrhenius(KELVIN, noise * [sigma_s_m(kelvin) for kelvin in KELVIN])

    def spectrum(self, number, kelvin, sigma, **about):
        row = {"run_id": self.run_id, "number": number, "started_s": 1.0, "branch": "heating"}
        spectrum_id = self.store.insert("spectra", row)
        for place, (f, z) in enumerate([(1e5, 10 - 5j), (1e3, 20 - 1j), (10.0, 21 - 50j)]):
            point = {"spectrum_id": spectrum_id, "number": place, "time_s": 1.0, "frequency_hz": f}
            self.store.append("impedance_points", point | {"z_real_ohm": z.real, "z_imag_ohm": z.imag})
        self.store.flush()
        row = {"spectrum_id": spectrum_id, "run_id": self.run_id, "temperature_k": kelvin, "flags": []} | MADE
        row |= {"total_resistance_ohm": 20 / sigma, "conductivity_s_m": sigma, "temperature_u_k": 0.01}
        row |= {"relative_uncertainty_resistance": 0.01, "standard_uncertainty_s_m": 0.02 * sigma} | about
        self.store.replace_derived("conductivities", {"spectrum_id": spectrum_id}, [row])
        return spectrum_id

    def law(self, **about):
        row = {"run_id": self.run_id, "branch": "all", "law": "arrhenius", "form": "ln_sigma_t"} | MADE
        row |= {"preferred": 1, "n_points": 4, "flags": [], "activation_energy_ev": 0.5}
        row |= {"parameters": {"activation_energy": {"value": 0.5}, "pre_exponential": {"value": 1e8}}}
        row |= {"spectra": self.ids, "curve": function_of(self.fit).as_dict()} | about
        self.store.replace_derived("law_fits", {"run_id": self.run_id}, [row])

    def panels(self):
        with labctl.open(self.path) as db:
            figure = night_figure(db, self.run_id)
        return {axes.get_ylabel(): axes for axes in figure.axes}


@pytest.fixture
def night(tmp_path):
    made = Night(tmp_path / "lab.db")
    yield made
    made.store.close()


def law_line(axes):
    return next(line for line in axes.lines if line.get_label().startswith("σT = A"))


def bands(axes):
    """Outlines of the filled areas; error bars are collections of lines."""
    filled = [found for found in axes.collections if not isinstance(found, LineCollection)]
    return [path for found in filled for path in found.get_paths()]


def test_the_line_and_its_band_are_the_stored_fit(night):
    night.spectrum(9, 390.0, sigma_s_m(390.0, 5.0))  # a point that came since and lies far off
    night.law()
    axes = night.panels()["conductivity / S/cm"]
    x, y = law_line(axes).get_data()
    ln_sigma, _ = night.fit.ln_conductivity(1000 / x)
    assert np.log(y * 100) == pytest.approx(ln_sigma, abs=1e-9)
    ((low, high),) = [np.percentile(path.vertices[:, 1], [0, 100]) for path in bands(axes)]
    assert low * 100 == pytest.approx(night.fit.conductivity_s_m(310.0).interval()[0], rel=1e-9)
    assert high * 100 == pytest.approx(night.fit.conductivity_s_m(370.0).interval()[1], rel=1e-9)


def test_deviations_are_drawn_of_the_points_of_the_law_alone(night):
    night.spectrum(9, 390.0, sigma_s_m(390.0, 5.0))
    night.law()
    axes = night.panels()["deviation from law / %"]
    drawn = [tuple(line.get_xydata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert [1000 / x for x, _ in drawn] == pytest.approx(KELVIN)
    expected = [
        100 * np.expm1(np.log(sigma_s_m(kelvin)) - night.fit.ln_conductivity(kelvin)[0][0])
        for kelvin in KELVIN
    ]
    assert [y for _, y in drawn] == pytest.approx(expected)


def test_a_law_of_an_older_file_is_drawn_without_band_and_deviations_and_says_so(night):
    night.law(spectra=None, curve=None)
    panels = night.panels()
    axes = panels["conductivity / S/cm"]
    x, y = law_line(axes).get_data()
    assert y * 100 == pytest.approx([sigma_s_m(kelvin) for kelvin in 1000 / x], rel=1e-9)
    assert "no band" in law_line(axes).get_label()
    assert bands(axes) == []
    below = panels["deviation from law / %"]
    assert [text.get_text() for text in below.texts] == [NO_POINTS]
    assert [line for line in below.lines if line.get_marker() == "o"] == []


def test_a_spectrum_without_temperature_is_drawn_as_a_spectrum_and_not_against_temperature(night):
    night.spectrum(9, None, sigma_s_m(350.0), temperature_u_k=None)
    night.law()
    panels = night.panels()
    labels = [line.get_label() for line in panels["-Z'' / R"].lines]
    assert labels.count("T not known") == 1
    drawn = [line for line in panels["conductivity / S/cm"].lines if line.get_marker() == "o"]
    assert len(drawn) == 4


def test_an_unknown_uncertainty_is_no_bar_of_length_zero(night):
    night.law()
    night.spectrum(9, 390.0, sigma_s_m(390.0), standard_uncertainty_s_m=None)
    bars = [len(found[2]) for found in night.panels()["conductivity / S/cm"].containers]
    assert sorted(bars) == [0, 1, 1, 1, 1]


def test_a_sample_name_is_no_formula_of_the_figure(tmp_path):
    night = Night(tmp_path / "lab.db")
    night.law()
    store = night.store
    sample = store.find_or_add_sample(SAMPLE | {"name": "$\\frac$ \x1b[2J\n$x"})
    run_id = store.insert("runs", {"sample_id": sample, "procedure": "p:P", "started_s": 2.0})
    store.close()
    with labctl.open(night.path) as db:
        figure = night_figure(db, run_id)
    figure.savefig(tmp_path / "night.png")
    (title,) = (text for text in figure.texts if "(run" in text.get_text())
    assert title.get_text() == "$\\frac$ \\x1b[2J\\n$x  (run 2)"
