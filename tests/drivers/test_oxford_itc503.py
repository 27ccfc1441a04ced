import pytest

from drivers.oxford_itc503 import OxfordITC503
from labctl.errors import ConfigurationError, InstrumentError


def status(automatic):
    return ("X", f"X0A{automatic}C3S00H1L0")


OFF = [("C3", "C"), ("A0", "A"), ("O0.0", "O")]
READ_BACK = [("R5", "R+000.0"), status(0)]
SAFE = [status(1), *OFF, *READ_BACK]


def test_preparing_takes_remote_control_and_leaves_the_heater_off(dialogue):
    identity = ("V", "ITC503 Version 1.11 (c) OXFORD 1997")
    with dialogue(OxfordITC503, [identity, *SAFE]) as cryostat:
        cryostat.prepare()
    with (
        dialogue(OxfordITC503, [("V", "ILM200 1.08")]) as cryostat,
        pytest.raises(InstrumentError, match="ITC503"),
    ):
        cryostat.prepare()


@pytest.mark.parametrize(("before", "after"), [(0, 1), (2, 3), (3, 3)])
def test_a_set_point_starts_the_heater_and_leaves_the_gas_alone(dialogue, before, after):
    pairs = [("T300.000", "T"), status(before), (f"A{after}", "A"), ("R0", "R00300.00")]
    with dialogue(OxfordITC503, pairs) as cryostat:
        cryostat.setpoint_k = 300
        assert cryostat.setpoint_k == 300


def test_the_sensor_chosen_is_read(dialogue):
    with dialogue(OxfordITC503, [("R2", "R+00295.02")], sensor=2) as cryostat:
        assert cryostat.temperature_k == 295.02


@pytest.mark.parametrize(
    "reply", ["?R1", "", "R", "T295.0", "R29x.0", "R295.0R1", "Rnan", "R+000.0", "R9999.9"]
)
def test_a_reply_that_is_no_reading_is_an_error_and_clears_the_line(dialogue, reply):
    with dialogue(OxfordITC503, [("R1", reply)]) as cryostat:
        with pytest.raises(InstrumentError):
            _ = cryostat.temperature_k
        assert cryostat.adapter.connection.clear.called


def test_a_command_that_was_not_understood_is_an_error(dialogue):
    with (
        dialogue(OxfordITC503, [("T300.000", "?T300.000")]) as cryostat,
        pytest.raises(InstrumentError, match="refused"),
    ):
        cryostat.setpoint_k = 300


@pytest.mark.parametrize("kelvin", [-1, 1700, float("nan")])
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, kelvin):
    with dialogue(OxfordITC503, []) as cryostat, pytest.raises(ValueError):
        cryostat.setpoint_k = kelvin


def test_making_safe_reads_back_and_may_be_repeated(dialogue):
    with dialogue(OxfordITC503, [*SAFE, *OFF, *READ_BACK]) as cryostat:
        cryostat.make_safe()
        cryostat.make_safe()
    pairs = [status(1), *OFF, ("R5", "R+045.0"), status(0)]
    with dialogue(OxfordITC503, pairs) as cryostat, pytest.raises(InstrumentError, match="still on"):
        cryostat.make_safe()


def test_switching_off_leaves_automatic_gas_flow_as_it_was_read(dialogue):
    pairs = [status(3), OFF[0], ("A2", "A"), OFF[2], READ_BACK[0], status(2)]
    with dialogue(OxfordITC503, pairs) as cryostat:
        cryostat.make_safe()


def test_switching_off_asks_nothing_where_the_gas_flow_is_not_known(dialogue):
    with dialogue(OxfordITC503, OFF) as cryostat:
        cryostat.switch_off()


@pytest.mark.parametrize("message", ["C3", "A0", "O0.0"])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(OxfordITC503, [pair for pair in SAFE if pair[0] != message]) as cryostat:
        broken_at(cryostat, message)
        with pytest.raises(InstrumentError, match="no answer"):
            cryostat.make_safe()


def test_a_sensor_that_does_not_exist_is_a_configuration_error(dialogue):
    with pytest.raises(ConfigurationError), dialogue(OxfordITC503, [], sensor=4):
        pass
