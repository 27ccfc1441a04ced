"""Another circuit beside the stored one: both fitted to the same points, with a verdict."""

import numpy as np
import pytest

from labctl.analysis import parse_circuit
from labctl.errors import InvalidRequest
from labctl.readmodel.other_circuit import beside_lines, fitted_beside
from labctl.readmodel.snapshot import RunSnapshot, SpectrumCurve

TRUE, RICHER, POORER = "p(R1,CPE1)-CPE2", "R0-p(R1,CPE1)-CPE2", "R0-CPE2"
FREQUENCY_HZ = np.logspace(6, 0, 37)


def run(*resistances_ohm, circuit=TRUE):
    curves = [spectrum(place, ohm, circuit) for place, ohm in enumerate(resistances_ohm)]
    return RunSnapshot({"id": 7, "status": "finished"}, {}, complete=True, spectra=tuple(curves))


def spectrum(place, ohm, circuit, **about):
    z = parse_circuit(TRUE).impedance([ohm, 1e-10, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
    noise = np.random.default_rng(place).standard_normal((2, z.size))
    z = z * (1 + 2e-3 * (noise[0] + 1j * noise[1]))
    row = {"circuit": circuit}
    return SpectrumCurve(
        place, place, 0, "heating", "finished", None, 300.0, FREQUENCY_HZ, z, resistance=row, **about
    )


def difference(one):
    assert one.bic_difference is not None
    return one.bic_difference


def test_a_circuit_that_lacks_an_arc_is_clearly_worse():
    found = fitted_beside(run(5e4, 2e4), POORER)
    assert all(difference(one) > 10 for one in found)
    lines = beside_lines(found, POORER)
    assert lines[0].startswith("spectrum 0 at 26.85 °C: criterion +")
    assert f"{POORER}: clearly better for 0 of 2 spectra, clearly worse for 2" in lines


def test_the_true_circuit_beside_a_poorer_one_is_clearly_better():
    (one,) = fitted_beside(run(5e4, circuit=POORER), TRUE)
    assert difference(one) < -10
    assert one.other is not None
    assert one.other.parameters["R1"].value == pytest.approx(5e4, rel=0.01)


def test_a_resistor_too_many_is_not_better():
    (one,) = fitted_beside(run(5e4), RICHER)
    assert difference(one) > -2


def test_excluded_points_are_in_neither_fit():
    out = FREQUENCY_HZ > 1e5
    curve = spectrum(0, 5e4, TRUE, excluded=out)
    (one,) = fitted_beside(RunSnapshot({"id": 7}, {}, complete=True, spectra=(curve,)), TRUE)
    assert one.stored is not None
    assert one.other is not None
    assert one.stored.frequency_hz.size == one.other.frequency_hz.size == FREQUENCY_HZ.size - out.sum()


@pytest.mark.parametrize(("circuit", "said"), [("R0-(", "circuit: "), (TRUE, "no spectrum has a circuit")])
def test_what_cannot_be_compared_is_refused_in_words(circuit, said):
    with pytest.raises(InvalidRequest, match=said):
        fitted_beside(run(), circuit)
