"""The JSON Schemas know the keys, ranges and choices of the readers, and no others."""

import json
import math
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.config.archive_settings import read_archive
from labctl.config.night import read_night
from labctl.config.offered_procedures import shipped
from labctl.config.protocol import parse_protocol
from labctl.config.report_settings import read_report
from labctl.config.station import read_station
from labctl.config.station_schema import station_schema
from labctl.config.table import Table
from labctl.measure.protocol_schema import protocol_schema

ROOT = Path(__file__).parents[3]
BEGINNING = """
name = "rig"
visa_library = "@py"
speed = 1.0
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.eurotherm:Eurotherm3216"
address = "ASRL/dev/ttyUSB0::INSTR"
roles = ["oven"]
[instruments.oven.connection]
baud_rate = 9600
data_bits = 8
parity = "none"
stop_bits = 1
flow_control = "none"
settle_s = 0
echo = false
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
connection = {read_termination = "\\n", write_termination = "\\n"}
[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6::INSTR"
roles = ["potentiostat"]
with = "analyser"
settings = { standard_resistor_ohm = 1000 }
"""
STATIONS = {
    "everything": """
[cells.A]
fra = "analyser"
potentiostat = "cell"
lead_ohm = 0.1
lead_uncertainty_ohm = 0.01
[accuracy.thermometer]
class = "PT100 A wire"
[accuracy.analyser]
gain = 0.001
phase_deg = 0.1
source = "certificate"
date = 2026-03-02
valid_until = 2027-03-02
[accuracy.potentiostat]
current_gain = 0.0005
current_zero_a = 1e-9
potential_gain = 0.0002
potential_zero_v = 3e-4
source = "data sheet"
[accuracy.sample_temperature]
offset_k = 0.5
uncertainty_k = 0.2
source = "second sensor"
[check]
largest_deviation = 0.01
[check.resistor]
resistance_ohm = 1e4
resistance_uncertainty_ohm = 1.0
source = "certificate"
[check.cell]
resistance_ohm = 1e4
resistance_uncertainty_ohm = 1.0
capacitance_f = 1e-9
capacitance_uncertainty_f = 1e-11
source = "certificate"
[instruments.meter]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::16::INSTR"
roles = ["monitor"]
[[night.interlocks.reading]]
instrument = "meter"
quantity = "potential_v"
highest = 1.0
[night.notify]
[report]
folder = "pages"
[archive]
to = "archive"
""",
    "ranges": """
[check]
frequency_hz = [1, 1e5]
[check.resistor]
resistance_ohm = 1e4
resistance_uncertainty_ohm = 1.0
source = "certificate"
[accuracy.thermometer]
offset_uncertainty_k = 0.1
thermocouple = "K"
source = "certificate"
[[accuracy.analyser.range]]
frequency_hz = [1, 1e5]
impedance_ohm = [1, 1e5]
gain = 0.001
[accuracy.analyser]
source = "chart"
[[accuracy.potentiostat.range]]
up_to_a = 1
gain = 0.001
zero_a = 1e-9
[accuracy.potentiostat]
source = "chart"
[simulation]
clock = "virtual"
""",
}  # fmt: skip
SAMPLE = """
name = "pellet"
thickness_mm = 1.0
thickness_after_mm = 1.0
thickness_after_uncertainty_mm = 0.01
thermal_expansion_per_k = 1e-5
pellet_diameter_mm = 10.0
potential_max_v = 1.0
current_max_a = 1.0
lead_ohm = 1.0
"""
PROCEDURE = '\n[[procedure]]\nuse = "procedures.eis:EIS"\n'
PROTOCOLS = {
    "diameter": f"title = 'a'\n[sample]\n{SAMPLE}diameter_mm = 10\n{PROCEDURE}",
    "area": f"[[sample]]\ncell = 'A'\n{SAMPLE}area_cm2 = 0.7\n{PROCEDURE}cells = ['A']\n",
    "blocks": f"[sample]\n{SAMPLE}diameter_mm = 10\n[[procedure]]\nrepeat = 2\n"
    + PROCEDURE.replace("procedure", "procedure.procedure", 1),
}


class Asked(dict):
    """What the readers ask a file for: ends and choices by place, e.g. `limits.current_a`."""

    def note(self, table, key, **about):
        place = re.sub(r"\[\d+\]", "", f"{table.path}{key}")
        place = re.sub(r"^(instruments|cells)\.\w+", r"\1.*", place)
        place = re.sub(r"^(procedure\.)+", "procedure.", place)
        self.setdefault(place, {}).update(about)


@pytest.fixture
def asked(monkeypatch):
    asked = Asked()
    take, number, text = Table.take, Table.number, Table.text

    def taking(self, key, *rest):
        asked.note(self, key)
        return take(self, key, *rest)

    def reading(self, key, default=math.nan, minimum=-math.inf, maximum=math.inf):
        asked.note(self, key, minimum=minimum, maximum=maximum)
        given = () if isinstance(default, float) and math.isnan(default) else (default,)
        return number(self, key, *given, minimum=minimum, maximum=maximum)

    def spelling(self, key, *rest, choices=(), **named):
        asked.note(self, key, choices=set(choices))
        return text(self, key, *rest, choices=choices, **named)

    monkeypatch.setattr(Table, "take", taking)
    monkeypatch.setattr(Table, "number", reading)
    monkeypatch.setattr(Table, "text", spelling)
    return asked


