from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.eurotherm import (
    Eurotherm2200,
    Eurotherm2400,
    Eurotherm3200,
    Eurotherm3216,
    Eurotherm3500,
    float_address,
    forbidden,
)
from drivers.modbus import (
    float_words,
    framed,
    read_request,
    signed_word,
    write_block_request,
    write_request,
    written_addresses,
)
from labctl.errors import BeyondInstrument, ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

NO_SUCH_ADDRESS = framed(1, 0x83, b"\x02")
FLOAT_FOUND = bytes.fromhex("01 03 80 02 00 02 4C 0B")


def answered(data):
    return framed(1, 3, bytes((len(data),)) + data)


def word(address, value):
    return [(read_request(1, address), answered(signed_word(value)))]


def floating(address, value):
    high, low = float_words(value)
    data = high.to_bytes(2, "big") + low.to_bytes(2, "big")
    return [(read_request(1, float_address(address), 2), answered(data))]


def written(address, value):
    frame = write_request(1, address, value)
    return [(frame, frame), *word(address, value)]


def written_float(address, value):
    frame = write_block_request(1, float_address(address), float_words(value))
    return [(frame, framed(1, 16, frame[2:6])), *floating(address, value)]


def acknowledged(address, value):
    frame = write_request(1, address, value)
    return (frame, frame)


LOCAL = [*word(199, 0), *word(276, 0), *word(23, 1), *word(15, 0), *word(270, 0)]
OFF = [acknowledged(273, 1), acknowledged(3, 0)]
SAFE = [*OFF, *word(273, 1), *word(3, 0)]


def prepared(decimals=1, floats=True):
    coding = floating(1, 25.0) if floats else [(FLOAT_FOUND, NO_SUCH_ADDRESS)]
    power = floating(34, 0.0) if floats else word(34, 0)
    return [*word(525, decimals), *word(525, decimals), *coding, *SAFE, *LOCAL, *word(516, 0), *power]


def test_preparing_prefers_the_float_region_and_leaves_the_output_off(dialogue):
    with dialogue(Eurotherm2400, [*prepared(), *floating(1, 25.5), *word(75, 0)]) as oven:
        oven.prepare()
        assert oven.temperature_k == pytest.approx(298.65)


def test_without_a_float_region_words_are_scaled_by_the_display_decimals(dialogue):
    literal = [(bytes.fromhex("01 03 00 01 00 01 D5 CA"), bytes.fromhex("01 03 02 00 FA 38 07"))]
    with dialogue(Eurotherm2400, [*prepared(1, floats=False), *literal, *word(75, 0)]) as oven:
        oven.prepare()
        assert oven.temperature_k == pytest.approx(298.15)


def test_stated_decimals_are_not_asked_for(dialogue):
    pairs = [*word(525, 1), (FLOAT_FOUND, NO_SUCH_ADDRESS), *SAFE, *LOCAL, *word(516, 0)]
    pairs += [*word(34, 0), *word(1, 25), *word(75, 0)]
    with dialogue(Eurotherm2400, pairs, decimals=0) as oven:
        oven.prepare()
        assert oven.temperature_k == pytest.approx(298.15)


def test_an_error_other_than_no_such_address_does_not_mean_scaled_words(dialogue):
    pairs = [*word(525, 1), *word(525, 1), (FLOAT_FOUND, framed(1, 0x83, b"\x03"))]
    with dialogue(Eurotherm2400, pairs) as oven, pytest.raises(InstrumentError, match="bad value"):
        oven.prepare()


def test_decimals_that_make_no_sense_are_refused(dialogue):
    with (
        dialogue(Eurotherm2400, [*word(525, 7), *word(525, 7)]) as oven,
        pytest.raises(InstrumentError, match="expected display decimals"),
    ):
        oven.prepare()


def test_power_at_sensor_break_is_set_to_zero(dialogue):
    pairs = [*prepared()[:-1], *floating(34, 20.0), *written_float(34, 0.0)]
    with dialogue(Eurotherm2400, pairs) as oven:
        oven.prepare()


