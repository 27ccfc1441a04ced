"""The tutorials do what they say, on simulated instruments."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import labctl
import labctl.cli
from labctl.config.protocol import read_protocol
from labctl.errors import ConfigurationError

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial"


class Tutorial:
    """A page, and a folder in which its commands are typed."""

    def __init__(self, name, folder):
        self.text = (TUTORIAL / name).read_text(encoding="utf-8")
        self.folder = folder

    def commands(self, *beginnings):
        lines = re.findall(r"^    (labctl .*)$", self.text, flags=re.M)
        return [line for line in lines if not beginnings or line.split()[1] in beginnings]

    def type(self, line):
        words = re.findall(r'"[^"]*"|\S+', line.split("#")[0])[1:]
        done = CliRunner().invoke(labctl.cli.app, [word.strip('"') for word in words])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def tutorial(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("LABCTL_STATION", "LABCTL_DB"):
        monkeypatch.delenv(name, raising=False)
    return lambda name: Tutorial(name, tmp_path)


def test_the_first_rig_is_measured_as_the_tutorial_says(tutorial):
    page = tutorial("first-rig.md")
    texts = re.findall(r"```toml\n(.*?)```", page.text, flags=re.S)
    for name, text in zip(("station.toml", "resistor.toml", "warm.toml"), texts, strict=True):
        simulated = (
            '\n[simulation]\noptions = {material = "Mg3(BH4)4(NH2)2"}\n' if name == "station.toml" else ""
        )
        (page.folder / name).write_text(text + simulated, encoding="utf-8")
    page.type(next(line for line in page.commands("instruments") if line.endswith("check station.toml")))
    check, measure, plot, warm = page.commands("check", "run", "plot")
    assert "heat" not in page.type(check).partition("EIS")[2].partition("\n")[0]
    for line in (measure, plot, warm):
        page.type(line)
    assert (page.folder / "resistor.png").stat().st_size > 10_000
    with labctl.open("lab.db") as db:
        assert list(db.runs()["status"]) == ["finished", "finished"]


def test_the_first_procedure_is_written_tested_measured_and_queued_as_the_tutorial_says(tutorial):
    page = tutorial("first-procedure.md")
    new, demo, check, run, show, add, runner = page.commands()
    page.type(new)
    (tests,) = re.findall(r"^    python -m pytest -q (.*)$", page.text, flags=re.M)
    assert (page.folder / tests).is_file()  # tests/labctl/cli/test_new_procedure.py runs them
    page.type(demo + " --temperatures-degc 60")
    for line in (check, run):
        page.type(line)
    assert "S/cm" in page.type(show)
    protocol = page.folder / "ageing_watch_protocol.toml"
    text = protocol.read_text(encoding="utf-8")
    longer = re.sub(r"interval_min = \d+", "interval_min = 20", text)
    protocol.write_text(re.sub(r"spectra = \d+", "spectra = 0", longer), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="from 1 to 1000"):
        read_protocol(protocol)
    protocol.write_text(re.sub(r"spectra = \d+", "spectra = 3", longer), encoding="utf-8")
    page.type(add + " --no-rehearsal")
    page.type(runner + " --without-supervisor --no-start-supervisor")
    with labctl.open("ageing.db") as db:
        assert [len(db.spectra(run)) for run in db.runs()["id"]] == [2, 3]


def test_the_first_samples_are_compared_as_the_tutorial_says(tutorial):
    page = tutorial("first-comparison.md")
    demo, run, samples, compare, literature, plot, amend, again = page.commands()
    page.type(demo)
    text = (page.folder / "demo" / "protocol.toml").read_text(encoding="utf-8")
    name = re.search(r'name = "(.*)"', text)[0]
    (page.folder / "second.toml").write_text(text.replace(name, 'name = "second pellet"'), encoding="utf-8")
    page.type(run + " -q")
    assert "second pellet" in page.type(samples)
    assert re.search(r"ratio 1, 95 % 0\.96\d+ to 1\.04: may be chance", page.type(compare))
    assert "literature" in page.type(literature).lower()
    page.type(plot)
    assert (page.folder / "both.pdf").stat().st_size > 5000
    page.type(amend)
    assert re.search(r"ratio 1\.1, 95 % 1\.0[56]\d* to 1\.14\d*: real", page.type(again))
