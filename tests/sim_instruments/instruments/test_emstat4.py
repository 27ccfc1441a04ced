import pytest
import pyvisa

ADDRESS = "ASRL3::INSTR"
EXPONENTS = dict(zip("afpnum kMGTPE", range(-18, 21, 3), strict=True))
FINISH = ["on_finished:", "cell_off"]
CA = ["var p", "var c", "set_pgstat_chan 0", "set_pgstat_mode 2", "set_autoranging ba 1n 100m", "cell_on"]
CA += ["meas_loop_ca p c 10m 1 60", "pck_start", "pck_add p", "pck_add c", "pck_end", "endloop", *FINISH]
EIS = ["var f", "var r", "var i", "set_pgstat_chan 0", "set_pgstat_mode 3", "cell_on"]
EIS += [
    "meas_loop_eis f r i 10m 200k 100m 11i 0",
    "pck_start",
    "pck_add f",
    "pck_add r",
    "pck_add i",
    "pck_end",
]
EIS += ["endloop", *FINISH]


@pytest.fixture
def serial_rig(build_rig):
    return build_rig(
        description="serial",
        electrodes="reversible",
        cell={"salt_diffusivity_m2_s": 1e-8},
        ambient_k=330.0,
        oven={"ambient_drift_k": 0},
    )


@pytest.fixture
def port(serial_rig, connect):
    return connect(serial_rig, ADDRESS, read_termination="\n", timeout=120_000)


def send(port, letter, lines):
    port.write_raw("\n".join([letter, *lines, "", ""]).encode())


def run(port, lines):
    """Run a script and return its lines up to the empty one."""
    send(port, "e", lines)
    received = [port.read()]
    while received[-1] not in ("", "e"):
        received.append(port.read())
    return received


def decode(package):
    values = {}
    for variable in package[1:].split(";"):
        head, *metadata = variable.split(",")
        values[head[:2]] = (int(head[2:9], 16) - 0x8000000) * 10.0 ** EXPONENTS[head[9]]
        values[head[:2] + " metadata"] = metadata
    return values


def test_it_returns_its_identity_in_two_lines(port):
    assert port.query("t").startswith("tes4_hr")
    assert port.read() == "R*"
    assert port.query("v").startswith("v")


def test_synchronising_with_an_idle_instrument(port):
    port.write("")
    assert port.query("Z") == "Z!0006"


def test_a_polarisation_has_its_frame_and_its_current(serial_rig, port):
    lines = run(port, CA)
    assert lines[0] == "eM0007"
    assert lines[-2:] == ["*", ""]
    points = [decode(line) for line in lines[1:-2]]
    assert len(points) == 60
    assert points[0]["da"] == pytest.approx(0.01)
    expected_a = 0.01 * serial_rig.world.cell.electrochemistry.step_conductance_s(60.0, 330.0)
    assert points[-1]["ba"] == pytest.approx(expected_a, rel=0.01)
    assert points[-1]["ba metadata"][0] == "10"
    assert not serial_rig.world.terminals.connected


def test_a_spectrum_is_the_cells(serial_rig, port):
    lines = run(port, EIS)
    assert lines[0] == "eM000D"
    points = [decode(line) for line in lines[1:-2]]
    assert [points[0]["dc"], points[-1]["dc"]] == pytest.approx([2e5, 0.1], rel=1e-5)
    for point in points:
        true_ohm = serial_rig.world.cell.electrochemistry.impedance_ohm(point["dc"], 330.0)
        assert complex(point["cc"], point["cd"]) == pytest.approx(true_ohm, rel=0.03)


def test_a_script_that_cannot_be_loaded_touches_nothing(serial_rig, port):
    send(port, "l", ["cell_on", "brew coffee"])
    assert port.read() == "l!4001: Line 2, Col 1"
    assert not serial_rig.world.terminals.connected
    assert port.query("r") == "r!000C"


def test_a_loaded_script_runs_on_demand(port):
    send(port, "l", CA)
    assert port.read() == "l"
    assert port.query("r") == "rM0007"


def test_an_abort_closes_the_loop_and_finishes(serial_rig, clock, port):
    send(port, "e", CA)
    clock.sleep(10)
    port.write("Z")
    lines = [port.read()]
    while lines[-1] != "":
        lines.append(port.read())
    assert lines[-3:] == ["Z", "*", ""]
    assert not serial_rig.world.terminals.connected
    assert port.query("Z") == "Z!0006"


def test_a_run_time_error_leaves_the_cell_as_it_was(serial_rig, port):
    lines = run(port, ["var f", "var r", "var i", "set_pgstat_mode 2", "cell_on", *EIS[6:]])
    assert lines[0] == "e!0021: Line 6"
    assert serial_rig.world.terminals.connected


def test_the_open_circuit_needs_the_cell_off(port):
    ocp = ["var p", "cell_on", "meas_loop_ocp p 1 3", "pck_start", "pck_add p", "pck_end", "endloop", *FINISH]
    assert run(port, ocp)[0] == "e!0014: Line 3"
    ocp[1] = "cell_off"
    lines = run(port, ocp)
    assert lines[0] == "eM000B"
    assert len(lines) == 6
    assert decode(lines[1])["ab"] == pytest.approx(0, abs=1e-3)


def test_measuring_needs_the_cell_on(port):
    assert run(port, [line for line in CA if line != "cell_on"])[0] == "e!4027: Line 6"


def test_a_fixed_range_too_small_reports_overload(serial_rig, port):
    lines = run(port, [line if not line.startswith("set_auto") else "set_range ba 1n" for line in CA])
    assert decode(lines[5])["ba metadata"] == ["12", "203"]


def test_a_busy_instrument_refuses_another_script(port):
    send(port, "e", CA)
    assert port.read() == "eM0007"
    port.write("t")
    assert port.read() == "t!0006"


def test_an_unknown_letter_is_error_3(port):
    assert port.query("q") == "q!0003"


@pytest.mark.parametrize(("brief", "received"), [(False, b"e\n\n"), (True, b"e\n")])
def test_a_script_that_sends_nothing_still_ends(serial_rig, clock, port, brief, received):
    serial_rig.instruments[ADDRESS].brief_echo = brief
    send(port, "e", ["cell_off"])
    clock.sleep(1)
    assert port.read_bytes(port.bytes_in_buffer) == received


def test_a_stuck_stream_times_out(serial_rig, port):
    serial_rig.faults.add("timeout", command="script", skip=3, count=1000)
    port.timeout = 5000
    send(port, "e", CA)
    assert [port.read()[0] for _ in range(3)] == ["e", "P", "P"]
    with pytest.raises(pyvisa.VisaIOError):
        port.read()
