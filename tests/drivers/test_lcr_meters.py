import pytest

from drivers.lcr_meters import Agilent4284A, KeysightE4980A, aperture
from labctl.errors import InstrumentError
from labctl.testing.trial import find_candidate

FINE = ("SYST:ERR?", '+0,"No error"')
OFF = [(":TRIG:SOUR HOLD", None), (":BIAS:STAT OFF", None), (":BIAS:VOLT 0", None), (":VOLT 0", None)]
SAFE = [*OFF, (":BIAS:STAT?", "0"), (":VOLT?", "+0.00000E+00")]
OFF_4284A = [*OFF[:3], (":VOLT 0.005", None)]
SAFE_4284A = [*OFF_4284A, (":BIAS:STAT?", "0"), (":VOLT?", "+5.00000E-03")]
FIXTURE = [
    (":CORR:OPEN:STAT?", "1"),
    (":CORR:SHOR:STAT?", "1"),
    (":CORR:LOAD:STAT?", "0"),
    (":CORR:LENG?", "2"),
]
RESTORED = [
    (":CORR:OPEN:STAT 1", None), (":CORR:SHOR:STAT 1", None), (":CORR:LOAD:STAT 0", None),
    (":CORR:LENG 2", None), FINE,
]  # fmt: skip


def reset(off):
    """The reset and the messages that take its level away are one message."""
    return (";".join(["*RST", *(sent for sent, _ in off)]), None)


SENT = [
    *((message, None) for message in (
        ":TRIG:SOUR BUS", ":INIT:CONT ON", ":FORM ASC", ":FUNC:IMP RX", ":FUNC:IMP:RANG:AUTO ON",
        ":FUNC:DEV1:MODE OFF",
        ":FUNC:DEV2:MODE OFF", ":APER LONG,2", ":BIAS:VOLT 0",
        ":BIAS:STAT 0",
        ":VOLT 0.02",
    )),
    FINE,
]  # fmt: skip
RULES = (":FUNC:IMP?", "RX")
APPLIED = [(":VOLT?", "+2.00000E-02"), (":BIAS:VOLT?", "+0.00000E+00"), (":BIAS:STAT?", "0")]
SET_UP = [*SENT, RULES, *APPLIED]


def point(reply, applied="+1.00000E+03"):
    return [(":FREQ 1000", None), (":FREQ?", applied), ("*TRG", reply)]


@pytest.mark.parametrize(
    ("driver_class", "identity"),
    [
        (KeysightE4980A, "Keysight Technologies,E4980A,MY46516036,A.02.10"),
        (KeysightE4980A, "Agilent Technologies,E4980AL,MY54101234,B.07.00"),
        (Agilent4284A, "HEWLETT-PACKARD,4284A,0,REV01.20"),
    ],
)
def test_preparing_checks_the_model_and_takes_the_stimulus_away(dialogue, driver_class, identity):
    safe, off = (SAFE_4284A, OFF_4284A) if driver_class is Agilent4284A else (SAFE, OFF)
    pairs = [("*IDN?", identity), ("*CLS", None), *safe, *FIXTURE, reset(off), *RESTORED, *FIXTURE, *safe]
    with dialogue(driver_class, pairs) as meter:
        meter.prepare()


def test_a_correction_that_the_reset_loses_is_an_error(dialogue):
    after = [(":CORR:OPEN:STAT?", "0")]
    pairs = [("*IDN?", "E4980A"), ("*CLS", None), *SAFE, *FIXTURE, reset(OFF), *RESTORED, *after]
    with (
        dialogue(KeysightE4980A, pairs) as meter,
        pytest.raises(InstrumentError, match="reset, which lost it"),
    ):
        meter.prepare()


def test_the_two_models_are_distinguished(dialogue):
    identity = ("*IDN?", "HEWLETT-PACKARD,4284A,0,REV01.20")
    with dialogue(KeysightE4980A, [identity]) as meter, pytest.raises(InstrumentError, match="not a E4980"):
        meter.prepare()


def test_a_reply_as_other_programs_met_it_is_understood(dialogue):
    with dialogue(Agilent4284A, [*SET_UP, *point("0.5,-0.785,+0,+0"), *OFF_4284A]) as meter:
        (measured,) = meter.sweep([1000], 0.02)
    assert measured[1:3] == (0.5, -0.785)
    assert measured.status == "ok"


@pytest.mark.parametrize("reply", ["+1.00000E+02,-5.00000E+00,+0", "+1.00000E+02,-5.00000E+00,+0,+0"])
def test_a_point_is_resistance_reactance_and_status(dialogue, reply):
    with dialogue(KeysightE4980A, [*SET_UP, *point(reply), *OFF]) as meter:
        (measured,) = meter.sweep([1000], 0.02)
    assert measured[:3] == (1000, 100, -5)
    assert measured.status == "ok"


def test_the_frequency_is_the_one_the_instrument_took(dialogue):
    reply = "+1.00000E+02,-5.00000E+00,+0"
    with dialogue(KeysightE4980A, [*SET_UP, *point(reply, "+9.99200E+02"), *OFF]) as meter:
        (measured,) = meter.sweep([1000], 0.02)
    assert measured.frequency_hz == 999.2


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ("+9.90000E+37,+9.90000E+37,+1", "overload"),
        ("+1.00000E+02,-5.00000E+00,+4", "measurement status 4"),
        ("+9.90000E+37,+9.90000E+37,+0", "no data"),
        ("+1.00000E+02,-5.00000E+00,-1", "measurement status -1"),
    ],
)
def test_flags_of_the_instrument_are_in_the_status(dialogue, reply, status):
    with dialogue(KeysightE4980A, [*SET_UP, *point(reply), *OFF]) as meter:
        (measured,) = meter.sweep([1000], 0.02)
    assert measured.status == status


