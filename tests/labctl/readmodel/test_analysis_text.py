"""An analysis as text for people."""

from labctl.readmodel.analysis_text import options_in_words


def test_choices_are_told_with_their_units():
    options = {"electrodes": "reversible", "frequency_min_hz": 1e9, "frequency_max_hz": 2e10}
    told = "electrodes reversible, frequencies from 1e+09 Hz, frequencies up to 2e+10 Hz"
    assert options_in_words({"options": options}) == told
    assert options_in_words({"options": {}}) == ""
