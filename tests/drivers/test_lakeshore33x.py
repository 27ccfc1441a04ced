import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lakeshore33x import LakeShore33x, LakeShore335, LakeShore336, LakeShore350, in_words
from labctl.errors import InstrumentError
from labctl.testing.trial import find_candidate

IDENTITY = ("*IDN?", "LSCI,MODEL335,1234567/1234567,1.0")
ACCEPTED = ("*ESR?", "0")
SAFE = [
    ("RANGE 1,0", None), ("RANGE 2,0", None), ("MOUT 1,0.00", None), ACCEPTED,
    ("RANGE? 1", "0"), ("RANGE? 2", "0"), ("MOUT? 1", "+0.00"),
]  # fmt: skip
RULES = ("OUTMODE? 1", "1,1,0")
NO_RAMP = ("RAMP? 1", "0,+0.0")
NO_LIMIT = ("TLIMIT? A", "+0.0")
KELVIN, CELSIUS = ("INTYPE? A", "1,0,1,3,1"), ("INTYPE? A", "1,0,1,3,2")
RAMP_OFF = [("RAMP 1,0,0", None), ACCEPTED, NO_RAMP]
IN_LOOP = [("OUTMODE 1,1,1,0", None), ACCEPTED, RULES]
READING = "KRDG? A;RDGST? A"


def test_preparing_checks_the_model_and_leaves_the_heaters_off(dialogue):
    pairs = [
        IDENTITY, ("*CLS", None), *SAFE,
        ("INTYPE? A", "1,0,1,3,1"), *IN_LOOP, *RAMP_OFF,
        ("TLIMIT A,393.15", None), ACCEPTED, ("TLIMIT? A", "+393.2"), ("TLIMIT? A", "+393.2"),
    ]  # fmt: skip
    with dialogue(LakeShore335, pairs, temperature_limit_degc=120) as oven:
        oven.prepare()


def test_the_second_loop_of_another_sensor_is_addressed_by_its_own_numbers(dialogue):
    pairs = [
        ("SETP 2,300.0000", None), ACCEPTED, ("INTYPE? B", "1,0,1,3,1"),
        ("OUTMODE? 2", "1,2,0"), ("RAMP? 2", "0,+1.0"),
        ("RANGE 2,1", None), ACCEPTED,
        ("SETP? 2", "+300.00"), ("RANGE? 2", "1"),
        ("KRDG? B;RDGST? B", "+4.200;000"),
    ]  # fmt: skip
    with dialogue(LakeShore336, pairs, output=2, sensor="B", heater_range=1) as oven:
        oven.setpoint_k = 300
        assert oven.temperature_k == 4.2


@pytest.mark.parametrize(
    ("driver_class", "identity"),
    [
        (LakeShore335, "LSCI,MODEL336,1234567/1234567,1.0"),
        (LakeShore336, "LSCI,MODEL335,335A12T/#######,1.2"),
        (LakeShore350, "CRYO-CON,MODEL 24C,204683,1.0"),
        (LakeShore335, ""),
    ],
)
def test_another_instrument_at_the_address_is_refused_by_name(dialogue, driver_class, identity):
    with dialogue(driver_class, [("*IDN?", identity)]) as oven:
        with pytest.raises(InstrumentError, match="this is not a MODEL") as refused:
            oven.prepare()
        assert refused.value.received == identity


@pytest.mark.parametrize("identity", ["LSCI,MODEL335,335A12T/#######,1.2", IDENTITY[1]])
def test_both_forms_of_the_identity_are_accepted(dialogue, identity):
    with dialogue(LakeShore335, [("*IDN?", identity)]) as oven:
        oven.check_identity(*oven.models)


def test_the_bench_check_of_the_unit_reads_the_input_that_controls(dialogue):
    (unit,) = [check for check in LakeShore335.bench_checks if check.name == "the unit"]
    with dialogue(LakeShore335, [("INTYPE? B", "1,0,1,3,2")], sensor="B") as oven:
        assert re.fullmatch(unit.answer, getattr(oven, unit.reads))


