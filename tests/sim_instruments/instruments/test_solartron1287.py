import re

import pytest
import pyvisa

ADDRESS, ANALYSER = "GPIB0::6::INSTR", "GPIB0::4::INSTR"
CELL = {"interphase": {"share": 0.4}, "salt_diffusivity_m2_s": 1e-8}


@pytest.fixture
def symmetric(build_rig):
    """A rig with reversible electrodes at 100 degC."""
    rig = build_rig(electrodes="reversible", cell=CELL, ambient_k=330.0, oven={"ambient_drift_k": 0})
    rig.world.oven.start_at(330.0)
    return rig


@pytest.fixture
def potentiostat(symmetric, connect):
    port = connect(symmetric, ADDRESS, read_termination="\r\n", timeout=3000)
    for message in ("BK4", "CE", "PO0", "BY0", "ON0", "PI0", "IL3", "OL0", "RR0", "TR1", "RU1", "PX3", "PY5"):
        port.write(message)
    return port


def read(port):
    return [float(field) for field in port.read().split(",")]


def test_readings_are_pushed_only_when_asked_for(potentiostat):
    with pytest.raises(pyvisa.VisaIOError):
        potentiostat.read()
    potentiostat.write("GP2")
    assert re.fullmatch(r"[+-]\d\.\d{5}E[+-]\d\d,[+-]\d\.\d{5}E[+-]\d\d,\d\d,\d\d", potentiostat.read())
    potentiostat.write("GP1")
    assert potentiostat.read().count(",") == 7


def test_the_current_after_a_step_is_the_cells(symmetric, clock, potentiostat):
    potentiostat.write("GP1;PW1;PV+1.0000E-2")
    cell = symmetric.world.cell.electrochemistry
    clock.sleep(1.0)
    potential_v, early_a, *codes = read(potentiostat)
    assert potential_v == pytest.approx(0.01, abs=1e-4)
    assert codes[:2] == [0, 0]
    clock.sleep(20_000)
    _, late_a, *_ = read(potentiostat)
    assert early_a > late_a
    assert late_a == pytest.approx(0.01 / cell.direct_ohm(330.0), rel=0.01)


def test_who_listens_seldom_gets_the_latest(clock, potentiostat):
    potentiostat.write("GP1")
    clock.sleep(3601)
    assert read(potentiostat)[4:6] == [1, 0]
    began_s = clock.monotonic()
    read(potentiostat)
    assert clock.monotonic() - began_s <= 0.26


def test_standby_leaves_the_cell_open(symmetric, potentiostat):
    potentiostat.write("PV0.01;PW1")
    assert symmetric.world.terminals.connected
    assert symmetric.instruments[ADDRESS].cell_on
    potentiostat.write("PW0")
    assert not symmetric.world.terminals.connected
    potentiostat.write("GP2")
    assert read(potentiostat)[1] == 0


@pytest.mark.parametrize("refused", ["PV20", "PC3", "RR9", "IL7", "BK2", "SW1", "PO2"])
def test_what_is_out_of_range_is_ignored_with_error_03(potentiostat, refused):
    potentiostat.write(refused)
    assert potentiostat.query("?ER") == "03"
    assert potentiostat.query("?ER") == "00"


def test_too_much_current_cuts_the_cell_off(symmetric, potentiostat):
    symmetric.world.cell.shorted = True
    potentiostat.write("IL0;PV1;PW1")
    assert int(potentiostat.query("?ER")) != 0
    assert not symmetric.world.terminals.connected


def test_a_range_too_small_overloads_the_meter(symmetric, potentiostat):
    symmetric.world.cell.shorted = True
    potentiostat.write("OL2;RR8;PV0.01;PW1;GP2")
    assert read(potentiostat)[3] == 31


def test_galvanostatic_polarisation_is_refused_rather_than_wrong(symmetric, potentiostat):
    potentiostat.write("PO1;PC1E-6;PW1")
    assert potentiostat.query("?ER") == "03"
    assert not symmetric.world.terminals.connected


def test_the_analyser_measures_through_the_potentiostat(symmetric, potentiostat, connect):
    potentiostat.write("PI1;RR7;PV0;PW1")
    fra = connect(symmetric, ANALYSER, read_termination="\r\n")
    fra.write("OP2,1;GT0;SO1,2;CV0;VA1;IS1;FR1000;SI")
    _, real, imag, error, _ = fra.read().split(",")
    true_ohm = symmetric.world.cell.electrochemistry.impedance_ohm(1000.0, 330.0)
    assert complex(float(real), float(imag)) * 1e5 == pytest.approx(true_ohm, rel=0.01)
    assert error == "0"


def test_initialise_switches_the_cell_off(symmetric, potentiostat):
    potentiostat.write("PV0.01;PW1")
    potentiostat.write("BK4")
    assert not symmetric.world.terminals.connected
    assert potentiostat.query("?PV") == "+0.0000E+00"