def test_a_set_point_is_written_once_and_starts_control(dialogue):
    started = [*written(273, 0), *floating(5, 50.0)]
    first = [*LOCAL, *floating(35, 0.0), *floating(2, 20.0), *written_float(2, 50.0), *started]
    again = [*LOCAL, *floating(35, 0.0), *floating(2, 50.0), *started]
    with dialogue(Eurotherm2400, [*first, *again, *floating(5, 21.5)]) as oven:
        oven.setpoint_k = 323.15
        oven.setpoint_k = 323.15
        assert oven.setpoint_k == pytest.approx(294.65)


def test_the_literal_frames_of_a_scaled_set_point_rate_and_manual_mode(dialogue):
    def exchange(frame):
        return (bytes.fromhex(frame), bytes.fromhex(frame))

    pairs = [
        exchange("01 06 00 02 01 F4 28 1D"), *word(2, 500),
        *word(78, 0), *word(531, 1), exchange("01 06 00 23 00 32 F9 D5"), *word(35, 50),
        exchange("01 06 01 11 00 01 19 F3"), exchange("01 06 00 03 00 00 79 CA"),
        *word(273, 1), *word(3, 0),
    ]  # fmt: skip
    with dialogue(Eurotherm2400, pairs, decimals=1) as oven:
        oven._floats = False
        oven.write_value(2, 50.0)
        oven.ramp_rate_k_s = 5 / 60
        oven.make_safe()


def test_a_write_that_was_dropped_is_noticed(dialogue):
    frame = write_request(1, 273, 0)
    with (
        dialogue(Eurotherm2400, [(frame, frame), *word(273, 1)]) as oven,
        pytest.raises(InstrumentError, match="was not accepted"),
    ):
        oven.write_word(273, 0)


@pytest.mark.parametrize(
    ("status", "words"),
    [(32, "sensor break"), (64, "loop break"), (128, "heater failure"), (1024, "out of range"),
     (1056, "sensor break, process value out of range")],
)  # fmt: skip
def test_a_broken_sensor_is_no_temperature(dialogue, status, words):
    pairs = [*floating(1, 1372.0), *word(75, status)]
    with dialogue(Eurotherm2400, pairs) as oven, pytest.raises(InstrumentError, match=words):
        _ = oven.temperature_k


def test_an_alarm_alone_does_not_hide_the_temperature(dialogue):
    with dialogue(Eurotherm2400, [*floating(1, 25.0), *word(75, 0b1_0000_1111)]) as oven:
        assert oven.temperature_k == pytest.approx(298.15)


@pytest.mark.parametrize(
    "reply",
    [answered(b"\x00\xfa")[:-1] + b"\x00", framed(2, 3, b"\x02\x00\xfa"),
     framed(1, 3, b"\x04\x00\xfa\x00\x00")],
    ids=["crc", "unit", "count"],
)  # fmt: skip
def test_a_damaged_frame_is_an_error_and_clears_the_line(dialogue, reply):
    with dialogue(Eurotherm2400, [(read_request(1, 75), reply)]) as oven:
        with pytest.raises(InstrumentError):
            oven.read_word(75)
        assert oven.adapter.connection.clear.called


def test_a_float_that_is_no_number_is_refused(dialogue):
    with (
        dialogue(Eurotherm2400, floating(1, float("nan"))) as oven,
        pytest.raises(InstrumentError, match="not finite"),
    ):
        _ = oven.temperature_k


@pytest.mark.parametrize(
    ("driver_class", "output"), [(Eurotherm2400, 3), (Eurotherm3200, 4), (Eurotherm3500, 85)]
)
def test_making_safe_reads_the_working_output_back(dialogue, driver_class, output):
    off = [*OFF, *word(273, 1)]
    with dialogue(driver_class, [*off, *word(output, 0), *off, *word(output, 0)]) as oven:
        oven.make_safe()
        oven.make_safe()
    with (
        dialogue(driver_class, [*off, *word(output, 455)]) as oven,
        pytest.raises(InstrumentError, match="still on"),
    ):
        oven.make_safe()


@pytest.mark.parametrize(("register", "value"), [(273, 1), (3, 0)])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, register, value):
    frame = write_request(1, register, value)
    rest = [pair for pair in SAFE if pair[0] != frame]
    with dialogue(Eurotherm2400, rest) as oven:
        broken_at(oven, frame)
        with pytest.raises(InstrumentError, match="no answer"):
            oven.make_safe()


