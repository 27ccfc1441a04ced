"""Small synthetic runs with known true values, and a screen for the tabs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labctl.readmodel.snapshot import (
    PolarisationCurve,
    RelaxationCurve,
    RunSnapshot,
    SpectrumCurve,
    SteadyCurrent,
    TemperatureCurve,
)

try:
    from qtpy import QtWidgets  # noqa: F401 - tried before pyqtgraph, which names no library
except ImportError:
    QT = False
else:
    from labctl.gui.plots.shown import ShownRun, run_colour

    QT = True

EV_K = 8.617333262e-5


@pytest.hookimpl(tryfirst=True)
def pytest_make_collect_report(collector):
    """Skip each file of this folder where there is no Qt: none can be imported."""
    if QT or not isinstance(collector, pytest.Module):
        return None
    return pytest.CollectReport(collector.nodeid, "skipped", (str(collector.path), 1, "no Qt here"), [])


class Made:
    """Rows and curves as the reading thread makes them."""

    sample = {"name": "pellet"}  # noqa: RUF012

    def spectrum(self, number: int = 0, kelvin: float = 300.0, points: int = 40, **about: Any):
        """A resistor beside a capacitor, before a blocking electrode."""
        total_ohm = 1e3 * np.exp(0.5 / EV_K * (1 / kelvin - 1 / 300))
        frequency_hz = np.logspace(6, 0, 40)
        z_ohm = total_ohm / (1 + 2j * np.pi * frequency_hz * total_ohm * 1e-9)
        z_ohm += 1 / (2j * np.pi * frequency_hz * 1e-5)
        resistance = {
            "id": number + 1,
            "resistance_ohm": total_ohm,
            "standard_uncertainty_ohm": total_ohm / 100,
            "bound": None,
            "circuit": "p(R1,CPE1)-CPE2",
            "flags": ["arc not resolved: somewhere"],
        }
        made = SpectrumCurve(
            id=number + 1,
            number=number,
            step=number,
            branch="heating",
            status="finished",
            setpoint_k=kelvin,
            temperature_k=kelvin,
            frequency_hz=frequency_hz[:points],
            z_ohm=z_ohm[:points],
            resistance=resistance,
            fit_frequency_hz=frequency_hz,
            fit_z_ohm=z_ohm,
            relaxation=self.relaxation(total_ohm),
        )
        return replace(made, **about)

    def relaxation(self, total_ohm: float, flags: tuple[str, ...] = ()) -> RelaxationCurve:
        """One peak at the time constant of the arc, a tenth wide either way."""
        time_s = total_ohm * 1e-9
        tau_s = time_s * np.logspace(-2, 2, 41)
        gamma_ohm = total_ohm / np.cosh(3 * np.log(tau_s / time_s))
        peak = {"time_s": time_s, "fastest_s": tau_s[0], "slowest_s": tau_s[-1]}
        peak |= {"resistance_ohm": total_ohm, "standard_uncertainty_ohm": total_ohm / 50}
        return RelaxationCurve(tau_s, gamma_ohm, 0.9 * gamma_ohm, 1.1 * gamma_ohm, (peak,), flags)

    def running_spectrum(self, number: int = 0, kelvin: float = 300.0, points: int = 10):
        """A run in progress."""
        none = np.empty(0)
        about = {"status": "running", "resistance": None, "fit_frequency_hz": none, "fit_z_ohm": none}
        about["relaxation"] = None
        return self.spectrum(number, kelvin, points, **about)

    def conductivity(self, number: int, kelvin: float, **about: Any) -> dict[str, Any]:
        """Conductivities exactly on an Arrhenius law of 0.5 eV in ln(sigma T)."""
        sigma = 1e8 / kelvin * np.exp(-0.5 / EV_K / kelvin)
        row = {
            "id": number,
            "spectrum_id": number,
            "temperature_k": kelvin,
            "temperature_u_k": 0.05,
            "total_resistance_ohm": 1 / sigma,
            "conductivity_s_m": sigma,
            "standard_uncertainty_s_m": 0.02 * sigma,
            "relative_uncertainty_resistance": 0.01,
            "bound": None,
            "branch": "heating",
            "flags": [],
        }
        return row | about

    def conductivities(self, count: int = 6) -> tuple[dict[str, Any], ...]:
        """Temperatures from 300 K upwards."""
        return tuple(self.conductivity(n + 1, 300.0 + 10 * n) for n in range(count))

    def older_fit(self, number: int = 1, energy_ev: float = 0.5, **about: Any) -> dict[str, Any]:
        """A row of `law_fits` as an older labctl left it: without `spectra` and `curve`."""
        energy = {"value": energy_ev, "standard_uncertainty": 0.003, "unit": "eV"}
        pre_exponential = {"value": 1e8, "standard_uncertainty": 1e7, "unit": "S K/m"}
        row = {
            "id": number,
            "branch": "all",
            "law": "arrhenius",
            "form": "ln_sigma_t",
            "preferred": 1,
            "activation_energy_ev": energy_ev,
            "standard_uncertainty_ev": 0.003,
            "parameters": {"activation_energy": energy, "pre_exponential": pre_exponential},
            "n_points": 6,
            "flags": [],
        }
        return row | about

    def fit(self, number: int = 1, energy_ev: float = 0.5, **about: Any) -> dict[str, Any]:
        """A row of `law_fits` that stands on the six conductivities."""
        curve = {
            "reference": 1 / (EV_K * 325),
            "transition": "",
            "parameters": [np.log(1e8) - energy_ev / (EV_K * 325), energy_ev],
            "covariance": [[1e-6, 0.0], [0.0, 9e-6]],
            "degrees_of_freedom": 4.0,
            "temperature_range_k": [300.0, 350.0],
        }
        row = self.older_fit(number, energy_ev) | {"curve": curve, "spectra": [1, 2, 3, 4, 5, 6]}
        return row | about

    def vtf_fit(self) -> dict[str, Any]:
        """The row of a law that is not preferred."""
        parameters = {
            "pseudo_activation_energy": {"value": 0.48, "standard_uncertainty": 0.01, "unit": "eV"},
            "vogel_temperature": {"value": 3.0, "standard_uncertainty": 1.0, "unit": "K"},
        }
        curve = {
            "reference": 325.0,
            "transition": "",
            "parameters": [0.5, 0.0537, 1 / 322],
            "covariance": None,
            "degrees_of_freedom": None,
            "temperature_range_k": [300.0, 350.0],
        }
        about = {"law": "vtf", "form": "T^-0.5", "preferred": 0, "activation_energy_ev": None, "curve": curve}
        return self.fit(2, **about, parameters=parameters)

    def polarisation(self, number: int = 0, count: int = 50, **about: Any):
        """A current that decays from 3 to 1 µA."""
        elapsed_s = np.arange(count) * 10.0
        made = PolarisationCurve(
            id=number + 1,
            number=number,
            status="finished",
            potential_v=0.01,
            setpoint_k=303.15,
            elapsed_s=elapsed_s,
            current_a=1e-6 + 2e-6 * np.exp(-elapsed_s / 100),
            steady=SteadyCurrent(1e-6, 0.9e-6, 1.1e-6, "not steady yet; extrapolated"),
        )
        return replace(made, **about)

    def transference(self, **about: Any) -> dict[str, Any]:
        """A row of `transference_numbers`."""
        row = {
            "polarisation_id": 1,
            "quantity": "rho_plus",
            "temperature_k": 303.15,
            "value": 0.2,
            "standard_uncertainty": 0.01,
            "low_95": 0.18,
            "high_95": 0.22,
            "naive": 0.25,
            "watanabe": 0.21,
            "flags": ["residuals correlated"],
        }
        return row | about

    def temperature(self, setpoints_k: tuple[float, ...] = (300.0, 310.0), each: int = 5):
        """A log every minute, a quarter of a kelvin above the set points."""
        setpoint_k = np.repeat(np.array(setpoints_k, dtype=float), each)
        return TemperatureCurve(1.7e9 + 60.0 * np.arange(setpoint_k.size), setpoint_k + 0.25, setpoint_k)

    def event(self, number: int, level: str = "info", message: str = "something happened"):
        """A row of `events`."""
        return {"id": number, "time_s": 1.7e9 + number, "level": level, "kind": "told", "message": message}

    def snapshot(self, run_id: int = 1, **parts: Any) -> RunSnapshot:
        """A run with these parts."""
        return RunSnapshot({"id": run_id, "parameters": {"band_k": 0.5}}, self.sample, **parts)

    def run(self, run_id: int = 1, **parts: Any) -> "ShownRun":
        """A ticked run with these parts."""
        return ShownRun(self.snapshot(run_id, **parts), run_colour(run_id - 1), f"{run_id} pellet")

    def full_run(self, run_id: int = 1, spectra: int = 3) -> "ShownRun":
        """A run with data for every tab."""
        return self.run(
            run_id,
            spectra=tuple(self.spectrum(n, 300.0 + 10 * n) for n in range(spectra)),
            conductivities=self.conductivities(),
            fits=(self.fit(), self.vtf_fit()),
            polarisations=(self.polarisation(),),
            transference_numbers=(self.transference(),),
            temperature=self.temperature(),
            events=(self.event(1), self.event(2, "warning"), self.event(3, "error")),
            records={"x": np.arange(5.0), "y": np.array([1.0, 10.0, 100.0, -1.0, 1000.0])},
        )

    def changed(self, run: "ShownRun", **parts: Any) -> "ShownRun":
        """The same run at a later time."""
        return replace(run, snapshot=replace(run.snapshot, **parts))


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def on_screen(app):
    """Show widgets, let them paint, and close them at the end of the test."""
    shown: list[Any] = []

    def show(widget: Any) -> Any:
        widget.resize(900, 600)
        widget.show()
        shown.append(widget)
        app.processEvents()
        return widget

    yield show
    for widget in shown:
        widget.close()
        widget.deleteLater()
    app.processEvents()
