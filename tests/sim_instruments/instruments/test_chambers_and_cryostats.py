import pytest
import pyvisa

MERCURY, ITC = "TCPIP0::192.168.0.30::7020::SOCKET", "GPIB0::24::INSTR"
ATS, CHAMBER, EUROTHERM = "GPIB0::21::INSTR", "GPIB0::22::INSTR", "ASRL4::INSTR"
LOOP = "DEV:MB1.T1:TEMP:LOOP"


@pytest.fixture
def rig_with(build_rig, connect):
    """A rig of one controller and an open port to it."""

    def make(model, address, **settings):
        rig = build_rig(instruments={address: model}, oven={"ambient_drift_k": 0.0})
        return rig, connect(rig, address, **{"timeout": 1000, **settings})

    return make


@pytest.fixture
def mercury(rig_with):
    return rig_with("oxford_mercury", MERCURY)


@pytest.fixture
def itc(rig_with):
    return rig_with("oxford_itc503", ITC, write_termination="\r", read_termination="\r")


@pytest.fixture
def air_stream(rig_with):
    return rig_with("temptronic_ats", ATS)


@pytest.fixture
def chamber(rig_with):
    return rig_with("thermotron3800", CHAMBER, write_termination="\r\n", read_termination="\r\n")


def test_a_mercury_repeats_queries_and_settings(mercury):
    _, port = mercury
    assert port.query("*IDN?") == "IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000"
    asked = "DEV:MB1.T1:TEMP:SIG:TEMP"
    assert port.query(f"READ:{asked}").startswith(f"STAT:{asked}:295.")
    assert port.query(f"SET:{LOOP}:ENAB:OFF") == f"STAT:SET:{LOOP}:ENAB:OFF:VALID"
    assert port.query(f"SET:{LOOP}:TSET:61") == f"STAT:SET:{LOOP}:TSET:61:VALID"
    assert port.query(f"READ:{LOOP}:TSET") == f"STAT:{LOOP}:TSET:61.0000K"
    assert port.query(f"READ:{LOOP}:RSET") == f"STAT:{LOOP}:RSET:5.0000K/m"


@pytest.mark.parametrize(
    "setting", ["TSET:3000", "TSET:warm", "ENAB:MAYBE", "HSET:101", "RSET:-1", "COFFEE:1"]
)
def test_a_mercury_reports_invalid_messages(mercury, setting):
    _, port = mercury
    assert port.query(f"SET:{LOOP}:{setting}") == f"STAT:SET:{LOOP}:{setting}:INVALID"


def test_a_mercury_ramps_and_keeps_its_manual_output_until_it_is_changed(mercury, clock):
    rig, port = mercury
    for setting in ("RSET:2", "RENA:ON", "TSET:320", "ENAB:ON"):
        port.query(f"SET:{LOOP}:{setting}")
    clock.sleep(300)
    rig.world.now()
    assert rig.world.oven.sensor_k == pytest.approx(295.15 + 10, abs=1.5)
    clock.sleep(3000)
    rig.world.now()
    assert rig.world.oven.sensor_k == pytest.approx(320, abs=0.2)
    port.query(f"SET:{LOOP}:ENAB:OFF")
    model = rig.instruments[MERCURY]
    assert model.energised
    port.query(f"SET:{LOOP}:HSET:0")
    assert (model.energised, model.heater_power_w) == (False, 0)


def test_an_itc_accepts_commands_only_in_remote_control(itc):
    _, port = itc
    assert port.query("V").startswith("ITC503")
    assert port.query("T300") == "?T300"
    assert port.query("C3") == "C"
    assert port.query("T300.000") == "T"
    assert port.query("R0") == "R+300.00"
    assert port.query("X") == "X0A0C3S00H1L0"


def test_an_itc_repeats_refused_messages_with_a_question_mark(itc):
    _, port = itc
    port.query("C3")
    port.query("A1")
    for refused in ("O10.0", "T5000", "A9", "Z1", "R99", "T"):
        assert port.query(refused) == f"?{refused}"


def test_an_itc_controls_and_keeps_its_power_when_switched_to_manual(itc, clock):
    rig, port = itc
    for message in ("C3", "T320", "A1"):
        port.query(message)
    clock.sleep(3000)
    assert float(port.query("R1")[1:]) == pytest.approx(320, abs=0.2)
    assert port.query("A0") == "A"
    assert float(port.query("R5")[1:]) > 0
    assert rig.instruments[ITC].energised
    port.query("O0")
    assert port.query("R5") == "R+000.0"
    assert not rig.instruments[ITC].energised


def test_an_air_stream_accepts_settings_after_remote_control_is_taken(air_stream, clock):
    rig, port = air_stream
    port.write("FLOW 1")
    assert not rig.instruments[ATS].energised
    for message in ("%RM", "SETN 0", "SETP 60", "FLOW 1"):
        port.write(message)
    clock.sleep(3000)
    assert float(port.query("TEMP?")) == pytest.approx(60, abs=0.3)
    assert int(port.query("AUXC?")) & 32
    assert port.query("TECR?") == "1"
    port.write("FLOW 0")
    assert not int(port.query("AUXC?")) & 32


def test_an_air_stream_ignores_values_out_of_the_range_of_its_set_point(air_stream):
    _, port = air_stream
    port.write("%RM")
    port.write("SETN 2")
    port.write("SETP 60")
    assert port.query("SETP?") == "-40.0"
    port.write("TTIM 7")
    assert port.query("TTIM?") == "7"


def test_an_air_stream_reports_an_absent_sensor(air_stream):
    rig, port = air_stream
    rig.instruments[ATS].sensor_fault = 1
    assert (port.query("EROR?"), port.query("TEMP?")) == ("32", "999.9")


def test_a_chamber_applies_a_set_point_at_its_start_and_then_ignores_input_for_a_while(chamber, clock):
    rig, port = chamber
    port.write("SETP1,60")
    with pytest.raises(pyvisa.VisaIOError):
        port.query("SETP1?")
    assert port.query("SETP1?") == "25.0"
    port.write("RUNM")
    clock.sleep(1)
    assert port.query("SETP1?") == "60.0"
    assert port.query("MODE?") == "16"
    clock.sleep(3000)
    assert float(port.query("PVAR1?")) == pytest.approx(60, abs=0.3)
    port.write("STOP")
    clock.sleep(1)
    assert port.query("MODE?") == "2"
    assert not rig.instruments[CHAMBER].energised


@pytest.mark.parametrize(("family", "output"), [("3200", 4), ("3500", 85)])
def test_newer_eurotherms_have_their_output_in_another_register(build_rig, clock, family, output):
    model = build_rig(instruments={EUROTHERM: f"eurotherm{family}"}).instruments[EUROTHERM]
    model.write_registers(2, [600], 6)
    clock.sleep(60)
    model.world.now()
    assert model.read_registers(output, 1)[0] > 0
    assert model.read_registers(34, 1) == [0x8000]


def test_a_reply_of_one_field_that_loses_it_is_empty(build_rig, connect):
    rig = build_rig(instruments={EUROTHERM: "eurotherm2400"})
    rig.faults.add("fields", instrument=EUROTHERM)
    port = connect(rig, EUROTHERM, read_termination=None, timeout=500)
    port.write_raw(bytes.fromhex("01 03 00 01 00 01 D5 CA"))
    with pytest.raises(pyvisa.VisaIOError, match="VI_ERROR_TMO"):
        port.read_bytes(3)
