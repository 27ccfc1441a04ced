"""User-defined stand-ins: a YAML file of pyvisa-sim as the instruments of a rig."""

from pathlib import Path

import pytest

from labctl.clock import VirtualClock
from sim_instruments.rig import build, instruments_of
from sim_instruments.stand_ins import MODELS

FILE = """\
spec: "1.1"
devices:
  oven:
    eom:
      GPIB INSTR: {q: "\\n", r: "\\n"}
    error: "what?"
    dialogues:
      - {q: "*IDN?", r: "ACME,OVEN,0,1"}
    properties:
      setpoint:
        default: 25.0
        getter: {q: "SETP?", r: "{:.2f}"}
        setter: {q: "SETP {}", r: "OK"}
        specs: {type: float, min: -40, max: 200}
      heating:
        default: 0
        getter: {q: "HEAT?", r: "{:d}"}
        setter: {q: "HEAT {}"}
        specs: {type: int}
    wire: {energised: [heating]}
resources:
  GPIB0::1::INSTR: {device: oven}
"""
ADDRESS = "GPIB0::1::INSTR"


@pytest.fixture
def oven_file(tmp_path):
    def write(text=FILE):
        path = tmp_path / "oven.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def oven(build_rig, connect, oven_file):
    rig = build_rig(description=oven_file())
    return rig, connect(rig, ADDRESS, timeout=1000)


def test_its_properties_keep_written_values_and_its_dialogues_reply(oven):
    rig, port = oven
    assert port.query("*IDN?") == "ACME,OVEN,0,1"
    assert port.query("SETP 60") == "OK"
    assert (port.query("SETP?"), rig.instruments[ADDRESS].setpoint) == ("60.00", 60.0)


def test_invalid_and_refused_messages_get_the_error_reply_of_the_file(oven):
    _, port = oven
    assert port.query("COFFEE") == "what?"
    assert port.query("SETP 900") == "what?"
    assert port.query("SETP?") == "25.00"


def test_the_file_names_the_properties_that_energise(oven):
    rig, port = oven
    model = rig.instruments[ADDRESS]
    assert model.energised is False
    port.write("HEAT 1")
    assert model.energised is True
    model.reset()
    assert model.energised is False


def test_without_energising_properties_the_state_is_unknown(build_rig, oven_file):
    rig = build_rig(description=oven_file(FILE.replace("    wire: {energised: [heating]}\n", "")))
    assert rig.instruments[ADDRESS].energised is None


def test_the_faults_of_the_rig_fall_on_it(oven):
    rig, port = oven
    rig.faults.add("value", instrument=ADDRESS, command="SETP", value="HELLO")
    assert port.query("SETP?") == "HELLO"
    assert port.query("SETP?") == "25.00"


def test_its_devices_can_be_listed_without_building_it(oven_file):
    assert instruments_of({"description": str(oven_file())}) == {ADDRESS: "oven"}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("energised: [heating]", "energised: [cooling]", "cooling"),
        ("      heating:", "      reset:", "reset"),
        ("{device: oven}", "{device: stove}", "stove"),
        ("resources:\n  GPIB0::1::INSTR: {device: oven}", "resources: {}", "no resources"),
        ("    dialogues:", "    channels: {a: {}}\n    dialogues:", "channels"),
        ('spec: "1.1"', "spec: [", "not a YAML file"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(oven_file, old, new, named):
    assert old in FILE
    path = oven_file(FILE.replace(old, new))
    with pytest.raises(ValueError, match=named):
        build(VirtualClock(), description=path)


def test_every_stand_in_is_named_in_the_documentation():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "test-with-the-simulated-rig.md"
    text = page.read_text(encoding="utf-8")
    assert not [name for name in MODELS if f"`{name}`" not in text]


FRAMES = """\
spec: "1.1"
devices:
  meter:
    eom:
      ASRL INSTR: {q: "", r: ""}
    wire: {framer: FRAMER, model: "MODEL"}
resources:
  ASRL3::INSTR: {device: meter}
"""


@pytest.mark.parametrize(
    ("framer", "model", "named"),
    [
        ("frames", "nowhere_at_all:Meter", "nowhere_at_all"),
        ("frames", "pathlib:Path", "OwnModel"),
        ("frames", "pathlib", "cannot be imported"),
        ("telegrams", "sim_instruments.own_model:OwnModel", "telegrams"),
    ],
)
def test_a_stand_in_that_cannot_be_made_is_named(tmp_path, monkeypatch, framer, model, named):
    monkeypatch.setattr("sim_instruments.own_model.OwnModel.reset", lambda self: None)
    path = tmp_path / "meter.yaml"
    path.write_text(FRAMES.replace("FRAMER", framer).replace("MODEL", model), encoding="utf-8")
    with pytest.raises(ValueError, match=named):
        build(VirtualClock(), description=path)
