import pytest

from drivers.platinum import pt100_degc, pt100_ohm

# Resistances of IEC 60751:2008, table 1.
TABLE = {-200: 18.52, -100: 60.26, -50: 80.31, 0: 100.0, 25: 109.73, 100: 138.51, 200: 175.86, 850: 390.48}


@pytest.mark.parametrize(("degc", "ohm"), TABLE.items())
def test_resistances_are_those_of_the_standard(degc, ohm):
    assert pt100_ohm(degc) == pytest.approx(ohm, abs=0.005)


@pytest.mark.parametrize("degc", [-200, -199.9, -150, -20, -1e-6, 0, 1e-6, 25.4, 300, 850])
def test_the_temperature_of_a_resistance_is_the_one_it_has(degc):
    assert pt100_degc(pt100_ohm(degc)) == pytest.approx(degc, abs=1e-4)


@pytest.mark.parametrize("ohm", [0.0, 18.5, 390.6, 1e6, float("nan"), -100.0])
def test_a_resistance_that_no_pt100_has_is_refused(ohm):
    with pytest.raises(ValueError, match="PT100"):
        pt100_degc(ohm)
    with pytest.raises(ValueError, match="PT100"):
        pt100_ohm(900)
