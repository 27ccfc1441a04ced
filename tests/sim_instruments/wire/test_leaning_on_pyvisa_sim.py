"""Internals of pyvisa-sim used by the rig. A failure here means that a new version has changed them."""

from inspect import signature

import pyvisa_sim
from pyvisa_sim import component, devices, highlevel, parser
from pyvisa_sim.sessions import session


def test_the_installed_version_is_the_tested_one():
    assert pyvisa_sim.__version__.startswith("0.7.")


def test_devices_keep_their_terminators_and_input_where_they_were():
    device = devices.Device("x", b";")
    device.add_eom("GPIB INSTR", "\n", "\r\n")
    device.resource_name = "GPIB0::1::INSTR"
    assert (device._query_eom, device._response_eom) == (b"\n", b"\r\n")
    assert device._input_buffer == bytearray()
    assert list(signature(devices.Device.write).parameters) == ["self", "data"]


def test_the_table_of_devices_is_indexed_by_canonical_name():
    table, device = devices.Devices(), devices.Device("x", b";")
    table.add_device("GPIB0::1::INSTR", device)
    assert table["GPIB0::1::INSTR"] is device
    assert table.list_resources() == ("GPIB0::1::INSTR",)


def test_properties_validate_and_ask_for_their_first_value():
    names = list(signature(component.Property.__init__).parameters)
    assert names == ["self", "name", "value", "specs"]
    checked = component.Property("p", "1", {"type": "float", "max": "2"})
    assert checked.get_value() == 1.0
    assert {"init_value", "set_value", "validate_value"} <= set(dir(component.Property))


def test_the_loader_reads_a_file_into_a_dictionary(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text('spec: "1.1"\ndevices:\n  x: {a: 1}\n')
    assert parser.Loader(str(path), bundled=False).data["devices"]["x"] == {"a": "1"}


def test_the_library_dispatches_to_sessions():
    assert {"_init", "_register", "open", "read", "write"} <= set(vars(highlevel.SimVisaLibrary))
    assert {"after_parsing", "get_attribute", "session_type"} <= set(dir(session.Session)) | {"session_type"}