@pytest.mark.parametrize("unit", [0, 255])
def test_a_unit_that_cannot_be_is_a_configuration_error(dialogue, unit):
    with pytest.raises(ConfigurationError), dialogue(Eurotherm2400, [], unit=unit):
        pass


@given(st.integers(0, 0xFFFF), st.integers(1, 120), st.integers(0, 0xFFFF))
def test_a_request_that_touches_the_instrument_mode_is_known(address, count, value):
    touched = set(range(address, address + count)) & {199, 0x818E, 0x818F}
    assert forbidden(write_block_request(1, address, [value] * count)) == bool(touched)
    assert not forbidden(read_request(1, address, count))


@pytest.mark.parametrize("floats", [True, False])
def test_no_code_path_writes_the_instrument_mode(dialogue, floats):
    with dialogue(Eurotherm2400, []) as oven:
        oven._floats = floats
        for attempt in (
            lambda: oven.write_word(199, 2),
            lambda: oven.write_value(199, 2.0),
            lambda: oven.write_word(float_address(199), 0),
            lambda: oven.write_word(float_address(199) + 1, 0),
            lambda: oven.exchange(write_block_request(1, 190, [0] * 20)),
            lambda: oven.exchange(write_block_request(1, 0x8180, [0] * 20)),
        ):
            with pytest.raises(ValueError, match="must never be written"):
                attempt()


def test_only_one_method_of_the_driver_writes_to_the_wire():
    import inspect

    import drivers.eurotherm as module
    import drivers.modbus_instrument as of_all

    source = inspect.getsource(module)
    assert source.count("write_bytes(") == source.count("self.adapter") == 0
    assert source.count("super().exchange(") == 1
    assert "forbidden(request)" in inspect.getsource(module.Eurotherm.exchange)
    assert inspect.getsource(of_all).count("write_bytes(") == 1
    assert "write_bytes(" in inspect.getsource(of_all.ModbusInstrument.exchange)


def test_the_registers_written_in_a_whole_run_are_these(dialogue):
    pairs = [
        *prepared(), *LOCAL, *floating(35, 0.0), *floating(2, 20.0), *written_float(2, 50.0),
        *written(273, 0), *floating(5, 50.0), *word(78, 0), *word(531, 1),
        *written_float(35, 5.0),
        *SAFE,
    ]  # fmt: skip
    sent = {address for frame, _ in pairs for address in written_addresses(frame)}
    assert sent == {3, 273, 0x8004, 0x8005, 0x8046, 0x8047}
    with dialogue(Eurotherm2400, pairs) as oven:
        oven.prepare()
        oven.setpoint_k = 323.15
        oven.ramp_rate_k_s = 5 / 60
        oven.make_safe()


# What rules.


def stand_in(trial):
    (model,) = trial.rig.instruments.values()
    return model


def trial_of(driver_class, **settings):
    candidate = find_candidate(f"drivers.eurotherm:{driver_class.__name__}")
    return replace(candidate, settings=settings).connected()


OTHER_MASTERS = [
    ("remote", True, "the remote set point is selected"),
    ("program", 2, "a program rules"),
    ("program", 4, "a program rules"),
    ("program", 8, "a program rules"),
    ("program", 16, "a program rules"),
    ("selected", 1, "another set point than SP1"),
    ("mode", 1, "standby"),
    ("tuning", True, "self-tuning runs"),
]


@pytest.mark.parametrize(("attribute", "value", "words"), OTHER_MASTERS)
def test_another_master_is_refused_before_and_after_a_set_point(attribute, value, words):
    with trial_of(Eurotherm2400) as trial:
        setattr(stand_in(trial), attribute, value)
        with pytest.raises(InstrumentError, match=words):
            trial.driver.prepare()
        assert not trial.energised
    with trial_of(Eurotherm2400) as trial:
        trial.driver.prepare()
        setattr(stand_in(trial), attribute, value)
        with pytest.raises(InstrumentError, match=words):
            trial.driver.setpoint_k = 320.0
        assert words in trial.driver.output_state.problem
        assert not trial.energised


