"""Write simulated nights into a results file through labctl's store, as a run writes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.store import Store
from labctl.store.importing import ImportedRun
from nights.night import Measured, Night
from nights.polarising import Hold

POINT_S = 3.0


def write_night(store: Store, night: Night) -> int:
    """Write a finished run with the spectra of a night; return its id."""
    new = ImportedRun(
        run={
            "procedure": "procedures.temperature_stepped_eis:TemperatureSteppedEIS",
            "parameters": {"repeat_first": night.way == "repeat"},
            "started_s": 1e6,
        },
        sample=night.sample,
        provenance={"accuracy": night.accuracy},
        spectra=[_spectrum(one) for one in night.spectra],
        files=(),
    )
    written = store.import_run(new)
    assert isinstance(written, int)
    return written


def write_mounts(store: Store, nights: Sequence[Night]) -> list[int]:
    """Write nights of one specimen, each in a mount of its own; return the ids of the runs."""
    runs: list[int] = []
    for night in nights:
        if runs:
            sample_id = store.read().run(runs[0])["sample_id"]
            store.add_mount(sample_id, "mount", 1e6, like=sample_id)
        runs.append(write_night(store, night))
    return runs


def _spectrum(one: Measured) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    about = {
        "setpoint_k": one.setpoint_k,
        "band_k": one.band_k,
        "branch": one.branch,
        "started_s": one.started_s,
        "amplitude_v": 0.01,
    }
    return about, _points(one.frequency_hz, one.z_ohm, one.reading_k, one.started_s)


def _points(frequency_hz: Any, z_ohm: Any, reading_k: Any, started_s: float) -> list[dict[str, Any]]:
    return [
        {
            "time_s": started_s + POINT_S * place,
            "frequency_hz": float(f),
            "z_real_ohm": float(z.real),
            "z_imag_ohm": float(z.imag),
            "temperature_k": float(kelvin),
        }
        for place, (f, z, kelvin) in enumerate(zip(frequency_hz, z_ohm, reading_k, strict=True))
    ]


def write_hold(store: Store, name: str, hold: Hold) -> int:
    """Write a finished run with one polarisation between its two spectra; return its id."""
    cell = {"name": name, "electrodes": "reversible", "cation": "Li+"}
    cell |= {"thickness_m": 1e-4, "thickness_u_m": 1e-6, "area_m2": 1e-4, "area_u_m2": 1e-6}
    run = {"sample_id": store.find_or_add_sample(cell), "started_s": 1e6}
    run_id = store.insert("runs", run | {"procedure": "procedures.bruce_vincent:BruceVincent"})
    store.assign_to_mount(run_id)
    store.record_provenance(run_id, {"accuracy": hold.accuracy})
    before = _written_spectrum(store, run_id, 0, hold, hold.z_before_ohm)
    polarisation = {
        "run_id": run_id,
        "number": 0,
        "setpoint_k": hold.kelvin,
        "potential_v": hold.step_v,
        "rest_potential_v": hold.rest_v,
        "rest_drift_v_s": 0.0,
        "initial_spectrum_id": before,
        "started_s": 1e6,
    }
    hold_id = store.insert("polarisations", polarisation)
    for place, (time_s, volt, ampere) in enumerate(
        zip(hold.time_s, hold.potential_v, hold.current_a, strict=True)
    ):
        point = {"polarisation_id": hold_id, "number": place, "time_s": 1e6 + time_s, "elapsed_s": time_s}
        store.append(
            "polarisation_points",
            point | {"potential_v": volt, "current_a": ampere, "temperature_k": hold.kelvin},
        )
    after = _written_spectrum(store, run_id, 1, hold, hold.z_after_ohm)
    ended_s = 1e6 + float(hold.time_s[-1])
    _write_zeros(store, run_id, hold, {"zero before": 1e6 - 100, "zero after": ended_s + 1})
    end = {"status": "finished", "ended_s": 1e6 + float(hold.time_s[-1])}
    store.update("polarisations", hold_id, end | {"ended_by": "steady", "steady_spectrum_id": after})
    store.update("runs", run_id, end)
    return run_id


def _write_zeros(store: Store, run_id: int, hold: Hold, begins_s: dict[str, float]) -> None:
    """Write the points of the current at 0 V by phase."""
    rows = []
    for (phase, began_s), current in zip(
        begins_s.items(), (hold.zero_before_a, hold.zero_after_a), strict=True
    ):
        for elapsed_s, ampere in zip(hold.zero_time_s, current, strict=True):
            point = {"phase": phase, "time_s": began_s + float(elapsed_s), "elapsed_s": float(elapsed_s)}
            rows.append(point | {"potential_v": hold.rest_v, "current_a": float(ampere)})
    for number, data in enumerate(rows):
        store.append("records", {"run_id": run_id, "number": number, "time_s": data["time_s"], "data": data})


def _written_spectrum(store: Store, run_id: int, number: int, hold: Hold, z_ohm: Any) -> int:
    about = {"run_id": run_id, "number": number, "setpoint_k": hold.kelvin, "started_s": 1e6}
    spectrum_id = store.insert("spectra", about)
    readings = np.full(z_ohm.size, hold.kelvin)
    for place, point in enumerate(_points(hold.frequency_hz, z_ohm, readings, 1e6)):
        store.append("impedance_points", point | {"spectrum_id": spectrum_id, "number": place})
    store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 1e6})
    return spectrum_id
