import json

import numpy as np
import pytest

from labctl.analysis import read_spectra, read_spectrum
from labctl.analysis.readers.palmsens import session_parts

FREQUENCY, REAL, MINUS_IMAGINARY = [1000.0, 100.0, 10.0, 1.0], [1.5, 3.0, 5.0, 7.125], [2.25, 4.0, 6.0, 8.0]


def array(description, unit, values, quantity="", status=0):
    return {
        "Description": description,
        "Unit": {"Type": f"PalmSens.Units.{unit}", "Q": quantity},
        "DataValues": [{"V": value, "S": status} for value in values],
    }


def spectrum(imaginary_unit="ZIm", real=REAL):
    return {
        "Values": [
            array("Frequency", "Hertz", FREQUENCY),
            array("ZRe", "ZRe", real, "Z'"),
            array("ZIm", imaginary_unit, MINUS_IMAGINARY, "-Z''"),
        ]
    }


def transient(unit="MicroAmpere", status=0):
    current = array("current", unit, [4.0, 2.0, 1.0], "Current", status)
    return {"Values": [array("time", "Time", [0.0, 1.0, 2.0]), current]}


@pytest.fixture
def write(tmp_path):
    def write_file(*datasets, cut=0, fold=str):
        measurements = [{"Title": f"m{n}", "DataSet": dataset} for n, dataset in enumerate(datasets)]
        session = {"Type": "PalmSens.DataFiles.SessionFile", "Measurements": measurements}
        content = fold(json.dumps(session)).encode("utf-16") + b"\xff\xfe"
        path = tmp_path / "measured.pssession"
        path.write_bytes(content[: len(content) - cut])
        return path

    return write_file


def test_a_session_gives_its_measured_spectrum_and_the_one_shown_beside_it(measured):
    first, second = read_spectra(measured("eclab_binary/data.pssession"))
    assert (len(first), len(second)) == (29, 51)
    assert first.z_ohm[0] == 109.00918219439 - 26.5556798765152j
    assert second.z_ohm[0] == 10331.902945892089 - 120.57488752752744j
    assert first.metadata["part"] == "Test data"
    assert second.metadata["part"] == "Test data: Fixed at 51 freqs"
    assert first.metadata["acquired"] == "2023-08-22 12:33:39"
    assert "the session holds 2 tables: this is one of them" in first.warnings


def test_the_parts_agree_with_the_modulus_and_phase_that_the_session_holds(measured):
    path = measured("eclab_binary/data.pssession")
    session = json.loads(path.read_bytes().decode("utf-16").rstrip("\ufeff"))
    (measurement,) = session["Measurements"]
    held = {a["Description"]: [v["V"] for v in a["DataValues"]] for a in measurement["DataSet"]["Values"]}
    z_ohm = read_spectrum(path).z_ohm
    np.testing.assert_allclose(np.abs(z_ohm), held["Z"], rtol=1e-12)
    np.testing.assert_allclose(-np.degrees(np.angle(z_ohm)), held["Phase"], rtol=1e-12)


def test_the_imaginary_part_has_its_true_sign(write):
    found = read_spectrum(write(spectrum()))
    np.testing.assert_array_equal(found.z_ohm, np.array(REAL) - 1j * np.array(MINUS_IMAGINARY))
    np.testing.assert_array_equal(found.frequency_hz, FREQUENCY)
    assert found.metadata["format"] == "PalmSens session"


def test_keys_in_small_letters_mean_the_same(write):
    assert len(read_spectrum(write(spectrum(), fold=str.lower))) == 4


def test_a_unit_that_is_not_known_is_refused_with_how_to_export(write):
    with pytest.raises(ValueError, match=r"PalmSens.Units.Kilo.*not known.*export.*csv"):
        read_spectrum(write(spectrum("Kilo")))


def test_columns_of_unequal_length_are_refused(write):
    with pytest.raises(ValueError, match="unequal length"):
        read_spectrum(write(spectrum(real=REAL[:-1])))


def test_a_cut_session_is_refused(write):
    with pytest.raises(ValueError, match=r"measured.pssession.*cut or damaged"):
        read_spectrum(write(spectrum(), cut=40))


def test_a_session_without_spectra_or_currents_is_refused(write):
    with pytest.raises(ValueError, match="neither a spectrum nor a current against time"):
        read_spectrum(write({"Values": [array("potential", "Volt", [1.0])]}))


def test_a_current_against_time_is_given_in_amperes(write):
    (part,) = session_parts(write(transient()).read_bytes())
    assert part.text == "time/s\tcurrent/A\n0.0\t4e-06\n1.0\t2e-06\n2.0\t1e-06\n"


def test_doubted_readings_of_the_current_are_told(write):
    (part,) = session_parts(write(transient(status=1)).read_bytes())
    assert part.warnings == ("3 of 3 currents have a status other than 0 (overload or underload)",)