def test_a_sensor_in_sensor_units_is_refused_before_any_set_point(dialogue):
    pairs = [IDENTITY, ("*CLS", None), *SAFE, ("INTYPE? A", "1,0,1,3,3")]
    with dialogue(LakeShore335, pairs) as oven, pytest.raises(InstrumentError, match="choose kelvin or Cel"):
        oven.prepare()


def test_set_points_are_sent_in_celsius_where_the_input_prefers_it(dialogue):
    pairs = [
        IDENTITY, ("*CLS", None), *SAFE, ("INTYPE? A", "1,0,1,3,2"),
        *IN_LOOP, *RAMP_OFF, NO_LIMIT,
        ("SETP 1,26.8500", None), ACCEPTED, CELSIUS, RULES, NO_RAMP, ("RANGE 1,3", None), ACCEPTED,
        ("SETP? 1", "+26.8500"),
        ("RANGE? 1", "3"), ("SETP? 1", "+26.8500"),
    ]  # fmt: skip
    with dialogue(LakeShore335, pairs) as oven:
        oven.prepare()
        oven.setpoint_k = 300
        assert oven.setpoint_k == pytest.approx(300)


def test_a_set_point_above_the_limit_at_which_the_heaters_switch_off_is_refused():
    with find_candidate("drivers.lakeshore33x:LakeShore336").connected() as trial:
        (oven,) = trial.rig.instruments.values()
        oven.set_limit("A", 320.0)
        trial.driver.prepare()
        with pytest.raises(InstrumentError, match="heaters switch off above 320 K"):
            trial.driver.setpoint_k = 321.0
        assert not trial.energised
        trial.driver.setpoint_k = 319.0


def test_a_unit_that_was_changed_meanwhile_is_refused_before_the_heater_is_on(dialogue):
    pairs = [("SETP 1,300.0000", None), ACCEPTED, CELSIUS, CELSIUS]
    with (
        dialogue(LakeShore335, pairs) as oven,
        pytest.raises(InstrumentError, match="was changed since prepare"),
    ):
        oven.setpoint_k = 300


def test_another_calibration_curve_than_the_station_names_is_refused():
    candidate = find_candidate("drivers.lakeshore33x:LakeShore336")
    with replace(candidate, settings={"curve": 6}).connected() as trial:
        trial.driver.prepare()
        (oven,) = trial.rig.instruments.values()
        oven.set_input_curve("A", 21)
        with pytest.raises(InstrumentError, match="another calibration curve than 6"):
            trial.driver.setpoint_k = 300.0
        assert not trial.energised
        assert "has curve 21" in trial.driver.output_state.problem
        with pytest.raises(InstrumentError, match="another calibration curve than 6"):
            trial.driver.prepare()


@pytest.mark.parametrize(("reply", "kelvin"), [("+4.200;0", 4.2), ("10.32;000", 10.32), ("68.65;0", 68.65)])
def test_a_good_reading_is_kelvin(dialogue, reply, kelvin):
    with dialogue(LakeShore335, [(READING, reply)]) as oven:
        assert oven.temperature_k == kelvin


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("+0.000;001", "invalid reading"),
        ("+0.000;016", "temperature under range"),
        ("+800.0;032", "temperature over range"),
        ("+0.000;064", "sensor units zero"),
        ("+0.000;128", "sensor units over range"),
        ("+0.000;160", "temperature over range, sensor units over range"),
    ],
)
def test_a_reading_flagged_by_the_instrument_is_an_error_with_its_text(dialogue, reply, words):
    with dialogue(LakeShore335, [(READING, reply)]) as oven, pytest.raises(InstrumentError, match=words):
        _ = oven.temperature_k


@pytest.mark.parametrize(
    "reply", ["+295.00", "+295.00;0;0", "+29x.00;0", ";0", "", "OVER;0", "nan;0", "inf;0", "+295.00;"]
)
def test_a_reply_that_is_no_temperature_is_an_error_and_clears_the_bus(dialogue, reply):
    with dialogue(LakeShore335, [(READING, reply)]) as oven:
        with pytest.raises(InstrumentError) as refused:
            _ = oven.temperature_k
        assert oven.adapter.connection.clear.called
        assert (refused.value.sent, refused.value.received) == (READING, reply)