def keys_of(schema, definitions, place=""):
    """Every key of a schema by its place, with its schema; a name that a person chooses is `*`."""
    if "$ref" in schema:
        if place.startswith("procedure.procedure."):
            return {}
        schema = definitions["entry"]
    found = {}
    for key, inner in schema.get("properties", {}).items():
        found[f"{place}{key}"] = inner
        found |= keys_of(inner, definitions, f"{place}{key}.")
    for inner in (*schema.get("anyOf", ()), schema.get("items")):
        found |= keys_of(inner, definitions, place) if inner else {}
    named = schema.get("additionalProperties")
    if named:
        of_name = "" if place.startswith("accuracy") else "*."
        found |= keys_of(named, definitions, f"{place}{of_name}")
        found |= {f"{place}*": named} if of_name else {}
    return found


def compare(asked, schema):
    known = keys_of(schema, schema.get("definitions", {}))
    assert set(asked) - set(known) == set(), "keys that a reader asks for and the schema has not"
    assert set(known) - set(asked) == set(), "keys of the schema that no reader asks for"
    for place, about in asked.items():
        for end in ("minimum", "maximum"):
            if math.isfinite(about.get(end, math.inf)):
                assert known[place].get(end) == about[end], f"{place}: {end}"
        if about.get("choices"):
            assert set(known[place]["enum"]) == about["choices"], place


def test_the_schema_of_a_station_has_the_keys_ranges_and_choices_of_its_readers(asked, tmp_path):
    (tmp_path / "station.toml").write_text(BEGINNING + STATIONS["everything"], encoding="utf-8")
    station = read_station(tmp_path / "station.toml")
    for read in (read_night, read_report, read_archive):
        read(station)
    (tmp_path / "other.toml").write_text(BEGINNING + STATIONS["ranges"], encoding="utf-8")
    read_station(tmp_path / "other.toml")
    compare(asked, station_schema())


def test_the_schema_of_a_protocol_has_the_keys_ranges_and_choices_of_its_readers(asked):
    for name, text in PROTOCOLS.items():
        parse_protocol(text, name)
    compare(asked, protocol_schema())


@pytest.mark.parametrize("name", STATIONS)
def test_a_station_that_labctl_reads_is_right_by_the_schema(name):
    jsonschema.validate(tomllib.loads(BEGINNING + STATIONS[name]), station_schema())


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_that_labctl_reads_is_right_by_the_schema(name):
    jsonschema.validate(tomllib.loads(PROTOCOLS[name]), protocol_schema())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("current_a = 0.1", "curent_a = 0.1"),
        ('roles = ["fra"]', 'roles = ["frq"]'),
        ('parity = "none"', 'parity = "no"'),
        ("speed = 1.0", "speed = 0"),
        ('address = "GPIB0::4::INSTR"', ""),
    ],
)
def test_a_wrong_station_is_wrong_by_the_schema(right, wrong):
    assert right in BEGINNING
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(BEGINNING.replace(right, wrong)), station_schema())


def test_parameters_of_every_shipped_procedure_are_in_the_schema_of_a_protocol():
    for offered in shipped():
        known = {"use": offered.reference}
        sample = {"name": "a", "thickness_mm": 1, "diameter_mm": 10}
        jsonschema.validate({"sample": sample, "procedure": [known]}, protocol_schema())
        for wrong in (known | {"nonsense": 1}, known | {"dwell_min": "long"} | {"repeat": 0}):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate({"sample": sample, "procedure": [wrong]}, protocol_schema())


def test_a_procedure_of_ones_own_may_have_any_parameter():
    sample = {"name": "a", "thickness_mm": 1, "diameter_mm": 10}
    own = {"use": "ageing:Ageing", "patience": 3}
    jsonschema.validate({"sample": sample, "procedure": [own]}, protocol_schema())


def test_the_protocols_and_stations_of_the_pages_are_right_by_the_schemas():
    seen = 0
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S):
            content = tomllib.loads(block)
            schema = station_schema() if "limits" in content else protocol_schema()
            sample = content.get("sample", {})
            is_whole = isinstance(sample, str | list) or "name" in sample
            if "limits" in content or ("procedure" in content and is_whole):
                jsonschema.validate(content, schema)
                seen += 1
    assert seen > 5


@pytest.mark.parametrize("kind", ["station", "protocol"])
def test_the_command_writes_a_schema_and_names_the_line_for_the_editor(kind, tmp_path):
    file = tmp_path / f"{kind}.schema.json"
    done = CliRunner().invoke(labctl.cli.app, ["schema", kind, "--output", str(file)])
    assert f"#:schema ./{kind}.schema.json" in done.output
    jsonschema.Draft7Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))
    printed = CliRunner().invoke(labctl.cli.app, ["schema", kind]).output
    assert json.loads(printed) == json.loads(file.read_text(encoding="utf-8"))
