import socket
import threading
from contextlib import closing, contextmanager, suppress
from unittest.mock import patch

import pytest
import pyvisa

from labctl.cli.instruments import station_text
from labctl.clock import VirtualClock
from labctl.instruments import discovery
from labctl.instruments.discovery import ask_everybody, matching_drivers
from labctl.instruments.locks import hardware_locks
from sim_instruments.rig import build
from sim_instruments.stand_ins import DRIVERS

SERIAL = (
    "lakeshore336", "eurotherm2200", "eurotherm2400", "eurotherm3200", "eurotherm3216", "omron_e5c",
    "julabo", "julabo_fl", "huber", "linkam_t95", "oxford_itc503", "emstat4", "emstat_pico", "nexus",
)  # fmt: skip


def found_at(model, address, serial=True):
    clock = VirtualClock()
    rig = build(clock, instruments={address: model})
    manager = pyvisa.ResourceManager(rig.visa_library)
    try:
        with (
            patch.object(discovery, "RealClock", lambda: clock),
            patch.object(manager, "list_resources", lambda: rig.visa_library.devices.list_resources()),
        ):
            (entry,) = ask_everybody(manager, rig.visa_library, serial)
    finally:
        rig.close()
    return entry


@pytest.mark.parametrize("model", SERIAL)
def test_on_a_serial_port_every_instrument_is_asked_in_its_own_words(model):
    entry = found_at(model, "ASRL3::INSTR")
    assert DRIVERS[model][0] in [match["driver"] for match in entry["drivers"]]


def test_a_2200_is_known_by_its_type_code_and_a_2400_is_none():
    matches = {}
    for model in ("eurotherm2200", "eurotherm2400"):
        entry = found_at(model, "ASRL3::INSTR")
        matches[model] = [match["driver"].rpartition(":")[2] for match in entry["drivers"]]
    assert matches["eurotherm2200"] == ["Eurotherm2200"]
    assert "Eurotherm2400" in matches["eurotherm2400"]
    assert "Eurotherm2200" not in matches["eurotherm2400"]


def test_a_nanodac_is_found_at_its_socket_and_is_not_looked_for_on_a_serial_port(monkeypatch):
    entry = found_at("nanodac", "TCPIP0::192.168.0.40::502::SOCKET")
    assert [match["driver"] for match in entry["drivers"]] == ["drivers.nanodac:Nanodac"]
    asked = []
    monkeypatch.setattr(discovery, "_answer_to", lambda driver, *where: asked.append(driver.__name__) or "")
    found_at("nanodac", "ASRL3::INSTR")
    assert "Eurotherm2200" in asked
    assert "Nanodac" not in asked


@pytest.mark.parametrize("model", ["oxford_mercury", "temptronic_ats", "oxford_itc503", "keithley2450"])
def test_on_gpib_those_without_the_common_question_are_found_too(model):
    entry = found_at(model, "GPIB0::8::INSTR")
    assert [match["driver"] for match in entry["drivers"]] == [DRIVERS[model][0]]


def test_a_serial_port_is_left_alone_unless_wished():
    entry = found_at("julabo", "ASRL3::INSTR", serial=False)
    assert (entry["identity"], entry["asked"]) == ("", False)


def test_one_that_says_nothing_of_itself_is_no_driver_s():
    entry = found_at("solartron1287", "GPIB0::6::INSTR")
    assert entry["drivers"] == []


def test_on_a_bus_no_frames_of_bytes_are_sent(monkeypatch):
    asked = []
    monkeypatch.setattr(discovery, "_common_answer", lambda *where: "")
    monkeypatch.setattr(discovery, "_answer_to", lambda driver, *where: asked.append(driver.__name__) or "")
    found_at("solartron1287", "GPIB0::6::INSTR")
    assert "JulaboCF" in asked
    assert not {"Eurotherm2400", "LinkamT95", "Huber", "EmStatPico"} & set(asked)


def test_an_instrument_that_another_program_talks_to_is_not_asked(monkeypatch):
    monkeypatch.setattr(discovery, "is_simulated_here", lambda library: False)
    with hardware_locks(["COM3"], "job 3 'series'"):
        entry = found_at("julabo", "ASRL3::INSTR")
    assert (entry["identity"], entry["asked"]) == ("", False)
    assert "for job 3 'series'" in entry["in_use"]
    assert found_at("julabo", "ASRL3::INSTR")["in_use"] == ""


GIVES_UP_AFTER_S = 20.0
"""The dripping device stops then: without a deadline the test fails instead of hanging."""


@contextmanager
def dripping_device():
    """A socket on which bytes keep coming without an end; yields its address, and whether it stopped."""
    stopped = threading.Event()

    def drip(line):
        with line, suppress(OSError):
            while not stopped.wait(0.05):
                line.sendall(b"x")

    def serve():
        with suppress(OSError):
            while not stopped.is_set():
                threading.Thread(target=drip, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        gives_up = threading.Timer(GIVES_UP_AFTER_S, stopped.set)
        gives_up.start()
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"TCPIP0::127.0.0.1::{listening.getsockname()[1]}::SOCKET", stopped
        finally:
            stopped.set()
            gives_up.cancel()


def test_a_device_that_drips_bytes_is_given_up_while_it_still_drips(monkeypatch):
    monkeypatch.setattr(discovery, "ANSWERED_WITHIN_S", 0.2)
    manager = pyvisa.ResourceManager("@py")
    with dripping_device() as (address, stopped), closing(manager):
        monkeypatch.setattr(manager, "list_resources", lambda: (address,))
        (entry,) = ask_everybody(manager, manager.visalib, serial=False)
        assert not stopped.is_set()
    assert (entry["identity"], entry["drivers"], entry["asked"]) == ("", [], True)


def test_a_partner_that_fills_no_role_alone_is_known_and_noted_in_the_station_file():
    identity = "KEITHLEY INSTRUMENTS INC.,MODEL 6514,1234567,A10"
    matches = matching_drivers(identity)
    assert matches == [{"driver": "drivers.keithley6514:Keithley6514", "roles": []}]
    found = {"address": "GPIB0::14::INSTR", "identity": identity, "drivers": matches}
    text = station_text([found], "")
    assert '# driver = "drivers.keithley6514:Keithley6514"' in text
    assert "# roles = []  # another works `with` it" in text