@pytest.mark.parametrize(
    ("bits", "words"),
    [("32", "command not understood"), ("16", "value refused"), ("4", "query not understood")],
)
def test_a_setting_the_instrument_ignored_is_an_error_in_words(dialogue, bits, words):
    pairs = [("SETP 1,300.0000", None), ("*ESR?", bits)]
    with dialogue(LakeShore335, pairs) as oven, pytest.raises(InstrumentError, match=words):
        oven.setpoint_k = 300


@pytest.mark.parametrize(
    ("setpoint", "range_", "words"),
    [("+295.00", "3", "set point not accepted"), ("+300.0", "0", "range not accepted")],
)
def test_a_set_point_or_range_that_was_lost_is_noticed(dialogue, setpoint, range_, words):
    pairs = [
        ("SETP 1,300.0000", None), ACCEPTED, KELVIN, RULES, NO_RAMP, ("RANGE 1,3", None), ACCEPTED,
        ("SETP? 1", setpoint), ("RANGE? 1", range_),
    ]  # fmt: skip
    asked = pairs[: 8 if "set point" in words else 9]
    with dialogue(LakeShore335, asked) as oven, pytest.raises(InstrumentError, match=words):
        oven.setpoint_k = 300


def test_an_operation_complete_bit_is_no_error(dialogue):
    with dialogue(LakeShore335, [("SETP 1,300.0000", None), ("*ESR?", "129")]) as oven:
        oven.loop.setpoint = 300


def test_a_ramp_starts_at_the_sample_and_not_at_the_old_set_point(dialogue):
    pairs = [
        ("RAMP 1,0,0", None), ACCEPTED, (READING, "+295.00;0"), ("SETP 1,295.0000", None), ACCEPTED,
        ("RAMP 1,1,5", None), ACCEPTED, ("SETP 1,320.0000", None), ACCEPTED, KELVIN,
        RULES, ("RAMP? 1", "1,+5.0"), ("RANGE 1,3", None), ACCEPTED,
        ("SETP? 1", "+295.0000"), ("RANGE? 1", "3"),
        ("RAMP? 1", "1,+5.0"), ("RAMPST? 1", "1"), ("SETP? 1", "+295.0900"),
    ]  # fmt: skip
    with dialogue(LakeShore335, pairs) as oven:
        oven.ramp_rate_k_s = 5 / 60
        oven.setpoint_k = 320
        assert oven.loop.ramp == [1, 5.0]
        assert oven.loop.ramping == 1
        assert oven.setpoint_k == 295.09


def test_no_ramp_is_switched_off_at_the_instrument(dialogue):
    with dialogue(LakeShore335, RAMP_OFF) as oven:
        oven.ramp_rate_k_s = 0
    pairs = [*RAMP_OFF[:2], ("RAMP? 1", "1,+5.0")]
    with dialogue(LakeShore335, pairs) as oven, pytest.raises(InstrumentError, match="expected no ramp"):
        oven.ramp_rate_k_s = 0


@pytest.mark.parametrize(
    ("mode", "ramp", "words"),
    [("3,1,0", "0,+0.0", "closed loop on input A"), ("1,2,0", "0,+0.0", "closed loop on input A"),
     ("1,1,0", "1,+5.0", "expected no ramp")],
)  # fmt: skip
def test_a_mode_or_ramp_of_the_panel_is_refused_before_the_heater_is_on(dialogue, mode, ramp, words):
    pairs = [
        ("SETP 1,300.0000", None), ACCEPTED, KELVIN, ("OUTMODE? 1", mode), ("RAMP? 1", ramp),
    ]  # fmt: skip
    asked = pairs[: 4 if "loop" in words else 5]
    with dialogue(LakeShore335, asked) as oven, pytest.raises(InstrumentError, match=words):
        oven.setpoint_k = 300


def test_a_ramp_that_the_instrument_changed_is_refused(dialogue):
    pairs = [
        ("RAMP 1,0,0", None), ACCEPTED, (READING, "+295.00;0"), ("SETP 1,295.0000", None), ACCEPTED,
        ("RAMP 1,1,5", None), ACCEPTED, ("SETP 1,320.0000", None), ACCEPTED, KELVIN,
        RULES, ("RAMP? 1", "1,+10.0"),
    ]  # fmt: skip
    with dialogue(LakeShore335, pairs) as oven:
        oven.ramp_rate_k_s = 5 / 60
        with pytest.raises(InstrumentError, match="a ramp of 5 K/min"):
            oven.setpoint_k = 320