def test_a_remote_set_point_of_a_3200_is_refused():
    with trial_of(Eurotherm3200) as trial:
        stand_in(trial).remote = True
        with pytest.raises(InstrumentError, match="remote"):
            trial.driver.prepare()


@pytest.mark.parametrize("driver_class", [Eurotherm3200, Eurotherm3500])
@pytest.mark.parametrize("ramp_rate_k_s", [0.0, 1 / 60])
def test_a_working_set_point_that_is_not_the_target_is_refused_by_itself(driver_class, ramp_rate_k_s):
    with trial_of(driver_class) as trial:
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = ramp_rate_k_s
        model = stand_in(trial)
        model._move_setpoint = lambda step_s: setattr(model, "working_c", 90.0)  # by a way nobody knows
        trial.clock.sleep(2)
        with pytest.raises(InstrumentError, match="the set point that rules is not"):
            trial.driver.setpoint_k = 320.0


def test_a_ramp_from_the_last_target_of_the_driver_is_on_its_way():
    with trial_of(Eurotherm3500) as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 340.0  # far above the temperature
        trial.clock.sleep(1)
        trial.driver.ramp_rate_k_s = 1 / 60
        trial.driver.setpoint_k = 320.0
        assert trial.driver.setpoint_k == pytest.approx(340.0, abs=0.1)


@pytest.mark.parametrize("driver_class", [Eurotherm2400, Eurotherm3200, Eurotherm3500])
@pytest.mark.parametrize("target_c", [20.0, 60.0])
def test_a_ramp_begins_at_the_temperature_whatever_the_target_was_in_manual_mode(driver_class, target_c):
    with trial_of(driver_class) as trial:
        model = stand_in(trial)
        model.target_c, model.manual = target_c, True
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 3 / 60
        trial.driver.setpoint_k = 333.15
        begun_k = trial.driver.temperature_k
        trial.clock.sleep(300)
        assert trial.driver.temperature_k - begun_k == pytest.approx(15, abs=4)


def test_decimals_that_were_changed_meanwhile_are_refused_and_not_heated_to():
    with trial_of(Eurotherm3200) as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 320.0
        stand_in(trial).decimals = 2  # 46.9 degC would be sent as 4.69 degC
        with pytest.raises(InstrumentError, match="decimals of the display were 1 and were changed"):
            trial.driver.setpoint_k = 330.0
        with pytest.raises(InstrumentError, match="decimals"):
            _ = trial.driver.output_state


def test_a_ramp_that_jumps_to_its_target_is_refused():
    with trial_of(Eurotherm2400) as trial:
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 3 / 60
        model = stand_in(trial)
        model._move_setpoint = lambda step_s: setattr(model, "working_c", model.target_c)
        with pytest.raises(InstrumentError, match="on its way to 60 degC at 3 K/min"):
            trial.driver.setpoint_k = 333.15


def test_a_working_set_point_that_follows_within_two_seconds_is_waited_for(dialogue, clock):
    started = [*LOCAL, *floating(35, 0.0), *floating(2, 20.0), *written_float(2, 50.0), *written(273, 0)]
    pairs = [*started, *floating(5, 20.0), *floating(5, 20.0), *floating(5, 50.0)]
    with dialogue(Eurotherm2400, pairs) as oven:
        oven.setpoint_k = 323.15
    assert clock.monotonic() == pytest.approx(0.5)


def test_the_undefined_number_of_an_absent_programmer_is_no_other_master(dialogue):
    absent = [*word(199, 0), *(pair for address in (276, 23, 15, 270) for pair in word(address, -0x8000))]
    with dialogue(Eurotherm2400, absent) as oven:
        assert oven._other_master() == ""


def test_a_register_that_does_not_exist_is_no_other_master(dialogue):
    absent = [(read_request(1, address), NO_SUCH_ADDRESS) for address in (276, 23, 15)]
    with dialogue(Eurotherm3200, absent) as oven:
        assert oven._other_master() == ""


