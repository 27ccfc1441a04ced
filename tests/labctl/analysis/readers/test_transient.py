import json

import numpy as np
import pytest

from labctl.analysis import fit_polarisation, read_transient

EC_LAB = """EC-Lab ASCII FILE
Nb header lines : 8

Chronoamperometry / Chronocoulometry

Ns                  0                   1
Ei (V)              0.010               0.000

mode\tox/red\terror\tNs\ttime/s\tcontrol/V\tEwe/V\t<I>/mA\tcycle number\t
2\t1\t0\t{ns}\t1,0E+001\t1,0E-002\t1,1E-002\t4,0E-003\t0
2\t1\t0\t{ns}\t1,1E+001\t1,0E-002\t1,2E-002\t2,0E-003\t0
2\t1\t0\t{last}\t1,3E+001\t1,0E-002\t1,3E-002\t1,0E-003\t0
"""
GAMRY = """EXPLAIN
TAG\tCHRONOA
TITLE\tLABEL\tChronoamperometry Scan\tTest &Identifier
OCVCURVE\tTABLE\t2
\tPt\tT\tVf\tVm\tAch
\t#\ts\tV vs. Ref.\tV\tV
\t0\t0.5\t3.1E+000\t0.0\t0.0
\t1\t1.0\t3.1E+000\t0.0\t0.0
CURVE\tTABLE\t3
\tPt\tT\tVf\tIm\tVu\tOver
\t#\ts\tV vs. Ref.\tA\tV\tbits
\t0\t10\t1.1E-002\t4.0E-006\t0.0\t...........
\t1\t11\t1.2E-002\t2.0E-006\t0.0\t.......v...
\t2\t13\t1.3E-002\t1.0E-006\t0.0\t...........
EXPERIMENTABORTED\tTOGGLE\tF\tExperiment Aborted
"""
CSV = "time (s),current (uA),potential (mV)\n10,4.0,11\n11,2.0,12\n13,1.0,13\n"


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="measured.txt", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("cp1252"))
        return read_transient(path, **options)

    return write_and_read


def expect_it(transient):
    np.testing.assert_allclose(transient.elapsed_s, [0, 1, 3])
    np.testing.assert_allclose(transient.current_a, [4e-6, 2e-6, 1e-6], rtol=1e-7)
    np.testing.assert_allclose(transient.potential_v, [0.011, 0.012, 0.013], rtol=1e-7)
    assert transient.metadata["starts_at_s"] == "10.0"


def test_an_ec_lab_text_is_read_in_amperes_and_volts(read):
    transient = read(EC_LAB.format(ns=0, last=0), "measured.mpt")
    expect_it(transient)
    assert transient.metadata["format"] == "EC-Lab"


def test_an_ec_lab_binary_file_is_read_as_its_text(read, mpr_bytes):
    rows = [(10.0, 0.01, 0.011, 4e-3), (11.0, 0.01, 0.012, 2e-3), (13.0, 0.01, 0.013, 1e-3)]
    expect_it(read(mpr_bytes.mpr((1, 2, 3, 4, 5, 6, 8), rows), "measured.mpr"))


def test_a_gamry_file_is_read_without_its_curve_at_rest(read):
    transient = read(GAMRY, "measured.DTA")
    expect_it(transient)
    assert transient.metadata["format"] == "Gamry"
    assert transient.warnings == ("1 of 3 lines are marked as overloaded",)


@pytest.mark.parametrize(
    "table",
    [
        CSV,
        CSV.replace(",", ";"),
        CSV.replace("time (s)", "Elapsed Time [s]").replace("current (uA)", "I / µA"),
        CSV.replace("time (s),current (uA),potential (mV)", "t,I,E\ns,uA,mV"),
        "t/min\tWE(1).Current (nA)\tWE(1).Potential (V)\n"
        + "\n".join(f"{t!r}\t{i}\t{e}" for t, i, e in [(10 / 60, 4000, 0.011), (11 / 60, 2000, 0.012),
                                                        (13 / 60, 1000, 0.013)])
        + "\n",
    ],
)  # fmt: skip
def test_a_table_is_read_by_the_units_in_its_headings(read, table):
    transient = read(table)
    np.testing.assert_allclose(transient.elapsed_s, [0, 1, 3], rtol=1e-9)
    np.testing.assert_allclose(transient.current_a, [4e-6, 2e-6, 1e-6], rtol=1e-9)


