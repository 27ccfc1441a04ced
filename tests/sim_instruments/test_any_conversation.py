"""Arbitrary messages to an instrument cause neither an exception nor a reply to another query."""

import re
import struct

import pytest
import pyvisa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyvisa.constants import BufferOperation, Parity, SerialTermination

from labctl.clock import VirtualClock
from sim_instruments.rig import build
from sim_instruments.wire.modbus import sealed

IDENTITIES = {
    "lakeshore336": ("*IDN?", "LSCI,MODEL336"),
    "solartron1260": ("*IDN?", "SCHLUMBERGER TECHNOLOGIES, 1260"),
    "solartron1287": ("?VN", "1287"),
    "keithley2450": ("*IDN?", "MODEL 2450"),
    "keithley2400": ("*IDN?", "MODEL 2400"),
    "keithley6517b": ("*IDN?", "MODEL 6517B"),
    "agilent4294a": ("*IDN?", "4294A"),
    "keithley2000": ("*IDN?", "MODEL 2000"),
    "keysight_e4980a": ("*IDN?", "E4980A"),
    "keysight_e4990a": ("*IDN?", "E4990A"),
    "julabo": ("VERSION", "CF31"),
    "temptronic_ats": ("*IDN?", "ATS-545"),
    "thermotron3800": ("IDEN?", "3800"),
}
ANSWERING_LATER = re.compile(r"SI|RE|DO|\*IDN|\*TRG|IN_|STATUS|VERSION", re.IGNORECASE)
BREAKS = {"solartron1260": "BK", "solartron1287": "BK0"}
EXAMPLES = settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

NUMBERS = st.one_of(
    st.integers(-5, 12).map(str),
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(["1E5", "0.1", "+3.0E-03", "-0", "1e400", "nan", ""]),
)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters=";"), max_size=12)
HOLE = re.compile(r"\{\w*\}")


LINKS = {
    "julabo": (
        "ASRL5::INSTR",
        {"write_termination": "\r", "baud_rate": 4800, "data_bits": 7, "parity": Parity.even},
    )
}
"""Address and settings, where they are not those of a GPIB instrument."""


def open_port(rig, address, **settings_):
    settings_ = {"write_termination": "\n", "read_termination": "\n", "timeout": 3000, **settings_}
    return pyvisa.ResourceManager(rig.visa_library).open_resource(address, **settings_)


def message_from(template, fillings):
    fill = iter(fillings)
    return HOLE.sub(lambda hole: next(fill, "1"), template)


def conversations(name):
    """Lists of messages: templates of the instrument filled with random values, and free text."""
    address, _ = LINKS.get(name, ("GPIB0::2::INSTR", {}))
    rig = build(VirtualClock(), instruments={address: name})
    templates = rig.devices[address].grammar.templates
    legal = st.builds(
        message_from, st.sampled_from(templates), st.lists(st.one_of(NUMBERS, TEXT), max_size=6)
    )
    return st.lists(st.one_of(legal, TEXT), max_size=12)


@pytest.mark.parametrize("name", sorted(IDENTITIES))
def test_text_instruments_survive_and_stay_in_step(name):
    question, identity = IDENTITIES[name]
    address, link = LINKS.get(name, ("GPIB0::2::INSTR", {}))

    @EXAMPLES
    @given(conversations(name))
    def talk(messages):
        rig = build(VirtualClock(), instruments={address: name})
        port = open_port(rig, address, **link)
        for message in messages:
            port.write(message)
            if "?" in message:
                try:
                    port.read()
                except pyvisa.VisaIOError:
                    continue
            if ANSWERING_LATER.search(message):
                port.write(BREAKS.get(name, "*CLS"))
                port.clear()
        rig.world.clock.sleep(5)
        if address.startswith("ASRL"):
            port.clear()  # what was on its way when the line was cleared before has come all the same
        assert identity in port.query(question)

    talk()


@EXAMPLES
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20), st.binary(min_size=2, max_size=9).map(lambda b: sealed(b"\x01" + b))
        )
    )
)
def test_a_modbus_instrument_survives_and_stays_in_step(frames):
    rig = build(VirtualClock(), description="serial")
    port = open_port(
        rig,
        "ASRL4::INSTR",
        read_termination=None,
        write_termination="",
        end_input=SerialTermination.none,
    )
    for frame in frames:
        port.write_raw(frame)
        rig.world.clock.sleep(0.5)
    rig.world.clock.sleep(6)
    port.flush(BufferOperation.discard_read_buffer)
    port.write_raw(sealed(struct.pack(">BBHH", 1, 3, 525, 1)))
    assert port.read_bytes(7) == sealed(b"\x01\x03\x02\x00\x01")


SCRIPT_LINES = """var p|var c|cell_on|cell_off|set_e 10m|set_e 900|set_e 0.1|set_pgstat_mode 3|pck_start
pck_end|pck_add p|endloop|on_finished:|meas_loop_ca p c 10m 1 5|meas_loop_ca p c 1 0 5|meas_loop_ocp p 1 3
meas_loop_eis p c p 10m 1k 10 3i 0|meas_loop_eis p c p 10m 1k 10 9G 0||Z|e|l|r|t|v|h|set_range ba 1u
set_autoranging ba 1n 1m|wait 100m""".replace("\n", "|").split("|")
WORDS = st.sampled_from(SCRIPT_LINES)


@EXAMPLES
@given(st.lists(st.one_of(WORDS, TEXT), max_size=25))
def test_a_script_instrument_survives_and_can_be_brought_back_in_step(lines):
    rig = build(VirtualClock(), description="serial")
    port = open_port(rig, "ASRL3::INSTR", read_termination="\n")
    for line in lines:
        port.write(line)
        rig.world.clock.sleep(0.2)
    port.write("")
    rig.world.clock.sleep(0.2)
    port.write("Z")
    rig.world.clock.sleep(1.0)
    port.flush(BufferOperation.discard_read_buffer)
    assert port.query("v") == "v0105"