@pytest.mark.parametrize(("unit", "rate"), [(0, 5 / 60), (1, 5.0), (2, 300.0)])
def test_a_ramp_is_sent_in_the_unit_of_the_instrument(dialogue, unit, rate):
    pairs = [*word(78, 0), *word(531, unit), *written_float(35, rate)]
    pairs += [*floating(35, rate), *word(78, 0), *word(531, unit)]
    with dialogue(Eurotherm2400, pairs) as oven:
        oven.ramp_rate_k_s = 5 / 60
        assert oven.ramp_rate_k_s == pytest.approx(5 / 60)


@pytest.mark.parametrize("unit", [0, 1, 2])
def test_a_ramp_takes_as_long_in_any_unit(unit):
    with trial_of(Eurotherm2400) as trial:
        stand_in(trial).rate_unit = unit
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 6 / 60
        trial.driver.setpoint_k = 320.0
        start_k = trial.driver.setpoint_k
        trial.clock.sleep(60)
        assert trial.driver.setpoint_k - start_k == pytest.approx(6, abs=0.3)


@pytest.mark.parametrize("unit", [3, -0x8000])
def test_a_ramp_in_an_unknown_unit_is_refused(dialogue, unit):
    pairs = [*word(78, 0), *word(531, unit)]
    with dialogue(Eurotherm2400, pairs) as oven, pytest.raises(InstrumentError, match="unit of the ramp"):
        oven.ramp_rate_k_s = 5 / 60


@pytest.mark.parametrize("driver_class", [Eurotherm2400, Eurotherm3500])
def test_a_ramp_that_the_instrument_disables_is_refused(driver_class):
    with trial_of(driver_class) as trial:
        trial.driver.prepare()
        stand_in(trial).rate_disabled = True
        with pytest.raises(InstrumentError, match="disabled"):
            trial.driver.ramp_rate_k_s = 5 / 60
        trial.driver.ramp_rate_k_s = 0
        stand_in(trial).rate = 5.0
        assert trial.driver.ramp_rate_k_s == 0


def test_a_ramp_that_the_decimals_would_change_is_refused(dialogue):
    pairs = [*word(78, 0), *word(531, 0), *written(35, 1)]
    with dialogue(Eurotherm2400, pairs, decimals=1) as oven:
        oven._floats = False
        with pytest.raises(InstrumentError, match="rounded"):
            oven.ramp_rate_k_s = 5 / 60


# The 2200 and the 3200 series have other codes than a 2400.


@pytest.mark.parametrize(
    ("driver_class", "attribute", "value", "words"),
    [
        (Eurotherm2200, "remote", True, "the remote set point is selected"),
        *[(Eurotherm2200, "program", state, "a program rules") for state in (2, 4, 16, 32, 64)],
        (Eurotherm2200, "selected", 1, "another set point than SP1"),
        (Eurotherm2200, "mode", 1, "standby"),
        (Eurotherm2200, "display_unit", 1, "does not display degrees Celsius"),
        (Eurotherm3216, "remote", True, "the remote set point is selected"),
        *[(Eurotherm3216, "program", state, "the timer or its program") for state in (1, 2, 3)],
        (Eurotherm3216, "selected", 1, "another set point than SP1"),
    ],
)
def test_each_series_has_its_own_codes_of_another_master(driver_class, attribute, value, words):
    with trial_of(driver_class) as trial:
        setattr(stand_in(trial), attribute, value)
        with pytest.raises(InstrumentError, match=words):
            trial.driver.prepare()
        assert not trial.energised


@pytest.mark.parametrize(
    ("driver_class", "status", "words"),
    [
        (Eurotherm2200, 1 << 8, "load failure"),
        (Eurotherm2200, 1 << 11, "solid-state relay"),
        (Eurotherm3216, 1 << 7, "load current too low"),
    ],
)
def test_each_series_has_its_own_bits_of_a_failure(dialogue, driver_class, status, words):
    pairs = [*floating(1, 25.0), *word(75, status)]
    with dialogue(driver_class, pairs) as oven, pytest.raises(InstrumentError, match=words):
        _ = oven.temperature_k


def test_a_tuning_2400_has_no_load_failure(dialogue):
    with dialogue(Eurotherm2400, [*floating(1, 25.0), *word(75, 1 << 8)]) as oven:
        assert oven.temperature_k == pytest.approx(298.15)


