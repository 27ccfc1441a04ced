"""Results of labctl.analysis become frames and figures that show the numbers they hold."""

import math
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from labctl.analysis import (
    Spectrum,
    bruce_vincent,
    compare_branches,
    fit_arrhenius,
    fit_circuit,
    fit_globally,
    fit_polarisation,
    fit_temperature_law,
    ionic_resistance,
    parse_circuit,
)
from labctl.analysis.transport.relaxation import relaxation_current_a
from labctl.errors import InvalidRequest

KELVIN = np.linspace(300.0, 380.0, 9)
SIGMA = np.exp(-0.5 / 8.617e-5 / KELVIN) * np.array([1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 1.01, 0.99, 1.0])
FREQUENCY_HZ = np.logspace(6, 1, 26)
CIRCUIT = "p(R1,CPE1)-CPE2"


@pytest.fixture(autouse=True)
def no_screen():
    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    yield
    plt.close("all")
    matplotlib.use(before)


def spectrum(seed=1):
    z = parse_circuit(CIRCUIT).impedance([5e4, 1e-10, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
    noise = np.random.default_rng(seed).standard_normal((2, z.size))
    return Spectrum(FREQUENCY_HZ, z * (1 + 1e-3 * (noise[0] + 1j * noise[1])))


def polarisation():
    time_s = np.linspace(1.0, 3600.0, 300)
    current_a = relaxation_current_a(time_s, 2e-6, 1e-6, 600.0)
    return current_a, fit_polarisation(
        time_s, current_a * (1 + 1e-3 * np.random.default_rng(1).standard_normal(300)), delta_v_v=0.01
    )


RESULTS = {
    "law": lambda: fit_arrhenius(KELVIN, SIGMA),
    "choice": lambda: fit_temperature_law(KELVIN, SIGMA),
    "hysteresis": lambda: compare_branches(
        np.r_[KELVIN, KELVIN[::-1]], np.r_[SIGMA, 1.1 * SIGMA[::-1]], heating=np.arange(18) < 9
    ),
    "circuit": lambda: fit_circuit(spectrum(), CIRCUIT),
    "circuits": lambda: fit_globally([spectrum(1), spectrum(2)], CIRCUIT, ["R1"]),
    "resistance": lambda: ionic_resistance(spectrum(), "blocking"),
    "polarisation": lambda: polarisation()[1],
    "transference": lambda: bruce_vincent(0.01, 1e-6, 4e-7, 2e3, 3e3),
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_has_a_frame_of_its_numbers_and_a_figure(name):
    result = RESULTS[name]()
    frame = result.to_frame()
    assert len(frame)
    assert np.isfinite(frame["value"]).any()
    axes = result.plot()
    assert axes.lines or axes.containers


def test_the_frame_of_a_law_has_the_energy_with_its_interval():
    law = fit_arrhenius(KELVIN, SIGMA)
    row = law.to_frame().set_index("quantity").loc["activation_energy_ev"]
    energy = law.activation_energy_ev
    assert (row["value"], row["standard_uncertainty"]) == (energy.value, energy.standard_uncertainty)
    assert (row["low_95"], row["high_95"]) == energy.interval()
    assert math.isnan(law.to_frame().set_index("quantity").loc["r_squared", "standard_uncertainty"])


def test_the_frame_of_a_choice_has_every_law_with_its_weight():
    choice = fit_temperature_law(KELVIN, SIGMA)
    frame = choice.to_frame()
    assert dict(zip(frame["law"], frame["weight"], strict=True)) == choice.weights


def test_parameters_of_spectra_fitted_together_name_their_spectrum():
    found = RESULTS["circuits"]()
    values = found.to_frame().set_index("quantity")["value"]
    assert values["R1"] == found.shared["R1"].value
    assert values["own[1].CPE1_Q"] == found.own[1]["CPE1_Q"].value


def test_a_law_is_drawn_with_its_points_in_units_of_the_field():
    law = fit_arrhenius(KELVIN, SIGMA)
    axes = law.plot()
    points, curve = axes.containers[0].lines[0], axes.lines[-1]
    assert list(points.get_xdata()) == list(1000 / KELVIN)
    assert list(points.get_ydata()) == pytest.approx(list(SIGMA / 100))
    ends = [law.conductivity_s_m(float(one)).value / 100 for one in (KELVIN[0], KELVIN[-1])]
    assert [curve.get_ydata()[0], curve.get_ydata()[-1]] == pytest.approx(ends)
    assert axes.get_yscale() == "log"


def test_a_circuit_is_drawn_with_the_points_given():
    measured = spectrum()
    fit = fit_circuit(measured, CIRCUIT)
    alone, both = fit.plot(), fit.plot(spectrum=measured)
    assert (len(alone.lines), len(both.lines)) == (1, 2)
    assert list(both.lines[0].get_ydata()) == list(-measured.z_ohm.imag)
    assert list(alone.lines[0].get_xdata()) == list(fit.z_ohm.real)


def test_a_polarisation_is_drawn_as_it_was_measured():
    current_a, fit = polarisation()
    measured = fit.plot().lines[0].get_ydata()
    assert measured == pytest.approx(1e6 * current_a[-measured.size :], rel=0.01)


def test_a_figure_is_drawn_into_the_axes_given():
    axes = plt.figure().add_subplot()
    assert fit_arrhenius(KELVIN, SIGMA).plot(axes=axes) is axes


def test_points_of_a_spectrum_do_not_belong_to_a_law():
    with pytest.raises(InvalidRequest, match="belongs to a circuit or a resistance, not to LawFit"):
        fit_arrhenius(KELVIN, SIGMA).plot(spectrum=spectrum())


def test_a_resistance_without_a_circuit_says_why_it_has_no_figure():
    result = ionic_resistance(Spectrum(FREQUENCY_HZ, np.full(FREQUENCY_HZ.size, 1e3 + 1e3j)), "blocking")
    assert result.fit is None
    with pytest.raises(InvalidRequest, match="no circuit to draw: "):
        result.plot()


@pytest.mark.parametrize(
    ("module", "ask", "said"),
    [
        ("pandas", "to_frame", "frames need pandas"),
        ("matplotlib.pyplot", "plot", "figures need matplotlib"),
    ],
)
def test_without_the_package_a_sentence_says_what_to_type(monkeypatch, module, ask, said):
    law = fit_arrhenius(KELVIN, SIGMA)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidRequest, match=said):
        getattr(law, ask)()


def test_a_fit_loads_neither_pandas_nor_matplotlib():
    code = (
        "import sys; from labctl.analysis import fit_arrhenius;"
        "fit_arrhenius([300, 320, 340], [1e-3, 2e-3, 4e-3]);"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
