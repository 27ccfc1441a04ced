import pytest
import pyvisa
from pyvisa.constants import StatusCode

LAKESHORE = "GPIB0::12::INSTR"
SOLARTRON = "GPIB0::4::INSTR"


def kinds(rig):
    return [strike.kind for strike in rig.faults.log]


def expect_timeout(port, question):
    port.timeout = 500
    with pytest.raises(pyvisa.VisaIOError) as failed:
        port.query(question)
    assert failed.value.error_code == StatusCode.error_timeout


def test_a_timeout_loses_the_reply_of_one_command_only(rig, oven_port):
    rig.faults.add("timeout", instrument=LAKESHORE, command="KRDG")
    assert oven_port.query("RANGE? 1") == "0"
    expect_timeout(oven_port, "KRDG? A")
    assert oven_port.query("KRDG? A").startswith("+295")
    assert kinds(rig) == ["timeout"]


def test_a_late_reply_arrives_at_the_next_query_unless_the_device_is_cleared(rig, clock, oven_port):
    rig.faults.add("late", command="KRDG", delay_s=2.0, count=2)
    expect_timeout(oven_port, "KRDG? A")
    clock.sleep(2)
    assert oven_port.query("RANGE? 1").startswith("+295")
    oven_port.clear()
    expect_timeout(oven_port, "KRDG? A")
    oven_port.clear()
    clock.sleep(2)
    assert oven_port.query("RANGE? 1") == "0"


def test_garbage_is_not_ascii(rig, oven_port):
    rig.faults.add("garble", command="KRDG")
    with pytest.raises(UnicodeDecodeError):
        oven_port.query("KRDG? A")
    assert oven_port.query("RANGE? 1") == "0"


def test_a_truncated_reply_has_no_terminator(rig, oven_port):
    rig.faults.add("truncate", command="KRDG")
    with pytest.warns(UserWarning, match="termination"):
        assert oven_port.query("KRDG? A") == "+295"


def test_a_field_can_be_missing_and_a_value_nan(rig, analyser_port):
    analyser_port.write("OP2,1;SO1,3;VA0.1")
    rig.faults.add("fields", command="SI")
    rig.faults.add("value", command="SI", value="NaN,NaN,NaN,0,00")
    assert analyser_port.query("SI").count(",") == 3
    assert analyser_port.query("SI") == "NaN,NaN,NaN,0,00"


def test_a_refused_setting_is_not_executed_and_has_no_reply(rig, oven_port):
    rig.faults.add("refuse", command="^SETP ")
    oven_port.write("SETP 1,350")
    assert oven_port.query("SETP? 1") == "+295.1500"
    oven_port.write("SETP 1,350")
    assert oven_port.query("SETP? 1") == "+350.0000"


def test_a_lost_connection_is_lost_until_it_returns(rig, clock, oven_port, connect):
    rig.faults.add("lost", instrument=LAKESHORE, command="KRDG", duration_s=60)
    for _ in range(2):
        with pytest.raises(pyvisa.VisaIOError) as lost:
            oven_port.query("KRDG? A")
        assert lost.value.error_code == StatusCode.error_connection_lost
    with pytest.raises(pyvisa.VisaIOError) as absent:
        connect(rig, LAKESHORE)
    assert absent.value.error_code == StatusCode.error_resource_not_found
    clock.sleep(61)
    assert connect(rig, LAKESHORE).query("RANGE? 1").strip() == "0"


def test_a_reboot_forgets_the_settings_and_is_deaf_for_a_while(rig, clock, oven_port):
    oven_port.write("SETP 1,350;RANGE 1,3")
    rig.faults.add("reboot", command="KRDG", duration_s=5)
    expect_timeout(oven_port, "KRDG? A")
    clock.sleep(5)
    assert oven_port.query("RANGE? 1;SETP? 1") == "0;+295.1500"


