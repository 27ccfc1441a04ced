import pytest

from drivers.oxford_itc503 import OxfordITC503, parse_status
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate


def status(automatic, sweep="00", sensor=1):
    return ("X", f"X0A{automatic}C3S{sweep}H{sensor}L0")


OFF = [("C3", "C"), ("A0", "A"), ("O0.0", "O"), ("S0", "S")]
READ_BACK = [("R5", "R+000.0"), status(0)]
SAFE = [status(1), *OFF, *READ_BACK]


def test_preparing_takes_remote_control_and_leaves_the_heater_off(dialogue):
    identity = ("V", "ITC503 Version 1.11 (c) OXFORD 1997")
    with dialogue(OxfordITC503, [identity, *SAFE, status(0)]) as cryostat:
        cryostat.prepare()
    with (
        dialogue(OxfordITC503, [("V", "ILM200 1.08")]) as cryostat,
        pytest.raises(InstrumentError, match="ITC503"),
    ):
        cryostat.prepare()


@pytest.mark.parametrize(("before", "after"), [(0, 1), (2, 3), (3, 3)])
def test_a_set_point_starts_the_heater_and_leaves_the_gas_alone(dialogue, before, after):
    pairs = [("T300.000", "T"), status(before), (f"A{after}", "A"), status(after), ("R0", "R00300.00")]
    pairs += [("R0", "R00300.00")]
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
    pairs = [status(3), OFF[0], ("A2", "A"), *OFF[2:], READ_BACK[0], status(2)]
    with dialogue(OxfordITC503, pairs) as cryostat:
        cryostat.make_safe()


def test_switching_off_asks_nothing_where_the_gas_flow_is_not_known(dialogue):
    with dialogue(OxfordITC503, OFF) as cryostat:
        cryostat.switch_off()


@pytest.mark.parametrize("message", ["C3", "A0", "O0.0", "S0"])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(OxfordITC503, [pair for pair in SAFE if pair[0] != message]) as cryostat:
        broken_at(cryostat, message)
        with pytest.raises(InstrumentError, match="no answer"):
            cryostat.make_safe()


def test_a_sensor_that_does_not_exist_is_a_configuration_error(dialogue):
    with pytest.raises(ConfigurationError), dialogue(OxfordITC503, [], sensor=4):
        pass


# What rules.

IDENTITY = ("V", "ITC503 Version 1.11 (c) OXFORD 1997")


@pytest.mark.parametrize(
    ("reply", "parsed"),
    [("X0A0C3S00H1L0", (0, 0, 1)), ("X0A3C1S05H2L1", (3, 5, 2)), ("X0A1C3S0H3L0", (1, 0, 3)),
     ("X0A6C3S32H1L1", (2, 32, 1))],
)  # fmt: skip
def test_the_whole_status_is_read(reply, parsed):
    assert parse_status(reply) == parsed


@pytest.mark.parametrize(
    "reply", ["", "?X", "X0A0C3", "X0A0C3S00H1", "X0A0C3S00H4L0", "X0A8C3S00H1L0", "X0A0C3S000H1L0",
              "X0A0C3S00H1L0X"],
)  # fmt: skip
def test_a_status_with_other_fields_is_refused(dialogue, reply):
    with dialogue(OxfordITC503, [("X", reply)]) as cryostat:
        with pytest.raises(InstrumentError):
            _ = cryostat.automatic
        assert cryostat.adapter.connection.clear.called


def test_another_sensor_that_controls_is_refused_unless_it_was_stated(dialogue):
    pairs = [IDENTITY, *SAFE, status(0, sensor=2)]
    with dialogue(OxfordITC503, pairs) as cryostat, pytest.raises(InstrumentError, match="sensor 2 controls"):
        cryostat.prepare()
    with dialogue(OxfordITC503, pairs, control_sensor=2) as cryostat:
        cryostat.prepare()
    with dialogue(OxfordITC503, pairs, sensor=2) as cryostat:
        cryostat.prepare()
    with pytest.raises(ConfigurationError), dialogue(OxfordITC503, [], control_sensor=0):
        pass


@pytest.mark.parametrize(
    ("left", "words"), [(status(0, sweep="05"), "a sweep rules"), (status(0, sensor=3), "sensor 3 controls")]
)
def test_a_set_point_starts_no_heater_under_a_sweep_or_another_sensor(dialogue, left, words):
    pairs = [("T300.000", "T"), left]
    with dialogue(OxfordITC503, pairs) as cryostat, pytest.raises(InstrumentError, match=words):
        cryostat.setpoint_k = 300


@pytest.mark.parametrize(
    ("rules", "setpoint", "words"),
    [(status(0), "R+300.00", "not in automatic control"), (status(1), "R+295.00", "not accepted"),
     (status(1, sweep="01"), "R+300.00", "a sweep rules")],
)  # fmt: skip
def test_what_rules_is_read_after_the_start(dialogue, rules, setpoint, words):
    pairs = [("T300.000", "T"), status(0), ("A1", "A"), rules, ("R0", setpoint)]
    asked = pairs if "accepted" in words else pairs[:4]
    with dialogue(OxfordITC503, asked) as cryostat, pytest.raises(InstrumentError, match=words):
        cryostat.setpoint_k = 300


def test_a_sweep_that_goes_on_is_not_safe(dialogue):
    pairs = [status(1, sweep="03"), *OFF[:3], ("S0", "?S0"), ("R5", "R+000.0"), status(0, sweep="03")]
    with dialogue(OxfordITC503, pairs) as cryostat, pytest.raises(InstrumentError, match="sweep is still"):
        cryostat.make_safe()


def test_a_sweep_left_at_the_panel_does_not_survive_making_safe():
    with find_candidate("drivers.oxford_itc503:OxfordITC503").connected() as trial:
        (model,) = trial.rig.instruments.values()
        trial.driver.tell("C3")
        trial.driver.tell("S1")
        assert model.sweep == 1
        trial.driver.prepare()
        assert model.sweep == 0
        trial.driver.setpoint_k = 320.0
        assert trial.driver.output_state.target_k == pytest.approx(320.0)
        trial.driver.tell("S1")
        state = trial.driver.output_state
        assert (state.target_k, state.problem) == (340.0, "a sweep rules (S01): stop it")