@pytest.mark.parametrize("code", [0x2480, 0, -0x8000])
def test_what_is_not_a_2200_by_its_type_code_is_refused(dialogue, code):
    with dialogue(Eurotherm2200, word(122, code)) as oven, pytest.raises(InstrumentError, match="not a Euro"):
        oven.prepare()


@pytest.mark.parametrize(("unit", "per_s"), [(0, 60.0), (1, 3600.0), (2, 1.0)])
def test_a_ramp_of_a_3216_takes_as_long_in_any_unit(unit, per_s):
    with trial_of(Eurotherm3216) as trial:
        stand_in(trial).rate_unit = unit
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 6 / 60
        assert stand_in(trial).rate == pytest.approx(0.1 * per_s)
        trial.driver.setpoint_k = 320.0
        start_k = trial.driver.setpoint_k
        trial.clock.sleep(60)
        assert trial.driver.setpoint_k - start_k == pytest.approx(6, abs=0.3)


def test_a_2200_ramps_only_in_a_unit_that_a_person_found():
    with trial_of(Eurotherm2200) as trial:
        trial.driver.prepare()
        with pytest.raises(BeyondInstrument, match=r"needs settings\.rate_per"):
            trial.driver.ramp_rate_k_s = 6 / 60
        trial.driver.ramp_rate_k_s = 0.0
        stand_in(trial).rate = 5.0
        with pytest.raises(InstrumentError, match="give rate_per"):
            trial.driver.prepare()
    with trial_of(Eurotherm2200, rate_per="min") as trial:
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 6 / 60
        assert stand_in(trial).rate == pytest.approx(6.0)
    with pytest.raises(ConfigurationError, match="rate_per"), trial_of(Eurotherm2200, rate_per="minute"):
        pass


# A 3500 without the parameters 525 and 75.


def refused(address):
    return [(read_request(1, address), NO_SUCH_ADDRESS)]


def test_a_3500_without_decimals_and_status_starts_by_its_float_region(dialogue):
    pairs = [*refused(525), *refused(525), *floating(1, 25.0), *OFF, *word(273, 1), *word(85, 0)]
    pairs += [*floating(1, 25.5), *refused(75), *refused(75)]
    with dialogue(Eurotherm3500, pairs) as oven:
        oven.prepare()
        assert oven.temperature_k == pytest.approx(298.65)
        assert oven.condition == "no summary status: a broken sensor is not told"


def test_a_3500_that_answers_a_number_for_absent_decimals_starts_too(dialogue):
    pairs = [*word(525, -0x8000), *word(525, -0x8000), *floating(1, 25.0), *OFF, *word(273, 1), *word(85, 0)]
    with dialogue(Eurotherm3500, pairs) as oven:
        oven.prepare()


def test_without_decimals_and_floats_the_setting_is_asked_for(dialogue):
    pairs = [*refused(525), *refused(525), (FLOAT_FOUND, NO_SUCH_ADDRESS)]
    with dialogue(Eurotherm3500, pairs) as oven, pytest.raises(InstrumentError, match="give the setting"):
        oven.prepare()
    pairs = [*refused(525), (FLOAT_FOUND, NO_SUCH_ADDRESS), *OFF, *word(273, 1), *word(85, 0)]
    with dialogue(Eurotherm3500, pairs, decimals=1) as oven:
        oven.prepare()


def test_the_stand_in_of_a_3500_has_neither():
    with trial_of(Eurotherm3500) as trial:
        trial.driver.prepare()
        assert "decimals not told" in trial.driver.identity
        assert "no summary status" in trial.driver.condition


def test_an_exception_other_than_no_such_address_is_still_an_error(dialogue):
    pairs = [(read_request(1, 75), framed(1, 0x83, b"\x04"))]
    with dialogue(Eurotherm3500, pairs) as oven, pytest.raises(InstrumentError, match="device failure"):
        oven.read_if_there(75)


@pytest.mark.parametrize("driver_class", [Eurotherm2400, Eurotherm3200])
def test_where_the_status_is_documented_it_cannot_be_missing(dialogue, driver_class):
    pairs = [*floating(1, 25.0), *refused(75)]
    with dialogue(driver_class, pairs) as oven, pytest.raises(InstrumentError, match="no such address"):
        _ = oven.temperature_k
