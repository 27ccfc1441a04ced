"""`labctl procedures`: what a protocol may use, and what each of its keys accepts."""

import json

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.config.offered_procedures import shipped
from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError, InvalidRequest
from labctl.measure.parameter_facts import procedure_files

SAMPLE = '[sample]\nname = "a"\nthickness_mm = 1.0\ndiameter_mm = 10.0\n'


@pytest.fixture
def asked(tmp_path):
    """Ask beside a station file in an empty folder."""

    def ask(*arguments):
        environment = {"LABCTL_STATION": str(tmp_path / "station.toml"), "COLUMNS": "160"}
        result = CliRunner().invoke(app, ["procedures", *arguments], env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return ask


def test_every_shipped_procedure_is_listed_with_its_summary(asked):
    listed = asked()
    for offered in shipped():
        assert f"{offered.title:22} " in listed
    assert "Impedance spectra at a list of temperatures" in listed


REFERENCE = "procedures.bruce_vincent:BruceVincent"


@pytest.mark.parametrize("name", ["BruceVincent", "brucevincent", "bruce_vincent", REFERENCE])
def test_a_procedure_is_found_by_class_module_or_reference(asked, name):
    shown = asked(name)
    assert f'use = "{REFERENCE}"' in shown
    assert "delta_v_v" in shown
    assert "0.001 to 0.05" in shown


def protocol_with(facts, values):
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return parse_protocol(f'{SAMPLE}[[procedure]]\nuse = "{facts["use"]}"\n{lines}', "series.toml")


@pytest.mark.parametrize("offered", shipped(), ids=lambda offered: offered.title)
def test_the_defaults_that_are_shown_are_accepted_and_more_than_the_range_is_not(asked, offered):
    (facts,) = json.loads(asked(offered.reference, "--json"))
    defaults = {p["key"]: p["default"] for p in facts["parameters"] if p["default"] is not None}
    assert dict(protocol_with(facts, defaults).procedures[0].parameters) == defaults
    for parameter in facts["parameters"]:
        if parameter["maximum"] is not None and not isinstance(parameter["default"], list):
            with pytest.raises(ConfigurationError, match=f"[.]{parameter['key']}: .*above what is possible"):
                protocol_with(facts, {parameter["key"]: parameter["maximum"] * 2 + 1})


def test_own_procedures_are_named_unexecuted_and_shown_when_asked_for(asked, tmp_path):
    CliRunner().invoke(app, ["new", "procedure", "AgeingWatch", "--folder", str(tmp_path)])
    (tmp_path / "deletes_all.py").write_text("raise SystemExit('executed')\nclass A(Procedure): ...\n")
    (tmp_path / "notes.py").write_text("class NotAProcedure: ...\n")
    (tmp_path / "broken.py").write_text("class (")
    listed = asked()
    assert "ageing_watch.py" in listed
    assert "deletes_all.py" in listed
    assert "notes.py" not in listed
    assert [file.name for file in procedure_files(tmp_path)] == ["ageing_watch.py", "deletes_all.py"]
    for name in ("ageing_watch.py", "ageing_watch:AgeingWatch"):
        assert "interval_min" in asked(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("EISS", "no procedure is called 'EISS'; did you mean EIS?"),
        ("nothing:Here", "does not exist: neither in"),
        ("pathlib:Path", "is not a pymeasure Procedure"),
    ],
)
def test_a_name_that_is_none_is_refused_with_what_there_is(asked, name, said):
    with pytest.raises(InvalidRequest, match=said.replace("?", "[?]")):
        asked(name)
