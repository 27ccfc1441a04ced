import pytest

from labctl.clock import VirtualClock
from sim_instruments.rig import build
from sim_instruments.world.gas import Gas, Term, gas_from

PROTONS = {"terms": [{"share": 1.0, "exponent": 0.5}]}


def following(**more):
    state = {"pa": 1000.0}
    gas = gas_from(PROTONS | more)
    gas.attach(lambda: state["pa"])
    return gas, state


def test_protons_go_with_the_root_of_the_water():
    gas, state = following()
    state["pa"] = 4000.0
    gas.advance(1.0)
    assert gas.factor == pytest.approx(2.0)


def test_the_sample_follows_the_gas_with_its_time_constant():
    gas, state = following(lag_s=100.0)
    state["pa"] = 2000.0
    gas.advance(100.0)
    assert gas.sample_pa == pytest.approx(1000.0 + 1000.0 * (1 - 0.36788), rel=1e-4)


def test_a_conductivity_with_hysteresis_is_higher_while_the_gas_becomes_drier():
    gas, state = following(hysteresis=0.1)
    found = []
    for number, pa in enumerate((2000.0, 4000.0, 2000.0), 1):
        state["pa"] = pa
        gas.advance(float(number))
        found.append(gas.factor)
    assert found[2] == pytest.approx(1.1 * found[0])


def test_two_carriers_add_up():
    gas = Gas([Term(0.9, 0.0), Term(0.1, -0.25)], reference_pa=1e4)
    gas.attach(lambda: 1e4 * 16)
    gas.advance(1.0)
    assert gas.factor == pytest.approx(0.9 + 0.1 / 2)


def test_a_rig_without_the_option_answers_no_gas():
    rig = build(VirtualClock(), instruments={"ASRL9::INSTR": "cellkraft_p10"})
    rig.instruments["ASRL9::INSTR"].word = 900
    rig.world.now()
    assert rig.world.gas.factor == 1.0


@pytest.mark.parametrize(
    ("gas", "words"),
    [
        ({"terms": [{"share": 0.9, "exponent": 0.5}]}, "add up to 1"),
        (PROTONS | {"delay_s": 3.0}, "delay_s unknown"),
        (PROTONS | {"lag_s": -3.0}, "lag_s"),
        ({"terms": [{"share": 1.0}]}, "share and exponent"),
    ],
)
def test_an_entry_that_is_wrong_is_named(gas, words):
    with pytest.raises((TypeError, ValueError), match=words):
        build(VirtualClock(), gas=gas)
