"""Statements behind the numbers of a run as text."""

from labctl.readmodel.stated_text import not_stated, not_stated_in_words, stated_lines

SAMPLE = {"thickness_m": 1e-3, "thickness_u_m": 0.0, "area_m2": 5e-5, "area_u_m2": 0.0}


def test_a_run_without_any_certificate_says_so_for_each_instrument_and_the_geometry():
    lines = stated_lines({}, {"oven", "fra"}, SAMPLE)
    assert not_stated(lines) == ["thermometer", "sensor to sample", "analyser", "geometry"]
    assert not_stated_in_words(lines) == (
        "not stated, and in no interval: thermometer, sensor to sample, analyser, geometry"
    )


def test_imported_spectra_had_an_analyser_and_a_thermometer_that_are_not_stated():
    assert "analyser" in not_stated(stated_lines({}, (), SAMPLE))
    assert "thermometer" in not_stated(stated_lines({}, (), SAMPLE))


def test_a_run_with_everything_stated_says_nothing_is_missing():
    accuracy = {
        "thermometer": {"class": "PT100 A wire", "source": "a standard"},
        "sample_temperature": {"offset_k": 0.1, "uncertainty_k": 0.1, "source": "second sensor"},
        "analyser": {"ranges": [], "source": "data sheet"},
    }
    known = SAMPLE | {"thickness_u_m": 1e-5, "area_u_m2": 1e-7}
    assert not_stated_in_words(stated_lines(accuracy, {"oven", "fra"}, known)) == ""


def test_a_thickness_measured_after_the_run_states_its_uncertainty_and_a_change_is_told():
    changed = SAMPLE | {"thickness_after_m": 0.9e-3, "thickness_after_u_m": 1e-5}
    lines = stated_lines({}, {"fra"}, changed)
    assert not_stated(lines) == ["analyser", "area"]
    assert "thickness changed: 1 mm before and 0.9 mm after the run; the interval holds both" in lines
