import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.world.cell import Cell, CircuitCell, Interphase
from sim_instruments.world.laws import Arrhenius

LAW = Arrhenius(1e-2, 333.15, 0.5)


def cell(**details) -> CircuitCell:
    return CircuitCell(LAW, 1e-3, 1e-4, **details)


def test_the_ionic_resistance_is_thickness_over_conductivity_and_area():
    assert cell().ionic_ohm(333.15) == pytest.approx(1e-3 / (1e-2 * 1e-4))


@given(st.floats(-3, 7), st.floats(280, 420), st.booleans())
def test_every_impedance_is_dissipative_and_finite(exponent, temperature_k, blocking):
    electrodes = "blocking" if blocking else "reversible"
    z_ohm = cell(electrodes=electrodes).impedance_ohm(10**exponent, temperature_k)
    assert z_ohm.real > 0
    assert math.isfinite(abs(z_ohm))


def test_a_blocking_cell_is_capacitive_and_carries_no_direct_current():
    blocked = cell()
    assert blocked.impedance_ohm(1e-3, 333.15).imag < -1e5
    assert blocked.direct_ohm(333.15) == math.inf


def test_the_impedance_at_a_tenth_of_a_millihertz_is_the_direct_resistance():
    reversible = cell(electrodes="reversible", transference_number=0.3, salt_diffusivity_m2_s=1e-8)
    expected_ohm = 0.05 + 1000 * (1 + 0.4 + 0.7 / 0.3)
    assert reversible.direct_ohm(333.15) == pytest.approx(expected_ohm)
    assert reversible.impedance_ohm(1e-4, 333.15).real == pytest.approx(expected_ohm, rel=1e-3)


def test_resistance_less_interphase_is_the_ionic_one_over_the_transference_number():
    reversible = cell(electrodes="reversible", transference_number=0.25, lead_ohm=0.0)
    left_ohm = reversible.direct_ohm(333.15) - reversible.interphase_ohm(333.15)
    assert left_ohm == pytest.approx(reversible.ionic_ohm(333.15) / 0.25)


def test_an_electronic_share_lets_direct_current_through_blocking_electrodes():
    mixed = cell(electronic_share=0.04, lead_ohm=0.0)
    plateau_ohm = abs(mixed.impedance_ohm(3e3, 333.15))
    assert plateau_ohm / mixed.direct_ohm(333.15) == pytest.approx(0.04, rel=0.02)


def test_grain_boundaries_share_the_ionic_resistance():
    plain, granular = cell(), cell(grain_boundary_share=0.7)
    assert granular.ionic_ohm(333.15) == plain.ionic_ohm(333.15)
    assert granular.impedance_ohm(1e4, 333.15).real == pytest.approx(1000, rel=0.05)
    assert granular.impedance_ohm(2e6, 333.15).real == pytest.approx(300, rel=0.1)


def test_grain_boundary_and_interphase_may_have_laws_of_their_own():
    steep, flat = Arrhenius(2e-3, 333.15, 0.9), Arrhenius(4e-2, 333.15, 0.2)
    layered = cell(electrodes="reversible", grain_boundary_law=steep, interphase=Interphase(law=flat))
    assert layered.bulk_ohm(333.15) == pytest.approx(1000)
    assert layered.grain_boundary_ohm(333.15) == pytest.approx(5000)
    assert layered.ionic_ohm(333.15) == pytest.approx(6000)
    assert layered.interphase_ohm(333.15) == pytest.approx(250)
    assert layered.grain_boundary_ohm(313.15) / layered.grain_boundary_ohm(333.15) > 5
    assert layered.interphase_ohm(313.15) / layered.interphase_ohm(333.15) < 2


def test_an_open_cell_is_huge_and_a_short_is_nothing():
    sample = Cell(cell())
    sample.open = True
    assert abs(sample.impedance_ohm(1.0, 333.15)) > 1e11
    sample.open, sample.shorted = False, True
    assert abs(sample.impedance_ohm(1.0, 333.15)) < 0.1


def test_a_molten_cell_stays_shorted():
    sample = Cell(cell(), melts_at_k=400.0)
    assert abs(sample.impedance_ohm(1e3, 390.0)) > 1
    sample.melt_if_hot(401.0)
    assert abs(sample.impedance_ohm(1e3, 300.0)) < 0.1
