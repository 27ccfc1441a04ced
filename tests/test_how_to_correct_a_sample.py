"""The page about correcting a sample is gone through command by command on a measured file."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.errors import LabctlError
from labctl.store import Database

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "correct-a-sample.md").read_text(encoding="utf-8")
LINES = re.findall(r"^ {4}(labctl .*)$", PAGE, flags=re.M)


@pytest.fixture
def typed(station, protocol_file, tmp_path, monkeypatch):
    """A person in a folder with a measured `pellet 7`, who types a command and reads the answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABCTL_STATION", str(station.source))
    monkeypatch.delenv("LABCTL_DB", raising=False)
    text = protocol_file.read_text(encoding="utf-8")
    protocol_file.write_text(text.replace('"pellet"', '"pellet 7"'), encoding="utf-8")

    def type_(line):
        done = CliRunner().invoke(labctl.cli.app, shlex.split(line)[1:])
        if isinstance(done.exception, LabctlError):
            return 2, str(done.exception)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    assert type_(f"labctl run {protocol_file} -q")[0] == 0
    return type_


def sigma():
    with Database("lab.db") as db:
        return db.conductivities("last")["conductivity_s_m"]


def test_every_command_of_the_page_does_what_the_page_says(typed, protocol_file):
    before = sigma()
    answers = [typed(line) for line in LINES]
    assert [code for code, _ in answers] == [0] * len(LINES), answers
    outputs = [output for _, output in answers]
    assert "conductivities move by 1.05" in outputs[0]
    assert "nothing was written" in outputs[0]
    assert "thickness 1.05 mm" in outputs[2]
    assert "measured again with a micrometer" in outputs[2]
    (revoked,) = [found for line, found in zip(LINES, outputs, strict=True) if "--revoke" in line]
    assert "conductivities move by 0.977" in revoked
    assert "excluded" in typed("labctl show last")[1]
    assert "haven_ratio_1 = " in outputs[-1]
    assert (
        "glass transition: -40.0 ± 2.0 degC"
        in typed('labctl fact "pellet 7" glass-transition -40 --u 2 --source x')[1]
    )
    assert typed('labctl fact "pellet 7" glass-transition 12 --sorce x')[0] == 2
    with Database("lab.db") as db:
        assert db.sample(1)["thickness_m"] == 1e-3
        standing = db.amendments("last").query("in_force")["field"].tolist()
        assert db.amendments("last")["reason"].ne("").all()
    of_the_sample = ["area", "thermometer", "leads", "pellet", "thickness after", "thermal expansion"]
    assert standing == [*of_the_sample, "exclusion", "exclusion", "remark"]
    assert (sigma() != before).all()
    assert typed("labctl db verify lab.db")[0] == 0
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    names = {}
    exec(compile(block, "correct-a-sample.md", "exec"), names)
    assert len(names["frame"]) == len(standing) + 5  # two of the thickness, three of the block

    thicker = protocol_file.read_text(encoding="utf-8").replace("thickness_mm = 1.0", "thickness_mm = 1.1")
    protocol_file.write_text(thicker, encoding="utf-8")
    code, output = typed(f"labctl queue add {protocol_file}")
    assert code == 0
    assert "1 run(s) before have 1 mm" in output
    assert "taken as another sample; say --same-sample amend, mount or other" in output
    code, output = typed(f"labctl queue add {protocol_file} --same-sample twin")
    assert (code, "'twin' is none of amend, mount, other" in output) == (2, True)
    code, output = typed(f"labctl queue add {protocol_file} --same-sample amend")
    assert (code, "its earlier runs were corrected" in output) == (0, True)
    assert "thickness 1.1 mm" in typed("labctl show last")[1]