@pytest.mark.parametrize(
    ("driver_class", "reply", "unit"),
    [(LakeShore335, "1,0,1,3,2", 2), (LakeShore336, "3,1,0,1,1", 1), (LakeShore350, "3,1,0,1,1,2", 1),
     (LakeShore350, "3,1,0,1,2,1", 2), (LakeShore33x, "3,1,0,1,2", 2), (LakeShore33x, "3,1,0,1,2,1", 2)],
)  # fmt: skip
def test_the_unit_is_the_fifth_field_also_where_the_excitation_follows(dialogue, driver_class, reply, unit):
    with dialogue(driver_class, [("INTYPE? A", reply)]) as oven:
        assert oven.input.preferred_unit == unit


@pytest.mark.parametrize(
    ("driver_class", "reply"),
    [(LakeShore335, "3,1,0,1,1,2"), (LakeShore336, "3,1,0,1"), (LakeShore350, "3,1,0,1,1"),
     (LakeShore33x, "1"), (LakeShore33x, "3,1,0,1,1,2,1")],
)  # fmt: skip
def test_any_other_number_of_fields_is_refused(dialogue, driver_class, reply):
    with dialogue(driver_class, [("INTYPE? A", reply)]) as oven:
        with pytest.raises(InstrumentError, match="fields, got"):
            oven._unit_offset_k()
        assert oven.adapter.connection.clear.called


def test_an_analogue_output_of_a_336_is_never_sent_a_ramp(dialogue):
    started = [
        ("SETP 3,300.0000", None),
        ACCEPTED,
        KELVIN,
        ("OUTMODE? 3", "1,1,0"),
        ("RANGE 3,1", None),
        ACCEPTED,
    ]
    pairs = [*started, ("SETP? 3", "+300.0"), ("RANGE? 3", "1"), ("SETP? 3;RANGE? 3;*ESR?", "+300.0;1;0")]
    with dialogue(LakeShore336, pairs, output=3) as oven:
        oven.ramp_rate_k_s = 0
        oven.setpoint_k = 300
        assert oven.output_state.target_k == 300
        with pytest.raises(ValueError, match="ramp 1 K/min is not possible; it has no ramp: give 0"):
            oven.ramp_rate_k_s = 1 / 60


def test_every_output_of_a_350_ramps_and_slower(dialogue):
    with dialogue(LakeShore350, [], output=3) as oven:
        oven.ramp_rate_k_s = 0.01 / 60
        assert oven.ramp_rate_k_s == 0.01 / 60


def test_a_limit_that_the_instrument_did_not_take_is_an_error(dialogue):
    pairs = [("TLIMIT A,393.15", None), ACCEPTED, ("TLIMIT? A", "+0.0")]
    with dialogue(LakeShore335, pairs) as oven, pytest.raises(InstrumentError, match="limit not accepted"):
        oven._set_temperature_limit(393.15)


@pytest.mark.parametrize("output", [3, 4])
def test_a_336_can_be_prepared_on_its_analogue_outputs(output):
    candidate = replace(find_candidate("drivers.lakeshore33x:LakeShore336"), settings={"output": output})
    with candidate.connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 320
        assert trial.driver.output_state.is_on


@pytest.mark.parametrize("excitation", [0, 1, 2])
@pytest.mark.parametrize("unit", [1, 2])
def test_the_set_point_of_a_350_is_right_in_either_unit_with_any_excitation(unit, excitation):
    with find_candidate("drivers.lakeshore33x:LakeShore350").connected() as trial:
        trial.driver.write(f"INTYPE A,3,1,0,1,{unit},{excitation}")
        trial.driver.prepare()
        trial.driver.setpoint_k = 320
        (model,) = trial.rig.instruments.values()
        assert model.setpoint_k == pytest.approx(320)