def test_a_palmsens_session_is_read(read):
    arrays = [
        {
            "Description": name,
            "Unit": {"Type": f"PalmSens.Units.{unit}"},
            "DataValues": [{"V": v} for v in values],
        }
        for name, unit, values in (
            ("time", "Time", [10, 11, 13]),
            ("potential", "Volt", [0.011, 0.012, 0.013]),
            ("current", "MicroAmpere", [4, 2, 1]),
        )
    ]
    session = {"Type": "PalmSens.DataFiles.SessionFile"}
    session |= {"Measurements": [{"Title": "CA", "DataSet": {"Values": arrays}}]}
    expect_it(read(json.dumps(session).encode("utf-16"), "measured.pssession"))


def test_a_transient_without_a_potential_has_none(read):
    assert read("time (s),current (A)\n0,2\n1,1\n").potential_v is None


def test_lines_that_are_not_numbers_are_left_out_with_a_warning(read):
    transient = read(CSV.replace("11,2.0", "11,overload"))
    assert (len(transient), transient.warnings) == (2, ("1 of 3 lines are not numbers: left out",))


def test_a_step_is_chosen_by_its_number(read):
    with pytest.raises(ValueError, match=r"steps 0, 1: choose one \(step= in Python"):
        read(EC_LAB.format(ns=0, last=1))
    assert len(read(EC_LAB.format(ns=0, last=1), step=0)) == 2
    with pytest.raises(ValueError, match=r"no step 2; it has 0, 1"):
        read(EC_LAB.format(ns=0, last=1), step=2)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (CSV.replace("time (s)", "time"), "'time' has no unit"),
        (CSV.replace("current (uA)", "current"), "'current' has no unit"),
        (CSV.replace("current (uA)", "current (mA/cm2)"), "the unit 'mA/cm2'"),
        (CSV.replace("current (uA)", "charge (C)"), "no column for the current"),
        (CSV.replace("13,1.0", "9,1.0"), "the time goes back from 11 to 9 s"),
        (CSV.replace("11,2.0,12\n13,1.0,13\n", ""), "no line of headings|fewer than two"),
        (CSV.replace("potential (mV)", "frequency (Hz)"), "a spectrum, which read_spectra reads"),
        (CSV.replace("11,2.0,12", "11,2.0,1,2"), "cells under 3 headings"),
        (
            "time (s);current (A)\n1,5;2.5\n1,6;2.4\n",
            "which is the decimal sign.*Export all numbers with one",
        ),
        ("0.42,1.00,3.65\n1.42,1.00,3.66\n2.42,1.00,3.67\n", "no line of headings"),
        ("nothing\n", "no line of headings"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused_in_words(read, table, why):
    with pytest.raises(ValueError, match=why) as refused:
        read(table)
    assert "measured.txt" in str(refused.value)


def test_a_measured_time_current_voltage_table_without_headings_is_refused(measured):
    with pytest.raises(ValueError, match="no line of headings"):
        read_transient(measured("eis_cases/10_time_current_voltage.csv"))


def test_a_spectrum_in_binary_is_no_transient(measured):
    with pytest.raises(ValueError, match="it is a spectrum"):
        read_transient(measured("eclab_binary/peis.mpr"))


def test_what_is_read_can_be_evaluated(read):
    time_s = np.arange(0, 2000, 10.0)
    current_a = 1e-6 + 3e-6 * np.exp(-time_s / 200)
    table = "time (s),current (A)\n" + "\n".join(f"{t},{i}" for t, i in zip(time_s, current_a, strict=True))
    transient = read(table + "\n")
    fit = fit_polarisation(transient.elapsed_s, transient.current_a)
    assert fit.steady_current_a.value == pytest.approx(1e-6, rel=0.03)


def test_a_column_of_temperatures_with_a_unit_gives_their_mean(read):
    steady = read("t/s,I/mA,T/°C\n0,4,60.1\n1,2,60.3\n2,1,60.2\n")
    assert float(steady.metadata["temperature_k"]) == pytest.approx(333.35)
    assert steady.warnings == ()
    moving = read("t/s,I/mA,Temperature (K)\n0,4,330\n1,2,331\n2,1,335\n")
    assert moving.warnings == ("the temperature moved by 5 K",)
    assert "temperature_k" not in read("t/s,I/mA,T\n0,4,60\n1,2,60\n").metadata
