import pytest

from drivers.oxford_mercury import OxfordMercuryITC
from labctl.errors import InstrumentError

LOOP = "DEV:MB1.T1:TEMP:LOOP"
TEMPERATURE = "READ:DEV:MB1.T1:TEMP:SIG:TEMP"


def sets(word, value):
    return (f"SET:{LOOP}:{word}:{value}", f"STAT:SET:{LOOP}:{word}:{value}:VALID")


def reads(word, value):
    return (f"READ:{LOOP}:{word}", f"STAT:{LOOP}:{word}:{value}")


NO_RAMP = reads("RENA", "OFF")
NO_SWEEP = reads("SWMD", "FIX")
RAMPS = [reads("RENA", "ON"), reads("RSET", "5.0000K/m")]
SAFE = [sets("ENAB", "OFF"), sets("HSET", "0"), reads("ENAB", "OFF"), reads("HSET", "0.0000")]


def test_preparing_checks_the_model_and_leaves_loop_and_ramp_off(dialogue):
    identity = ("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000")
    with dialogue(
        OxfordMercuryITC, [identity, *SAFE, sets("RENA", "OFF"), NO_RAMP, NO_SWEEP, NO_SWEEP]
    ) as cryostat:
        cryostat.prepare()
    pairs = [("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY IPS:1:2")]
    with dialogue(OxfordMercuryITC, pairs) as cryostat, pytest.raises(InstrumentError, match="MERCURY ITC"):
        cryostat.prepare()


def test_the_literal_reading_is_kelvin(dialogue):
    with dialogue(OxfordMercuryITC, [(TEMPERATURE, "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:330.0725K")]) as cryostat:
        assert cryostat.temperature_k == 330.0725


def test_the_literal_exchange_switches_the_loop_off(dialogue):
    pair = ("SET:DEV:MB1.T1:TEMP:LOOP:ENAB:OFF", "STAT:SET:DEV:MB1.T1:TEMP:LOOP:ENAB:OFF:VALID")
    with dialogue(OxfordMercuryITC, [pair]) as cryostat:
        cryostat.loop.control_loop_PID_enabled = "OFF"


def test_set_point_and_ramp_are_the_loops(dialogue):
    pairs = [
        sets("RSET", "5"), sets("RENA", "ON"), *RAMPS,
        sets("TSET", "61"), sets("ENAB", "ON"),
        reads("ENAB", "ON"), NO_SWEEP, *RAMPS, reads("TSET", "61.0000K"),
        reads("TSET", "61.0000K"), reads("RSET", "5.0000K/m"),
    ]  # fmt: skip
    with dialogue(OxfordMercuryITC, pairs) as cryostat:
        cryostat.ramp_rate_k_s = 5 / 60
        cryostat.setpoint_k = 61
        assert cryostat.setpoint_k == 61
        assert cryostat.loop.control_loop_ramp_rate == 5


def test_another_sensor_is_addressed_by_its_board(dialogue):
    pairs = [("READ:DEV:DB6.T1:TEMP:SIG:TEMP", "STAT:DEV:DB6.T1:TEMP:SIG:TEMP:4.2000K")]
    with dialogue(OxfordMercuryITC, pairs, sensor="DB6.T1") as cryostat:
        assert cryostat.temperature_k == 4.2


@pytest.mark.parametrize(
    "reply",
    [
        f"STAT:{LOOP}:TSET:61.0000K",
        "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:INVALID",
        "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:",
        "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:nanK",
        "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:4.2000K:330.0725K",
        "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:0.0000K",
        "330.0725K",
        "",
    ],
)
def test_a_reply_to_another_question_or_none_is_an_error(dialogue, reply):
    with dialogue(OxfordMercuryITC, [(TEMPERATURE, reply)]) as cryostat:
        with pytest.raises(InstrumentError):
            _ = cryostat.temperature_k
        assert cryostat.adapter.connection.clear.called


def test_a_setting_that_is_not_valid_is_an_error(dialogue):
    refused = (sets("TSET", "61")[0], f"STAT:SET:{LOOP}:TSET:61:INVALID")
    with dialogue(OxfordMercuryITC, [refused]) as cryostat, pytest.raises(InstrumentError, match="refused"):
        cryostat.setpoint_k = 61


@pytest.mark.parametrize("kelvin", [-1, 0, 3000, float("nan")])
def test_what_would_be_truncated_is_never_sent(dialogue, kelvin):
    with dialogue(OxfordMercuryITC, []) as cryostat, pytest.raises(ValueError):
        cryostat.setpoint_k = kelvin


def test_making_safe_reads_back_and_may_be_repeated(dialogue):
    with dialogue(OxfordMercuryITC, SAFE + SAFE) as cryostat:
        cryostat.make_safe()
        cryostat.make_safe()
    pairs = [*SAFE[:3], reads("HSET", "12.0")]
    with dialogue(OxfordMercuryITC, pairs) as cryostat, pytest.raises(InstrumentError, match="still heating"):
        cryostat.make_safe()


@pytest.mark.parametrize("message", [sent for sent, _ in SAFE[:2]])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(OxfordMercuryITC, [pair for pair in SAFE if pair[0] != message]) as cryostat:
        broken_at(cryostat, message)
        with pytest.raises(InstrumentError, match="no answer"):
            cryostat.make_safe()


# What rules.


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([reads("ENAB", "OFF")], "expected ON"),
        ([reads("ENAB", "ON"), reads("SWMD", "SWP")], "expected FIX"),
        ([reads("ENAB", "ON"), NO_SWEEP, reads("RENA", "ON")], "expected OFF"),
        ([reads("ENAB", "ON"), NO_SWEEP, NO_RAMP, reads("TSET", "50.0000K")], "expected 61"),
    ],
)
def test_what_rules_is_read_after_a_set_point_that_was_called_valid(dialogue, asked, words):
    pairs = [sets("TSET", "61"), sets("ENAB", "ON"), *asked]
    with dialogue(OxfordMercuryITC, pairs) as cryostat, pytest.raises(InstrumentError, match=words):
        cryostat.setpoint_k = 61


@pytest.mark.parametrize(
    ("rules", "words"),
    [([reads("RENA", "OFF")], "expected ON"), ([RAMPS[0], reads("RSET", "1.0000K/m")], "expected 5")],
)
def test_a_ramp_that_does_not_rule_is_refused(dialogue, rules, words):
    pairs = [sets("RSET", "5"), sets("RENA", "ON"), *rules]
    with dialogue(OxfordMercuryITC, pairs) as cryostat, pytest.raises(InstrumentError, match=words):
        cryostat.ramp_rate_k_s = 5 / 60


def test_a_sweep_table_that_was_left_on_is_switched_off_and_refused_where_it_stays_on(dialogue):
    identity = ("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000")
    pairs = [identity, *SAFE, sets("RENA", "OFF"), NO_RAMP, reads("SWMD", "SWP"), sets("SWMD", "FIX")]
    with dialogue(OxfordMercuryITC, [*pairs, NO_SWEEP]) as cryostat:
        cryostat.prepare()
    with (
        dialogue(OxfordMercuryITC, [*pairs, reads("SWMD", "SWP")]) as cryostat,
        pytest.raises(InstrumentError, match="expected FIX"),
    ):
        cryostat.prepare()


def test_an_instrument_without_sweep_tables_needs_none(dialogue):
    identity = ("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000")
    unknown = reads("SWMD", "INVALID")
    with dialogue(
        OxfordMercuryITC, [identity, *SAFE, sets("RENA", "OFF"), NO_RAMP, unknown, unknown]
    ) as cryostat:
        cryostat.prepare()