def test_skip_and_count_and_time_choose_when(rig, clock, oven_port):
    rig.faults.add("value", command="RANGE", skip=2, count=2, value="x")
    assert [oven_port.query("RANGE? 1") for _ in range(6)] == ["0", "0", "x", "x", "0", "0"]
    rig.faults.add("value", command="RANGE", after_s=100, until_s=200, count=99, value="y")
    assert oven_port.query("RANGE? 1") == "0"
    clock.sleep(110)
    assert oven_port.query("RANGE? 1") == "y"
    clock.sleep(110)
    assert oven_port.query("RANGE? 1") == "0"


def test_probability_comes_from_the_seed(build_rig, connect):
    def pattern(seed):
        rig = build_rig(seed=seed)
        rig.faults.add("value", command="RANGE", probability=0.5, count=99, value="x")
        port = connect(rig, LAKESHORE)
        return "".join(port.query("RANGE? 1").strip() for _ in range(40))

    assert pattern(1) == pattern(1)
    assert pattern(1) != pattern(2)
    assert 5 < pattern(1).count("x") < 35


def test_a_cell_opens_in_mid_sweep_and_closes_again(rig, clock, analyser_port):
    analyser_port.write("OP2,1;SO1,3;CZ1;VA0.1;FR1000")
    rig.faults.add("cell_open", command="^SI", skip=1, duration_s=5)
    moduli = []
    for _ in range(3):
        moduli.append(float(analyser_port.query("SI").split(",")[1]))
        clock.sleep(5)
    assert moduli[1] > 10 * moduli[0]
    assert moduli[2] == pytest.approx(moduli[0], rel=0.1)


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        ("heater_dead", lambda rig: rig.world.oven.heater_dead),
        ("heater_stuck_on", lambda rig: rig.world.oven.heater_stuck_w == 100.0),
        ("never_settles", lambda rig: rig.world.oven.restless_k == 2.0),
        ("cell_open", lambda rig: rig.world.cell.open),
        ("cell_short", lambda rig: rig.world.cell.shorted),
        ("sensor_fault", lambda rig: rig.instruments[LAKESHORE].sensor_fault == 128),
        ("overload", lambda rig: rig.instruments[SOLARTRON].overload),
        ("clock_jump", lambda rig: rig.world.clock.time() > 1_767_290_400.0 + 3600),
    ],
)
def test_world_faults_occur_at_their_time_and_end(rig, clock, kind, happened):
    rig.faults.add(kind, after_s=100, duration_s=50)
    clock.sleep(99)
    rig.world.now()
    assert not happened(rig)
    clock.sleep(2)
    rig.world.now()
    assert happened(rig)
    assert kinds(rig) == [kind]
    clock.sleep(50)
    rig.world.now()
    assert not happened(rig)


def test_a_stuck_heater_heats_with_the_controller_off(rig, clock, oven_port):
    rig.faults.add("heater_stuck_on", after_s=0)
    clock.sleep(1200)
    assert oven_port.query("RANGE? 1") == "0"
    assert rig.world.oven.sensor_k > 400


def test_an_oven_that_never_settles_swings(rig, clock, oven_port):
    rig.faults.add("never_settles", value=3.0)
    readings = []
    for _ in range(60):
        clock.sleep(10)
        readings.append(float(oven_port.query("KRDG? A")))
    assert max(readings) - min(readings) > 3


@pytest.mark.parametrize(
    ("order", "error", "named"),
    [
        ({"kind": "gremlin"}, ValueError, "kind"),
        ({"kind": "late", "probability": 2}, ValueError, "probability"),
        ({"kind": "late", "command": "("}, ValueError, "command"),
        ({"kind": "late", "delay": 2}, TypeError, "delay"),
    ],
)
def test_a_wrong_order_is_refused(rig, order, error, named):
    with pytest.raises(error, match=named):
        rig.faults.add(**order)


def test_cancelled_orders_do_not_come(rig, clock, oven_port):
    rig.faults.add("heater_dead", after_s=10)
    rig.faults.add("timeout", command="KRDG")
    rig.faults.clear()
    clock.sleep(20)
    assert oven_port.query("KRDG? A").startswith("+295")
    assert not rig.world.oven.heater_dead
    assert kinds(rig) == []
