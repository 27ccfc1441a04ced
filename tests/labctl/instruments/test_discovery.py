import pytest
import pyvisa

from labctl.clock import VirtualClock
from labctl.instruments import discovery
from labctl.instruments.discovery import ask_everybody
from labctl.instruments.locks import hardware_locks
from sim_instruments.rig import build
from sim_instruments.stand_ins import DRIVERS

SERIAL = (
    "lakeshore336", "eurotherm2400", "eurotherm3200", "julabo", "julabo_fl", "huber", "linkam_t95",
    "oxford_itc503", "emstat4", "emstat_pico", "nexus",
)  # fmt: skip


def found_at(model, address, serial=True):
    rig = build(VirtualClock(), instruments={address: model})
    manager = pyvisa.ResourceManager(rig.visa_library)
    try:
        (entry,) = ask_everybody(manager, rig.visa_library, serial)
    finally:
        rig.close()
    return entry


@pytest.mark.parametrize("model", SERIAL)
def test_on_a_serial_port_every_instrument_is_asked_in_its_own_words(model):
    entry = found_at(model, "ASRL3::INSTR")
    assert DRIVERS[model][0] in [match["driver"] for match in entry["drivers"]]


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
