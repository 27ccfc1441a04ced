import pytest

from drivers.keysight_e4990a import KeysightE4990A, aperture
from labctl.errors import ConfigurationError, InstrumentError

FINE = ("SYST:ERR?", '+0,"No error"')
OFF = [(":SOUR:BIAS:STAT OFF", None), (":SOUR1:VOLT 5E-3", None), (":TRIG:SOUR BUS", None), (":ABOR", None)]
SAFE = [*OFF, (":SOUR:BIAS:STAT?", "0"), (":SOUR1:VOLT?", "+5.00000000000E-003")]
BARE = [(":SENS1:CORR2:OPEN?", "0"), (":SENS1:CORR2:SHOR?", "0")]
SET_UP = [
    *((message, None) for message in (
        ":TRIG:SOUR BUS", ":INIT1:CONT ON", ":FORM:DATA ASC", ":CALC1:PAR1:DEF R", ":CALC1:PAR2:DEF X",
        ":SENS1:SWE:TYPE LIN", ":SENS1:SWE:POIN 2", ":SENS1:APER:TIME 5", ":CALC1:AVER OFF",
        ":SENS1:AVER:STAT OFF", ":SOUR1:MODE VOLT", ":SOUR1:BIAS:MODE VOLT",
        ":SOUR1:BIAS:VOLT 0", ":SOUR:BIAS:STAT OFF", ":SOUR1:VOLT 0.02",
    )),
    FINE, (":SOUR1:VOLT?", "+2.00000000000E-02"), (":SOUR1:BIAS:VOLT?", "+0.0"), (":SOUR:BIAS:STAT?", "0"),
    (":CALC1:PAR1:DEF?", "R"), (":CALC1:PAR2:DEF?", "X"),
]  # fmt: skip


def point(data, axis="1000,1000", error=FINE, complete="1"):
    return [
        (":SENS1:FREQ:STAR 1000", None), (":SENS1:FREQ:STOP 1000", None),
        (":TRIG:SING;*OPC?", complete), (":SENS1:FREQ:DATA?", axis), (":CALC1:DATA:RDAT?", data), error,
    ]  # fmt: skip


def test_preparing_resets_between_two_confirmations_that_the_level_is_the_lowest(dialogue):
    identity = ("*IDN?", "Keysight Technologies,E4990A,MY54100123,A.02.11")
    fixture = [(":SENS1:CORR2:OPEN?", "1"), (":SENS1:CORR2:SHOR?", "0")]
    restored = [(":SENS1:CORR2:OPEN 1", None), (":SENS1:CORR2:SHOR 0", None), FINE]
    reset = (";".join(["*RST", *(sent for sent, _ in OFF)]), None)
    pairs = [identity, ("*CLS", None), *SAFE, *fixture, reset, *restored, *fixture, *SAFE]
    with dialogue(KeysightE4990A, pairs) as analyser:
        analyser.prepare()
    with (
        dialogue(KeysightE4990A, [("*IDN?", "Agilent,4294A,1,2")]) as analyser,
        pytest.raises(InstrumentError),
    ):
        analyser.prepare()


def test_a_point_is_the_mean_of_its_two_measurements(dialogue):
    with dialogue(KeysightE4990A, [*BARE, *SET_UP, *point("99,-4,101,-6"), *OFF]) as analyser:
        (measured,) = analyser.sweep([1000], 0.02)
    assert measured[:3] == (1000, 100, -5)
    assert measured.status == "ok"


@pytest.mark.parametrize(
    ("exchange", "status"),
    [
        (point("9.9E37,9.9E37,9.9E37,9.9E37"), "overload"),
        (point("99,-4,101,-6", error=("SYST:ERR?", '+60,"Overload"')), "error 60: Overload"),
    ],
)
def test_overload_is_in_the_status(dialogue, exchange, status):
    with dialogue(KeysightE4990A, [*BARE, *SET_UP, *exchange, *OFF]) as analyser:
        (measured,) = analyser.sweep([1000], 0.02)
    assert measured.status == status


@pytest.mark.parametrize(
    "exchange",
    [point("", axis="1000,2000")[:4], point("", axis="1000")[:4], point("99,-4")[:5],
     point("99,-4,101,-6,1")[:5],
     point("99,-4,nan,-6")[:5], point("", complete="0")[:3]],
)  # fmt: skip
def test_what_is_no_measurement_of_this_frequency_is_an_error_and_the_stimulus_gone(dialogue, exchange):
    with (
        dialogue(KeysightE4990A, [*BARE, *SET_UP, *exchange, *OFF]) as analyser,
        pytest.raises(InstrumentError),
    ):
        list(analyser.sweep([1000], 0.02))