@pytest.mark.parametrize(
    "reply", ["+1.0E+02,-5.0E+00", "+1.0E+02,-5.0E+00,+0.5", "+1.0E+02,,+0", "", "1,2,0,0,0", "nan,1,0"]
)
def test_a_reply_that_is_no_measurement_is_an_error_and_the_stimulus_off(dialogue, reply):
    with dialogue(KeysightE4980A, [*SET_UP, *point(reply), *OFF]) as meter, pytest.raises(InstrumentError):
        list(meter.sweep([1000], 0.02))


def test_a_frequency_that_was_not_taken_is_an_error(dialogue):
    pairs = [*SET_UP, *point("", "+2.00000E+01")[:2], *OFF]
    with (
        dialogue(KeysightE4980A, pairs) as meter,
        pytest.raises(InstrumentError, match="1000 Hz was not accepted"),
    ):
        list(meter.sweep([1000], 0.02))


def test_a_refused_setting_is_reported_with_the_instruments_message(dialogue):
    pairs = [
        *SENT[:-1],
        ("SYST:ERR?", '-222,"Data out of range"'),
        ("SYST:ERR?", '-113,"Undefined header"'),
        FINE,
    ]
    with dialogue(KeysightE4980A, [*pairs, *OFF]) as meter, pytest.raises(InstrumentError) as refused:
        list(meter.sweep([1000], 0.02))
    assert refused.value.received == "error -222: Data out of range"


def test_a_bias_is_applied_only_where_asked_for(dialogue):
    biased = {":BIAS:VOLT 0": ":BIAS:VOLT 1.5", ":BIAS:STAT 0": ":BIAS:STAT 1"}
    set_up = [(biased.get(sent, sent), reply) for sent, reply in SENT]
    applied = [APPLIED[0], (":BIAS:VOLT?", "+1.50000E+00"), (":BIAS:STAT?", "1")]
    with dialogue(KeysightE4980A, [*set_up, RULES, *applied, *point("+1.0E+02,-5.0E+00,+0"), *OFF]) as meter:
        assert len(list(meter.sweep([1000], 0.02, bias_v=1.5))) == 1


def test_another_function_than_the_one_set_is_refused(dialogue):
    pairs = [*SENT, (":FUNC:IMP?", "ZTD"), *OFF]
    with dialogue(KeysightE4980A, pairs) as meter, pytest.raises(InstrumentError, match="expected RX"):
        list(meter.sweep([1000], 0.02))


def test_a_bias_that_the_instrument_does_not_have_is_refused_and_taken_away():
    with find_candidate("drivers.lcr_meters:KeysightE4980A", "keysight_e4980al").connected() as trial:
        trial.driver.prepare()
        with pytest.raises(InstrumentError, match=r"':BIAS:VOLT\?', answered '1.5'"):
            next(trial.driver.sweep([1000], 0.02, bias_v=1.0))
        assert not trial.energised
        points = list(trial.driver.sweep([1000], 0.02, bias_v=1.5))
        assert points[0].status == "ok"


def test_a_frequency_above_those_of_a_smaller_model_is_refused():
    with find_candidate("drivers.lcr_meters:KeysightE4980A", "keysight_e4980al").connected() as trial:
        trial.driver.prepare()
        with pytest.raises(InstrumentError, match=r"2e\+06 Hz was not accepted"):
            next(trial.driver.sweep([2e6], 0.02))


@pytest.mark.parametrize(
    ("driver_class", "frequency_hz", "amplitude_v"),
    [
        (KeysightE4980A, 10, 0.02),
        (Agilent4284A, 2e6, 0.02),
        (KeysightE4980A, 1000, 5),
        (KeysightE4980A, 1000, 0),
    ],
)
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, driver_class, frequency_hz, amplitude_v):
    with dialogue(driver_class, []) as meter, pytest.raises(ValueError):
        meter.sweep([frequency_hz], amplitude_v)


@pytest.mark.parametrize(
    ("integration_s", "setting"),
    [(0.01, "SHOR,1"), (0.1, "MED,1"), (1, "LONG,2"), (5, "LONG,10"), (1e4, "LONG,256")],
)
def test_speed_and_averages_follow_the_integration_time(integration_s, setting):
    assert aperture(integration_s) == setting


def test_making_safe_may_be_repeated_and_reads_back(dialogue):
    with dialogue(KeysightE4980A, SAFE + SAFE) as meter:
        meter.make_safe()
        meter.make_safe()
    pairs = [*OFF, (":BIAS:STAT?", "1"), (":VOLT?", "0")]
    with dialogue(KeysightE4980A, pairs) as meter, pytest.raises(InstrumentError, match="bias is still on"):
        meter.make_safe()


@pytest.mark.parametrize("message", [sent for sent, _ in OFF])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(KeysightE4980A, [pair for pair in SAFE if pair[0] != message]) as meter:
        broken_at(meter, message)
        with pytest.raises(InstrumentError, match="no answer"):
            meter.make_safe()


@pytest.mark.parametrize("reply", ["", "0", "no error", ',"No error"', '+0,"No error",0'])
def test_an_error_without_number_and_text_is_no_answer_to_the_question_of_errors(dialogue, reply):
    with (
        dialogue(KeysightE4980A, [("SYST:ERR?", reply)]) as meter,
        pytest.raises(InstrumentError, match="expected an error number and its text"),
    ):
        meter.oldest_error()
