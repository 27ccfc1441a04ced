import math

import pytest

from labctl.clock import VirtualClock
from sim_instruments.rig import build
from sim_instruments.world.carriers import CarrierCell, Layer, MovingIon
from sim_instruments.world.cell import Cell, CircuitCell, Interphase
from sim_instruments.world.electrolysis import FARADAY_C_MOL, mass_changes_kg
from sim_instruments.world.laws import Arrhenius
from sim_instruments.world.oven import Oven
from sim_instruments.world.terminals import Terminals

KELVIN = 400.0
UNIT_V = 8.617333262e-5 * KELVIN
LAW = Arrhenius(1e-2, KELVIN, 0.5)
OHM = 1e-3 / (1e-2 * 1e-4)
AG, BR = MovingIon(0.6, 1, molar_mass_kg_mol=0.1079), MovingIon(0.3, -1, molar_mass_kg_mol=0.0799)


def cell(ions, **more):
    return CarrierCell(LAW, 1e-3, 1e-4, ions, **more)


def terminals(truth):
    return Terminals(Cell(truth), Oven(KELVIN))


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match=r"add up to 0\.9"):
        cell({"Ag+": MovingIon(0.6), "Br-": MovingIon(0.3, -1)})


@pytest.mark.parametrize(("passes", "sign"), [("counter", 1), ("working", -1)])
def test_the_steady_current_beside_one_blocking_electrode_is_wagners(passes, sign):
    held = terminals(cell({"Ag+": MovingIon(0.97, passes=passes)}, electrons=0.02, holes=0.01))
    for number, volt in enumerate((0.05, -0.05, 0.15)):
        held.hold(volt, 1e9 * number)
        u = sign * volt / UNIT_V
        expected_a = sign * UNIT_V / OHM * (0.02 * (1 - math.exp(-u)) + 0.01 * (math.exp(u) - 1))
        assert held.current_a(1e9 * number + 9e8) == pytest.approx(expected_a, rel=1e-6)


def test_between_two_blocking_electrodes_the_electrons_saturate():
    truth = cell({"Ag+": MovingIon(0.9, passes="none")}, electrons=0.1)
    assert truth.electronic_a(1e-4, KELVIN) == pytest.approx(0.1 * 1e-4 / OHM, rel=1e-5)
    assert truth.electronic_a(1.0, KELVIN) == pytest.approx(0.1 * 2 * UNIT_V / OHM, rel=1e-6)


def test_the_potential_at_rest_is_the_share_of_the_ions_of_nernsts():
    truth = cell({"O2-": MovingIon(0.8, -2, activity_ratio=10.0)}, electrons=0.2)
    nernst_v = UNIT_V / 2 * math.log(10.0)
    assert truth.rest_potential_v(KELVIN) == pytest.approx(0.8 * nernst_v, rel=1e-9)
    assert terminals(truth).seen_v == pytest.approx(0.8 * nernst_v, rel=1e-9)
    cation = cell({"Ag+": MovingIon(0.8, 1, activity_ratio=10.0)}, electrons=0.2, offset_v=2e-3)
    assert cation.rest_potential_v(KELVIN) == pytest.approx(-0.8 * 2 * nernst_v + 2e-3, rel=1e-9)


def test_a_layer_lowers_the_potential_at_rest_of_a_mixed_conductor_only():
    layer = Layer(share=3.0)
    mixed = cell({"Ag+": MovingIon(0.8, activity_ratio=0.1)}, electrons=0.2, layer=layer)
    ionic = cell({"Ag+": MovingIon(1.0, activity_ratio=0.1)}, layer=layer)
    nernst_v = UNIT_V * math.log(10.0)
    assert ionic.rest_potential_v(KELVIN) == pytest.approx(nernst_v)
    assert mixed.rest_potential_v(KELVIN) < 0.7 * nernst_v


def test_no_current_flows_at_the_potential_at_rest():
    truth = cell({"Ag+": MovingIon(0.8, activity_ratio=0.1)}, electrons=0.2)
    held = terminals(truth)
    held.hold(held.rest_v(0.0), 0.0)
    assert held.current_a(100.0) == pytest.approx(0.0, abs=1e-15)
    held.hold(0.0, 200.0)
    assert held.current_a(1e7) == pytest.approx(-truth.rest_potential_v(KELVIN) / OHM, rel=1e-4)


def test_the_current_of_a_blocked_anion_dies_and_the_spectrum_ends_there_too():
    truth = cell({"Ag+": MovingIon(0.3), "Br-": MovingIon(0.7, -1, passes="none")})
    held = terminals(truth)
    held.hold(0.01, 0.0)
    assert held.current_a(1e-3) == pytest.approx(0.01 / OHM, rel=0.01)
    assert held.current_a(1e6) == pytest.approx(0.3 * 0.01 / OHM, rel=1e-3)
    assert truth.impedance_ohm(1e3, KELVIN).real == pytest.approx(OHM, rel=0.01)
    assert truth.impedance_ohm(1e-6, KELVIN).real == pytest.approx(OHM / 0.3, rel=0.01)