@pytest.mark.parametrize("rate_k_min", [0.05, 101, -1, float("nan")])
def test_a_ramp_the_instrument_cannot_do_is_refused_before_sending(dialogue, rate_k_min):
    with dialogue(LakeShore335, []) as oven, pytest.raises(ValueError):
        oven.ramp_rate_k_s = rate_k_min / 60


def test_the_commands_of_the_manual_reply_as_in_the_manual(dialogue):
    pairs = [
        ("HTR? 1", "55.89"), ("HTRST? 1", "0"), ("HTRST? 1", "1"), ("PID? 1", "+50.0,+20.0,+0.0"),
        ("PID 1,50.0,20.0,0.0", None), ACCEPTED, ("OUTMODE? 1", "1,1,0"), ("TLIMIT? A", "+400.0"),
        ("RDGST? A", "000"), ("MOUT? 1", "+12.50"),
    ]  # fmt: skip
    with dialogue(LakeShore335, pairs) as oven:
        assert oven.loop.heater_percent == 55.89
        assert [oven.loop.heater_error, oven.loop.heater_error] == [0, 1]
        assert oven.loop.pid == [50, 20, 0]
        oven.loop.pid = (50, 20, 0)
        assert oven.loop.mode == [1, 1, 0]
        assert oven.input.temperature_limit_k == 400
        assert oven.input.reading_status == 0
        assert oven.loop.manual_percent == 12.5


def test_making_safe_reads_every_heater_back_and_may_be_repeated(dialogue):
    with dialogue(LakeShore335, SAFE + SAFE) as oven:
        oven.make_safe()
        oven.make_safe()


@pytest.mark.parametrize(("driver_class", "outputs"), [(LakeShore336, 4), (LakeShore350, 4)])
def test_all_four_outputs_of_the_larger_models_go_off(dialogue, driver_class, outputs):
    off = [(f"RANGE {n},0", None) for n in range(1, outputs + 1)]
    read_back = [*((f"RANGE? {n}", "0") for n in range(1, outputs + 1)), ("MOUT? 1", "+0.00")]
    with dialogue(driver_class, [*off, ("MOUT 1,0.00", None), ACCEPTED, *read_back]) as oven:
        oven.make_safe()


def test_a_heater_that_stays_on_is_reported(dialogue):
    pairs = [*SAFE[:-3], ("RANGE? 1", "3"), ("RANGE? 2", "0"), ("MOUT? 1", "+0.00")]
    with dialogue(LakeShore335, pairs) as oven, pytest.raises(InstrumentError, match="heater 1 is still on"):
        oven.make_safe()


def test_a_manual_output_that_stays_on_is_reported(dialogue):
    pairs = [*SAFE[:-1], ("MOUT? 1", "+12.50")]
    with dialogue(LakeShore335, pairs) as oven, pytest.raises(InstrumentError, match="manual output is not"):
        oven.make_safe()


def test_the_heater_of_the_loop_is_switched_off_first(dialogue):
    pairs = [("RANGE 2,0", None), ("RANGE 1,0", None), ("MOUT 2,0.00", None)]
    with dialogue(LakeShore335, pairs, output=2) as oven:
        oven.switch_off()


@pytest.mark.parametrize("message", ["RANGE 1,0", "RANGE 2,0", "MOUT 1,0.00"])
def test_one_failing_message_does_not_keep_the_other_heaters_on(dialogue, broken_at, message):
    at = SAFE.index((message, None))
    with dialogue(LakeShore335, SAFE[:at] + SAFE[at + 1 :]) as oven:
        broken_at(oven, message)
        with pytest.raises(InstrumentError, match="no answer"):
            oven.make_safe()


@given(st.floats(min_value=1e-3, max_value=1500))
def test_a_set_point_survives_its_way_as_text(kelvin):
    from pymeasure.test import expected_protocol

    with expected_protocol(LakeShore33x, [(f"SETP 1,{kelvin:.4f}", None), ACCEPTED]) as oven:
        oven.loop.setpoint = kelvin
    assert float(f"{kelvin:.4f}") == pytest.approx(kelvin, abs=5e-5)


@given(st.integers(min_value=1, max_value=255))
def test_no_status_is_without_words(bits):
    assert in_words(bits, {1: "one", 16: "sixteen"})