def test_fixture_compensation_must_have_been_taken_at_these_frequencies(dialogue):
    compensated = [(":SENS1:CORR2:OPEN?", "1"), (":SENS1:CORR2:SHOR?", "0")]
    pairs = [*compensated, (":SENS1:CORR2:ZME:OPEN:FREQ?", "100,1000"), *SET_UP, *point("99,-4,101,-6"), *OFF]
    with dialogue(KeysightE4990A, pairs) as analyser:
        assert len(list(analyser.sweep([1000], 0.02))) == 1
    pairs = [*compensated, (":SENS1:CORR2:ZME:OPEN:FREQ?", "100,2000")]
    with (
        dialogue(KeysightE4990A, pairs) as analyser,
        pytest.raises(ConfigurationError, match="OPEN compensation"),
    ):
        list(analyser.sweep([1000], 0.02))


def test_the_data_of_the_point_before_are_no_new_point(dialogue):
    old = point("99,-4,101,-6")
    with (
        dialogue(KeysightE4990A, [*BARE, *SET_UP, *old, *old[:-1], *OFF]) as analyser,
        pytest.raises(InstrumentError, match="the previous point"),
    ):
        list(analyser.sweep([1000, 1000], 0.02))


def test_the_time_out_follows_the_measurement(dialogue):
    pairs = [*BARE, *SET_UP, *point("99,-4,101,-6"), *OFF]
    with dialogue(KeysightE4990A, pairs) as analyser:
        points = analyser.sweep([1000], 0.02, integration_s=1)
        next(points)
        assert analyser.adapter.connection.timeout > 3 * 2000
        points.close()


@pytest.mark.parametrize(
    ("frequency_hz", "amplitude_v", "bias_v"), [(10, 0.02, 0), (1e9, 0.02, 0), (1000, 2, 0), (1000, 0.02, 50)]
)
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, frequency_hz, amplitude_v, bias_v):
    with dialogue(KeysightE4990A, []) as analyser, pytest.raises(ValueError):
        analyser.sweep([frequency_hz], amplitude_v, bias_v=bias_v)


def test_making_safe_may_be_repeated_and_reads_back(dialogue):
    with dialogue(KeysightE4990A, SAFE + SAFE) as analyser:
        analyser.make_safe()
        analyser.make_safe()
    pairs = [*SAFE[:-1], (":SOUR1:VOLT?", "0.5")]
    with dialogue(KeysightE4990A, pairs) as analyser, pytest.raises(InstrumentError, match="not the lowest"):
        analyser.make_safe()


@pytest.mark.parametrize("message", [sent for sent, _ in OFF])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(KeysightE4990A, [pair for pair in SAFE if pair[0] != message]) as analyser:
        broken_at(analyser, message)
        with pytest.raises(InstrumentError, match="no answer"):
            analyser.make_safe()


@pytest.mark.parametrize(("integration_s", "speed"), [(0.01, 1), (0.3, 2), (1, 5), (100, 5)])
def test_the_speed_follows_the_integration_time(integration_s, speed):
    assert aperture(integration_s) == speed


def test_a_compensation_that_was_never_measured_is_named_although_it_is_on(dialogue):
    pairs = [(":SENS1:CORR2:OPEN?", "1"), (":SENS1:CORR2:SHOR?", "0"), (":SENS1:CORR2:ZME:OPEN:FREQ?", "")]
    with (
        dialogue(KeysightE4990A, pairs) as analyser,
        pytest.raises(ConfigurationError, match="OPEN compensation not measured at 1000 Hz"),
    ):
        next(analyser.sweep([1000], 0.02))


def test_a_level_that_the_instrument_changed_is_refused(dialogue):
    sent = SET_UP[: SET_UP.index(FINE) + 1]
    pairs = [*BARE, *sent, (":SOUR1:VOLT?", "+5.00000000000E-03"), *OFF]
    with (
        dialogue(KeysightE4990A, pairs) as analyser,
        pytest.raises(InstrumentError, match=r"differs from the set value 0\.02"),
    ):
        next(analyser.sweep([1000], 0.02))
