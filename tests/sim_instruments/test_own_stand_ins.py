"""User-defined stand-ins: a YAML file of pyvisa-sim as the instruments of a rig."""

import sys
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


MODEL = """\
from dataclasses import dataclass
from sim_instruments.own_model import OwnModel
import frames_of_ours


class Meter(OwnModel):
    told = frames_of_ours.TOLD

    def reset(self):
        pass
"""


@pytest.fixture
def meter(tmp_path):
    """Write a folder with a stand-in, its model and a module that the model imports."""

    def write(folder, told, model=MODEL):
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / "meter.yaml"
        text = FRAMES.replace("FRAMER", "frames").replace("MODEL", "meter_model_of_ours:Meter")
        path.write_text(text, encoding="utf-8")
        (path.parent / "meter_model_of_ours.py").write_text(model, encoding="utf-8")
        (path.parent / "frames_of_ours.py").write_text(f"TOLD = {told}", encoding="utf-8")
        return path

    return write


def told(path):
    return build(VirtualClock(), description=path).instruments["ASRL3::INSTR"].told


def test_models_of_one_name_in_two_folders_are_two(meter):
    one, two = meter("one", 1), meter("two", 2)
    assert [told(one), told(two), told(one)] == [1, 2, 1]
    assert {"meter_model_of_ours", "frames_of_ours"}.isdisjoint(sys.modules)
    assert not [place for place in sys.path if place in (str(one.parent), str(two.parent))]


def test_an_edited_model_is_loaded_anew(meter):
    assert told(meter("one", 1)) == 1
    assert told(meter("one", "100")) == 100


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = (", "SyntaxError"),
        ("import no_such_thing", "no_such_thing"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_one_error(meter, model, named):
    with pytest.raises(ValueError, match=named):
        told(meter("one", 1, model))


def test_a_model_may_be_given_for_one_address_of_a_rig(meter):
    rig = build(VirtualClock(), instruments={"ASRL7::INSTR": str(meter("one", 5)), "ASRL1": "huber"})
    assert rig.instruments["ASRL7::INSTR"].told == 5
    assert set(rig.instruments) == {"ASRL1::INSTR", "ASRL7::INSTR"}


def test_a_file_with_several_resources_must_have_the_address(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text(FILE + "  GPIB0::2::INSTR: {device: oven}\n", encoding="utf-8")
    assert build(VirtualClock(), instruments={"GPIB0::2": str(path)}).instruments
    with pytest.raises(ValueError, match="there is no resource GPIB0::7::INSTR; there are GPIB0::1::INSTR"):
        build(VirtualClock(), instruments={"GPIB0::7::INSTR": str(path)})
