"""The bench checks of an instrument: general ones for its kind and line, and its driver's."""

from drivers.lakeshore33x import LakeShore336, LakeShore350
from drivers.lcr_meters import KeysightE4980A
from drivers.relay_watchdog import RelayWatchdog
from labctl.instruments.bench_checks import GENERAL_CHECKS, checks_at


def names(driver_class, address):
    return [check.name for check in checks_at(driver_class, address)]


def test_a_line_decides_which_general_checks_there_are():
    gpib = names(LakeShore336, "GPIB0::12::INSTR")
    assert set(names(LakeShore336, "ASRL1::INSTR")) - set(gpib) == {
        "an echo (RS-485 only)",
        "a board that boots (DTR)",
    }
    assert set(names(LakeShore336, "TCPIP0::h::7777::SOCKET")) - set(gpib) == {
        "a closed socket (network only)"
    }


def test_an_analyser_is_checked_for_its_impedance_and_not_for_its_temperature():
    found = names(KeysightE4980A, "GPIB0::17::INSTR")
    assert "the sign of reactance" in found
    assert "the temperature (oven)" not in found
    assert "the temperature (oven)" in names(LakeShore336, "GPIB0::12::INSTR")


def test_a_board_that_answers_nothing_has_no_identity_to_check():
    assert "the identity" not in names(RelayWatchdog, "ASRL1::INSTR")


def test_a_model_has_the_checks_for_it_alone():
    assert "outputs 3 and 4 (336)" in names(LakeShore336, "GPIB0::12::INSTR")
    assert "outputs 3 and 4 (336)" not in names(LakeShore350, "GPIB0::12::INSTR")


def test_every_general_check_is_asked_of_some_instrument():
    asked = {
        check
        for driver_class in (LakeShore336, KeysightE4980A)
        for address in ("ASRL1::INSTR", "TCPIP0::h::1::SOCKET")
        for check in checks_at(driver_class, address)
    }
    assert set(GENERAL_CHECKS) <= asked
