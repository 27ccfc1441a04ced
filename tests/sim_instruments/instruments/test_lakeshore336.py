import pytest
import pyvisa

LAKESHORE = "GPIB0::12::INSTR"


def heat(port, setpoint_k, ramp_k_min=None):
    if ramp_k_min is not None:
        port.write(f"RAMP 1,1,{ramp_k_min}")
    port.write(f"SETP 1,{setpoint_k}")
    port.write("RANGE 1,3")


def test_it_returns_its_identity(oven_port):
    assert oven_port.query("*IDN?").split(",")[:2] == ["LSCI", "MODEL336"]


def test_half_an_hour_after_arrival_the_sample_is_where_the_sensor_is(rig, clock, oven_port):
    heat(oven_port, 373.15)
    clock.sleep(10 * 60)
    rig.world.now()
    assert rig.world.oven.sensor_k - rig.world.oven.sample_k > 0.1
    clock.sleep(30 * 60)
    rig.world.now()
    assert rig.world.oven.sensor_k == pytest.approx(373.15, abs=0.01)
    assert rig.world.oven.sample_k == pytest.approx(rig.world.oven.sensor_k, abs=1e-3)
    assert float(oven_port.query("KRDG? A")) == pytest.approx(373.15, abs=0.01)


def test_a_step_without_a_ramp_overshoots_and_comes_back(rig, clock, oven_port):
    heat(oven_port, 373.15)
    peak_k = 0.0
    for _ in range(200):
        clock.sleep(10)
        rig.world.now()
        peak_k = max(peak_k, rig.world.oven.sensor_k)
    assert 373.25 < peak_k < 380
    assert rig.world.oven.sensor_k == pytest.approx(373.15, abs=0.01)


def test_a_ramp_starts_at_the_present_setpoint(clock, oven_port):
    oven_port.write("SETP 1,320;RAMP 1,1,10;SETP 1,340")
    clock.sleep(60)
    assert float(oven_port.query("SETP? 1")) == pytest.approx(330, abs=0.3)
    assert oven_port.query("RAMPST? 1") == "1"
    clock.sleep(70)
    assert oven_port.query("RAMPST? 1;SETP? 1") == "0;+340.0000"


def test_a_heater_off_heats_nothing(rig, clock, oven_port):
    oven_port.write("SETP 1,400")
    clock.sleep(3600)
    rig.world.now()
    assert rig.world.oven.sensor_k == pytest.approx(295.15, abs=1)
    assert rig.instruments[LAKESHORE].heater_range == 0


def test_what_is_not_understood_is_silent_and_shows_in_the_event_status(oven_port):
    oven_port.query("*ESR?")
    oven_port.timeout = 100
    with pytest.raises(pyvisa.VisaIOError):
        oven_port.query("KRDG")
    assert oven_port.query("*ESR?") == "032"
    assert oven_port.query("*ESR?") == "000"


@pytest.mark.parametrize(
    "refused", ["RANGE 1,4", "RANGE 5,0", "RAMP 1,1,500", "PID 1,0,1,0", "SETP 1,9000", "MOUT 1,101"]
)
def test_what_is_out_of_range_is_ignored_in_silence(oven_port, refused):
    before = oven_port.query("RANGE? 1"), oven_port.query("SETP? 1")
    oven_port.query("*ESR?")
    oven_port.write(refused)
    assert oven_port.query("*ESR?") == "016"
    assert (oven_port.query("RANGE? 1"), oven_port.query("SETP? 1")) == before


def test_the_temperature_limit_switches_the_heaters_off(rig, clock, oven_port):
    oven_port.write("TLIMIT A,320")
    heat(oven_port, 373.15)
    clock.sleep(1200)
    assert oven_port.query("RANGE? 1") == "0"
    assert rig.instruments[LAKESHORE].heater_power_w == 0


def test_an_open_sensor_stops_the_heat_and_spoils_the_reading(rig, clock, oven_port):
    heat(oven_port, 373.15)
    clock.sleep(30)
    rig.instruments[LAKESHORE].sensor_fault = 128
    clock.sleep(30)
    assert oven_port.query("RDGST? A") == "128"
    assert oven_port.query("KRDG? A") == "+0.0000"
    assert rig.instruments[LAKESHORE].heater_power_w == 0


def test_empty_inputs_are_invalid(oven_port):
    assert oven_port.query("RDGST? C") == "001"
    assert oven_port.query("KRDG? 0").count(",") == 3


def test_celsius_units_move_the_setpoint_too(oven_port):
    oven_port.write("INTYPE A,2,1,0,0,2;SETP 1,100")
    assert oven_port.query("SETP? 1") == "+100.0000"
    assert oven_port.query("INTYPE? A") == "2,1,0,0,2"
    oven_port.write("INTYPE A,2,1,0,0,1")
    assert oven_port.query("SETP? 1") == "+373.1500"


def test_settings_read_back_as_sent(oven_port):
    oven_port.write("PID 1,80,30,5;RAMP 1,1,2.5;OUTMODE 2,3,2,1;MOUT 2,12.5;TLIMIT B,500;INNAME A,Pellet")
    assert oven_port.query("PID? 1") == "+80.0,+30.0,+5.0"
    assert oven_port.query("RAMP? 1") == "1,+2.500"
    assert oven_port.query("OUTMODE? 2") == "3,2,1"
    assert oven_port.query("MOUT? 2") == "+12.500"
    assert oven_port.query("TLIMIT? B") == "+500.0"
    assert oven_port.query("INNAME? A").strip() == "Pellet"


def test_reset_switches_the_heater_off(rig, oven_port):
    heat(oven_port, 373.15)
    oven_port.write("*RST")
    assert rig.instruments[LAKESHORE].heater_range == 0


def test_joined_queries_answer_in_one_line(oven_port):
    assert oven_port.query("RANGE? 1;*ESR?") == "0;128"
