import pytest

from drivers.agilent4294a import Agilent4294A
from labctl.errors import BeyondInstrument, InstrumentError
from labctl.testing.trial import find_candidate

FINE = ("OUTPERRO?", '0,"No error"')
IDENTITY = ("*IDN?", "HEWLETT-PACKARD,4294A,JP1KG00101,REV01.11")


def sent(*messages):
    return [(message, None) for message in messages]


OFF_MESSAGES = ("DCO OFF", "POWMOD VOLT", "POWE 5E-3", "HOLD")
OFF = sent(*OFF_MESSAGES)
SAFE = [*OFF, ("DCO?", "0"), ("POWMOD?", "VOLT"), ("POWE?", "5.000000E-03")]
RESET = (";".join(["*RST", *OFF_MESSAGES]), None)
SETTINGS = {
    "MEAS IRIM": "IRIM", "SWPP FREQ": "FREQ", "SWPT LIN": "LIN", "POIN 2": "2", "BWFACT 5": "5",
    "AVER OFF": "0", "PAVER OFF": "0", "PDELT 0": "0", "SDELT 0": "0.0E+00", "DCMOD VOLT": "VOLT",
    "DCV 0": "0", "DCO OFF": "0", "POWMOD VOLT": "VOLT", "POWE 0.02": "2.000000E-02",
}  # fmt: skip


def set_up(**changed):
    replies = {message.split()[0]: reply for message, reply in SETTINGS.items()} | changed
    asked = [(f"{header}?", reply) for header, reply in replies.items()]
    return [compensations(), *sent("HOLD", "FORM4", "TRGS INT", "DCRNG M10", *SETTINGS), FINE, *asked]


def compensations(state="OFF;COMSTB OFF;COMSTC OFF", reply='0,"No error"'):
    return (f"COMSTA {state};OUTPERRO?", reply)


def trace(name, numbers, active=None):
    return [(f"TRAC {name};OUTPDTRC?", numbers), ("TRAC?", active or name)]


def point(real="99,0,101,0", imag="-4,0,-6,0", axis="1000,1000", error=FINE, complete="1"):
    return [
        *sent("STAR 1000", "STOP 1000"), ("SING;*OPC?", complete), ("OUTPSWPRM?", axis),
        *trace("A", real), *trace("B", imag), error,
    ]  # fmt: skip


def test_preparing_resets_between_two_confirmations_and_keeps_the_adapter(dialogue):
    before = [IDENTITY, ("*CLS", None), *SAFE, ("E4TP?", "M1"), RESET, FINE]
    with dialogue(Agilent4294A, [*before, ("E4TP?", "M1"), compensations(), *SAFE]) as analyser:
        analyser.prepare()
    restored = [("E4TP?", "OFF"), ("E4TP M1", None), FINE, ("E4TP?", "M1")]
    with dialogue(Agilent4294A, [*before, *restored, compensations(), *SAFE]) as analyser:
        analyser.prepare()
    lost = [*restored[:-1], ("E4TP?", "OFF")]
    with dialogue(Agilent4294A, [*before, *lost]) as analyser, pytest.raises(InstrumentError):
        analyser.prepare()


def test_compensations_are_switched_as_the_settings_say(dialogue):
    before = [IDENTITY, ("*CLS", None), *SAFE, ("E4TP?", "OFF"), RESET, FINE, ("E4TP?", "OFF")]
    switched = compensations("ON;COMSTB ON;COMSTC OFF")
    settings = {"open_compensation": True, "short_compensation": True}
    with dialogue(Agilent4294A, [*before, switched, *SAFE], **settings) as analyser:
        analyser.prepare()
    for reply in ('12,"no data"', "0", "", '0,"a","b"'):
        with (
            dialogue(Agilent4294A, [*before, compensations(reply=reply)]) as analyser,
            pytest.raises(InstrumentError),
        ):
            analyser.prepare()


@pytest.mark.parametrize("identity", ["Keysight Technologies,E4990A,MY1,A.02.11", "4284A,1,2"])
def test_another_analyser_is_refused(dialogue, identity):
    with (
        dialogue(Agilent4294A, [("*IDN?", identity)]) as analyser,
        pytest.raises(InstrumentError, match="not a 4294A"),
    ):
        analyser.prepare()


def test_an_adapter_that_no_source_names_is_refused(dialogue):
    with (
        dialogue(Agilent4294A, [IDENTITY, ("*CLS", None), *SAFE, ("E4TP?", "3")]) as analyser,
        pytest.raises(InstrumentError, match="expected one of"),
    ):
        analyser.prepare()


def test_a_point_is_the_mean_of_its_two_measurements(dialogue):
    with dialogue(Agilent4294A, [*set_up(), *point(), *OFF]) as analyser:
        (measured,) = analyser.sweep([1000], 0.02)
    assert measured[:3] == (1000, 100, -5)
    assert measured.status == "ok"