def test_one_passing_and_one_blocked_ion_are_a_salt_between_reversible_electrodes():
    ions = {"Li+": MovingIon(0.3), "X-": MovingIon(0.7, -1, passes="none")}
    truth = cell(ions, polarisation_time_s=400.0, lead_ohm=0.0, cable_inductance_h=0.0)
    salt = CircuitCell(
        LAW, 1e-3, 1e-4, "reversible", 0.3, 1e-6 / 1600, interphase=Interphase(share=0.0), lead_ohm=0.0
    )
    for hz in (1e-5, 1e-4, 1e-3, 1e-2, 1.0):
        assert truth.impedance_ohm(hz, KELVIN) == pytest.approx(salt.impedance_ohm(hz, KELVIN), rel=1e-3)


def test_a_layer_that_grows_takes_current_away():
    growing = Layer(share=0.1, growth_share=4.0, growth_time_s=1000.0)
    held = terminals(cell({"Mg2+": MovingIon(1.0, 2)}, layer=growing))
    held.hold(0.01, 0.0)
    assert held.current_a(1.0) == pytest.approx(0.01 / OHM / 1.1, rel=0.02)
    assert held.current_a(1e5) == pytest.approx(0.01 / OHM / 5.1, rel=0.01)


def test_each_carrier_takes_its_share_of_the_charge():
    held = terminals(cell({"Ag+": AG, "Br-": BR}, electrons=0.1))
    held.hold(0.05, 10.0)
    held.hold(0.1, 110.0)
    held.disconnect(210.0)
    charge_c = held.charges_c(500.0)
    whole_c = (0.05 * 100 + 0.1 * 100) / OHM
    assert charge_c["Ag+"] == pytest.approx(0.6 * whole_c, rel=1e-3)
    assert charge_c["Br-"] == pytest.approx(0.3 * whole_c, rel=1e-3)
    assert charge_c["electrons and holes"] == pytest.approx(0.1 * whole_c, rel=1e-6)


def test_the_charge_is_the_integral_of_the_current_of_a_transient():
    held = terminals(cell({"Ag+": MovingIon(0.3), "Br-": MovingIon(0.7, -1, passes="none")}))
    held.hold(0.05, 0.0)
    times_s = [0.5 + n for n in range(2000)]
    summed_c = math.fsum(held.current_a(time_s) for time_s in times_s)
    assert sum(held.charges_c(2000.0).values()) == pytest.approx(summed_c, rel=1e-4)


def test_a_rig_reads_the_potential_at_rest_and_counts_the_charge_of_its_cell():
    carriers = {"ions": {"Ag+": {"share": 1.0, "activity_ratio": 0.1}}}
    rig = build(VirtualClock(), carriers=carriers)
    rig.world.now()
    kelvin = rig.world.oven.sample_k
    assert rig.world.terminals.seen_v == pytest.approx(8.617333262e-5 * kelvin * math.log(10.0))


@pytest.mark.parametrize(
    ("carriers", "words"),
    [
        ({"ions": {"Ag+": {"share": 1.0, "passes": "left"}}}, "Ag\\+: passes"),
        ({"ions": {"Ag+": {"share": 1.0, "speed": 1.0}}}, "Ag\\+: speed"),
        ({"ions": {"Ag+": {"share": 0.9}}}, r"add up to 0\.9"),
        ({"ions": {"Ag+": {"share": 1.0}}, "leak": 0.1}, "leak"),
    ],
)
def test_an_entry_that_is_wrong_is_named(carriers, words):
    with pytest.raises((TypeError, ValueError), match=words):
        build(VirtualClock(), carriers=carriers)


def test_one_faraday_of_silver_ions_alone_moves_metal_and_no_salt():
    changes = mass_changes_kg({"Ag+": FARADAY_C_MOL, "Br-": 0.0}, {"Ag+": AG, "Br-": BR}, "Ag+")
    assert changes["anode metal"] == pytest.approx(-0.1079)
    assert changes["anode side"] == pytest.approx(-0.1079)  # the metal alone
    assert sum(changes.values()) == pytest.approx(0.0)


def test_anions_make_salt_at_the_anode():
    changes = mass_changes_kg({"Ag+": 0.0, "Br-": FARADAY_C_MOL}, {"Ag+": AG, "Br-": BR}, "Ag+")
    assert changes["anode metal"] == pytest.approx(-0.1079)
    assert changes["anode side"] == pytest.approx(0.0799)  # 0.1079 kg left the metal and is in the salt
