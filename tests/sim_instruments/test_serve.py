import json
import socket
import tomllib

import pytest
import pyvisa

from labctl.clock import RealClock, ScaledClock
from sim_instruments.serve import Server, serve


@pytest.fixture
def server():
    with Server({"seed": 1}, ScaledClock(50)) as server:
        yield server


@pytest.fixture
def manager():
    manager = pyvisa.ResourceManager("@py")
    yield manager
    manager.close()


def ask(server, **request):
    with socket.create_connection(("127.0.0.1", server.control.port), timeout=5) as channel:
        channel.sendall(json.dumps(request).encode() + b"\n")
        with channel.makefile() as lines:
            return json.loads(lines.readline())


def open_port(server, manager, name):
    address = next(outlet.address for outlet in server.outlets if outlet.name == name)
    return manager.open_resource(address, write_termination="\n", read_termination="\r\n", timeout=5000)


def test_instruments_answer_over_a_real_visa_transport(server, manager):
    oven = open_port(server, manager, "lakeshore336")
    assert oven.query("*IDN?").startswith("LSCI")
    fra = open_port(server, manager, "solartron1260")
    fra.write("OP2,1;SO1,3;VA0.1;SI")
    assert len(fra.read()) == 43


def test_the_control_channel_reports_the_true_state(server, manager):
    oven = open_port(server, manager, "lakeshore336")
    oven.write("SETP 1,350;RANGE 1,3")
    assert oven.query("RANGE? 1") == "3"
    state = ask(server, do="state")["result"]
    assert state["instruments"][server.outlets[0].address]["heater_range"] == 3
    at_rest = {"connected": False, "current_a": 0, "potential_v": 0.0, "seen_v": 0.0}
    assert state["terminals"] == at_rest
    assert state["oven"]["sample_k"] == pytest.approx(295.15, abs=5)


def test_faults_are_ordered_and_logged_from_outside(server, manager):
    oven = open_port(server, manager, "lakeshore336")
    assert ask(server, do="fault", kind="value", instrument="lakeshore336", command="KRDG", value="NaN")["ok"]
    assert oven.query("KRDG? A") == "NaN"
    assert [strike["kind"] for strike in ask(server, do="log")["result"]] == ["value"]
    assert oven.query("KRDG? A").startswith("+29")


@pytest.mark.parametrize(
    "request_",
    [{"do": "dance"}, {"do": "fault", "kind": "gremlin"}, {"do": "fault", "kind": "late", "instrument": "x"}],
)
def test_a_wrong_request_is_refused_with_the_reason(server, request_):
    reply = ask(server, **request_)
    assert not reply["ok"]
    assert reply["error"]


def test_a_second_process_can_take_over_from_one_that_hangs(server, manager):
    hung, rescuer = (open_port(server, manager, "lakeshore336") for _ in range(2))
    hung.write("SETP 1,400;RANGE 1,3")
    assert hung.query("RANGE? 1") == "3"
    rescuer.write("RANGE 1,0")
    assert rescuer.query("RANGE? 1") == "0"


def test_a_lost_connection_is_closed(server, manager):
    oven = open_port(server, manager, "lakeshore336")
    assert ask(server, do="fault", kind="lost", instrument="lakeshore336", command="KRDG", duration_s=20)[
        "ok"
    ]
    oven.timeout = 1000
    with pytest.raises((pyvisa.VisaIOError, OSError)):
        oven.query("KRDG? A")
    with pytest.raises((pyvisa.VisaIOError, OSError)):
        oven.query("RANGE? 1")


def test_the_station_file_that_is_printed_works(server, tmp_path):
    from labctl.config.station import read_station

    path = tmp_path / "station.toml"
    path.write_text(server.station_toml())
    assert set(tomllib.loads(path.read_text())["instruments"]) == {
        "lakeshore336",
        "solartron1260",
        "solartron1287",
    }
    with read_station(path).open(ScaledClock(50)) as bench:
        assert bench.oven.temperature_k == pytest.approx(295, abs=5)


def test_every_model_has_a_driver_that_can_be_imported_for_its_station_file():
    import importlib

    from sim_instruments.rig import MODELS
    from sim_instruments.stand_ins import DRIVERS

    assert set(DRIVERS) == set(MODELS)
    for reference, roles in DRIVERS.values():
        module, name = reference.split(":")
        assert isinstance(getattr(importlib.import_module(module), name), type)
        assert roles or reference == "drivers.keithley6514:Keithley6514", "a partner has no role"


def test_serving_stops_on_request():
    printed = []
    import threading

    ready = threading.Event()

    def announce(text):
        printed.append(text)
        ready.set()

    thread = threading.Thread(target=serve, args=({}, RealClock()), kwargs={"announce": announce})
    thread.start()
    assert ready.wait(10)
    port = int(printed[0].split("127.0.0.1:")[1].split(",")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as channel:
        channel.sendall(b'{"do": "stop"}\n')
        assert channel.recv(100).startswith(b'{"ok": true')
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_wrong_options_are_refused_before_a_port_is_held():
    with pytest.raises(TypeError, match="colour"):
        Server({"colour": "red"}, RealClock())


def test_a_port_that_is_taken_is_an_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="use"):
            Server({}, RealClock(), first_port=taken.getsockname()[1])


def test_the_station_of_a_served_switch_names_its_cells_and_their_thermometers(tmp_path):
    from labctl.config.station import read_station

    with Server({"description": "switch"}, ScaledClock(50)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml())
        station = read_station(tmp_path / "station.toml")
        assert {name: cell.thermometer for name, cell in station.cells.items()} == {
            "A": "keithley2000",
            "B": "keithley2000_2",
            "C": "lakeshore336",
            "D": "lakeshore336",
        }
        with station.open(ScaledClock(50)) as bench:
            for name in station.cells:
                with bench.connected(name):
                    assert server.rig.world.cell.connected == (name,)
                assert server.rig.world.cell.connected == ()