@pytest.mark.parametrize(
    ("exchange", "status"),
    [
        (point("9.9E37,0,9.9E37,0"), "overload"),
        (point(error=("OUTPERRO?", '60,"OVERLOAD"')), "error 60: OVERLOAD"),
    ],
)
def test_overload_is_in_the_status(dialogue, exchange, status):
    with dialogue(Agilent4294A, [*set_up(), *exchange, *OFF]) as analyser:
        (measured,) = analyser.sweep([1000], 0.02)
    assert measured.status == status


@pytest.mark.parametrize(
    "exchange",
    [
        point(complete="0")[:3],
        point(axis="1000,2000")[:4],
        point(axis="1000")[:4],
        point(real="99,0")[:5],
        point(real="99,0,101,0,1")[:5],
        point(imag="-4,0,nan,0")[:7],
        [*point()[:6], *trace("B", "-4,0,-6,0", active="A")],
        point(error=("OUTPERRO?", "no error")),
    ],
)
def test_what_is_no_measurement_of_this_frequency_is_an_error_and_the_stimulus_gone(dialogue, exchange):
    with (
        dialogue(Agilent4294A, [*set_up(), *exchange, *OFF]) as analyser,
        pytest.raises(InstrumentError),
    ):
        list(analyser.sweep([1000], 0.02))


def test_the_data_of_the_point_before_are_no_new_point(dialogue):
    with (
        dialogue(Agilent4294A, [*set_up(), *point(), *point()[:-1], *OFF]) as analyser,
        pytest.raises(InstrumentError, match="the previous point"),
    ):
        list(analyser.sweep([1000, 1000], 0.02))


@pytest.mark.parametrize(
    ("header", "reply"),
    [
        ("MEAS", "IMPH"), ("SWPP", "DCB"), ("SWPT", "LIST"), ("POIN", "201"), ("BWFACT", "1"), ("AVER", "1"),
        ("PAVER", "1"), ("PDELT", "5"), ("SDELT", "5"), ("DCMOD", "CURR"), ("DCV", "0.5"), ("DCO", "1"),
        ("POWMOD", "CURR"), ("POWE", "0.5"), ("POWE", "0.02V"), ("MEAS", "IRIM;0"),
    ],
)  # fmt: skip
def test_every_setting_is_read_back(dialogue, header, reply):
    pairs = set_up(**{header: reply})
    asked = [question for question, _ in pairs].index(f"{header}?")
    with (
        dialogue(Agilent4294A, [*pairs[: asked + 1], *OFF]) as analyser,
        pytest.raises(InstrumentError),
    ):
        list(analyser.sweep([1000], 0.02))


@pytest.mark.parametrize(
    ("frequency_hz", "amplitude_v", "bias_v"), [(10, 0.02, 0), (1.2e8, 0.02, 0), (1e3, 2, 0), (1e3, 0.02, 50)]
)
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, frequency_hz, amplitude_v, bias_v):
    with dialogue(Agilent4294A, []) as analyser, pytest.raises(BeyondInstrument):
        analyser.sweep([frequency_hz], amplitude_v, bias_v=bias_v)


def test_making_safe_reads_back_bias_and_level(dialogue):
    with dialogue(Agilent4294A, SAFE + SAFE) as analyser:
        analyser.make_safe()
        analyser.make_safe()
    for at, reply in ((-1, "0.5"), (-2, "CURR"), (-3, "1")):
        pairs = [*SAFE[: at or None]]
        question = SAFE[at][0]
        pairs = [pair if pair[0] != question else (question, reply) for pair in SAFE]
        with dialogue(Agilent4294A, pairs) as analyser, pytest.raises(InstrumentError):
            analyser.make_safe()


@pytest.mark.parametrize("message", OFF_MESSAGES)
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(Agilent4294A, [pair for pair in SAFE if pair[0] != message]) as analyser:
        broken_at(analyser, message)
        with pytest.raises(InstrumentError, match="no answer"):
            analyser.make_safe()


def test_a_bias_is_at_the_cell_during_the_sweep_only():
    with find_candidate("drivers.agilent4294a:Agilent4294A").connected() as trial:
        trial.driver.prepare()
        points = trial.driver.sweep([1e5, 1e4], 0.02, bias_v=0.5)
        first = next(points)
        model = next(iter(trial.rig.instruments.values()))
        assert (model.bias_on, model.bias_v, model.level_v) == (True, 0.5, 0.02)
        assert first.z_real_ohm > 0
        points.close()
        assert not trial.energised


@pytest.mark.parametrize("message", ["COMSTA ON", "COMSTB ON", "COMSTC ON"])
def test_a_compensation_that_was_switched_on_since_preparing_is_off_in_a_spectrum(message):
    with find_candidate("drivers.agilent4294a:Agilent4294A").connected() as trial:
        trial.driver.prepare()
        trial.driver.write(message)
        (point,) = trial.driver.sweep([1e4], 0.02)
        true_ohm = trial.rig.world.cell_impedance_ohm(1e4)
        assert complex(point.z_real_ohm, point.z_imag_ohm) == pytest.approx(true_ohm, rel=1e-3)
