"""Sick instruments and cables during the procedures about carriers: every output off, no false number."""

import pytest

from labctl.readmodel.carriers import carriers_of
from labctl.store import Database

POTENTIOSTAT, OVEN = "GPIB0::6::INSTR", "GPIB0::12::INSTR"
SETTLED = "temperatures_degc = [40]\nband_k = 2.0\nslope_k_min = 5.0\nsettling_timeout_min = 600\n"
PROCEDURES = {
    "electromotive_force:ElectromotiveForce": (
        "window_min = 2.0\nwait_max_min = 5.0\ninterval_s = 5.0\nvoltmeter_u_v = 1e-4\n"
    ),
    "electrolysis:Electrolysis": (
        "rest_min = 0.5\npotential_v = 0.1\ncharge_c = 0.05\nparts = 1\nhold_max_min = 60\n"
        "gain_u_percent = 0.2\n"
    ),
    "hebb_wagner:HebbWagner": (
        "frequencies_hz = [1e5, 1e4, 1e3]\nrest_min = 0.5\nhold_min_min = 1\nhold_max_min = [2]\n"
        "spectra = false\nlongest_interval_s = 5\npotentials_v = [-0.05, 0.05, 0.1]\n"
    ),
}
FAULTS = {
    "a reply is missing": {"kind": "timeout", "instrument": POTENTIOSTAT, "count": 1},
    "the potentiostat is overloaded": {"kind": "overload", "instrument": POTENTIOSTAT},
    "a reply is garbled": {"kind": "garble", "instrument": POTENTIOSTAT, "count": 1},
    "the thermometer is open": {"kind": "sensor_fault", "instrument": OVEN},
    "the cable is lost for a second": {"kind": "lost", "instrument": POTENTIOSTAT, "duration_s": 1.0},
    "a lead of the cell is open": {"kind": "cell_open", "instrument": ""},
    "the cell is shorted": {"kind": "cell_short", "instrument": ""},
}
MIXED = {"ions": {"Ag+": {"share": 0.8}}, "electrons": 0.2}


def protocol_at_30(parameters):
    """The protocol of `measure_cell` names one temperature, that of the room."""
    return parameters.removeprefix("temperatures_degc = [40]\n")


@pytest.mark.drawn(7)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("procedure", PROCEDURES)
def test_a_fault_leaves_every_output_off_and_no_false_number(cell_station, measure_cell, procedure, fault):
    struck = FAULTS[fault]

    def strike(bench, rig):
        about = {name: value for name, value in struck.items() if name != "kind"}
        rig.faults.add(struck["kind"], after_s=100.0, **about)
        return bench

    station = cell_station(carriers=MIXED)
    parameters = protocol_at_30(SETTLED + PROCEDURES[procedure])
    electrodes = "blocking/reversible" if "hebb" in procedure else "reversible"
    measured = measure_cell(
        station, parameters, f"procedures.{procedure}", electrodes=electrodes, cation="Ag+", before=strike
    )
    assert measured.rig.faults.log, "the fault did not strike"
    assert measured.rig.instruments[OVEN].heater_range == 0
    assert not measured.cell_on
    is_silent = struck["kind"] == "cell_open" and "hebb" in procedure  # no current is a result there
    if struck["kind"] != "timeout" and not is_silent:  # one of four readings a second may be missed
        assert measured.outcome.status == "failed" or measured.outcome.reason
    with Database(measured.path) as db:
        ((_, verdict),) = carriers_of(db, "film").verdicts
    assert verdict.carries == ()
