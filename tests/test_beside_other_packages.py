"""labctl installed as a package, beside folders and packages that use the names of its own.

The packages are copied as a wheel unpacks them, and the checkout is not importable; one test calls pip.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

import labctl

ROOT = Path(__file__).parents[1]
PACKAGES = ("labctl", "drivers", "procedures", "sim_instruments")
REQUIREMENTS = sysconfig.get_path("purelib")

STATION = """
name = "ours"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "{oven}"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[simulation]
"""
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e5
frequency_min_hz = 1e3
points_per_decade = 2
[[procedure]]
use = "procedures.quick:Quick"
frequency_max_hz = 1e5
frequency_min_hz = 1e3
points_per_decade = 2
"""
FILES = {
    "drivers/myoven.py": """
        from drivers.lakeshore33x import LakeShore336
        from .words import MAKER

        class MyOven(LakeShore336):
            maker = MAKER
        """,
    "drivers/words.py": "MAKER = 'of ours'",
    "mylab/drivers.py": "from drivers.myoven import MyOven\nclass LabOven(MyOven): pass",
    "procedures/quick.py": "from procedures.eis import EIS\nclass Quick(EIS): pass",
    "statistics.py": "raise SystemExit('the statistics of somebody')",
    "random.py": "raise SystemExit('somebody at random')",
    "numpy.py": "raise SystemExit('somebody with numbers')",
}


def write(folder, **files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the packages as they are installed."""
    site = tmp_path_factory.mktemp("site")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    return site


@pytest.fixture(params=["with", pytest.param("without", marks=pytest.mark.slow)])
def lab(request, tmp_path):
    """A laboratory's folder; its packages with or without `__init__.py`."""
    write(tmp_path, **FILES)
    if request.param == "with":
        write(tmp_path, **{f"{name}/__init__.py": "" for name in ("drivers", "procedures", "mylab")})
    return tmp_path


def python(folder, path, *arguments):
    """Run Python without site-packages and their .pth files: the checkout cannot be imported."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    places = os.pathsep.join(map(str, [*path, REQUIREMENTS]))
    done = subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def write_toml(folder, oven, protocol=PROTOCOL):
    (folder / "station.toml").write_text(STATION.format(oven=oven), encoding="utf-8")
    (folder / "protocol.toml").write_text(protocol, encoding="utf-8")


@pytest.mark.parametrize("oven", ["drivers.myoven:MyOven", "mylab.drivers:LabOven"])
def test_own_folders_named_as_ours_hide_nothing_and_are_found(site, lab, oven):
    """In the working directory with `python -m labctl`: that directory is first on sys.path."""
    write_toml(lab, oven)
    status, output = python(lab, [site], "-m", "labctl", "run", "protocol.toml", "--db", "lab.db")
    assert status == 0, output
    with labctl.open(lab / "lab.db") as db:
        assert [run["procedure"] for run in db.rows("SELECT procedure FROM runs ORDER BY id")] == [
            "procedures.eis:EIS",
            "procedures.quick:Quick",
        ]
        drivers = {row["driver"] for row in db.rows("SELECT driver FROM run_instruments")}
        assert drivers == {oven, "drivers.solartron1260:Solartron1260"}
        files = {Path(file["path"]) for file in db.provenance(2)["script_files"]}
    assert files >= {lab / name for name in ("procedures/quick.py", "drivers/myoven.py", "drivers/words.py")}
    assert site / "drivers" / "solartron1260.py" in files


def test_ours_is_found_where_the_folder_has_drivers_of_its_own(site, lab):
    write_toml(lab, "drivers.lakeshore33x:LakeShore336")
    program = (
        "import json, labctl\nfrom labctl.config.station import read_station\n"
        "station = read_station('station.toml')\n"
        "print(json.dumps([labctl.__file__, *(file.path for e in station.instruments for file in e.code)]))"
    )
    status, output = python(lab, [site], "-P", "-c", program)
    assert status == 0, output
    names = ("labctl/__init__.py", "drivers/lakeshore33x.py", "drivers/solartron1260.py")
    assert [Path(path) for path in json.loads(output)] == [site / name for name in names]


def test_a_queue_is_measured_by_processes_started_in_that_folder(site, lab):
    write_toml(lab, "drivers.myoven:MyOven")
    commands = [
        ["queue", "add", "protocol.toml"],
        ["rehearse"],
        ["runner", "--until-empty", "--without-supervisor", "--no-start-supervisor"],
    ]
    for words in commands:
        status, output = python(lab, [site], "-m", "labctl", *words)
        assert status == 0, output
    with labctl.open(lab / "lab.db") as db:
        assert [run["status"] for run in db.rows("SELECT status FROM runs")] == ["finished"] * 2


def test_the_folder_on_pythonpath_hides_nothing_either(site, lab):
    """Its files with the names of standard modules would stop any program then, so they are not there."""
    for name in ("statistics.py", "random.py", "numpy.py"):
        (lab / name).unlink()
    write_toml(lab, "drivers.myoven:MyOven")
    status, output = python(lab, [lab, site], "-m", "labctl", "check", "protocol.toml")
    assert status == 0, output
    status, output = python(lab, [lab, site], "-m", "labctl", "instruments", "check", "station.toml")
    assert status == 0, output


def test_a_script_beside_folders_named_as_ours_imports_from_both(site, lab):
    """As `python measure.py`, with the folder of the script first on sys.path."""
    for name in ("statistics.py", "random.py", "numpy.py"):
        (lab / name).unlink()
    write(lab, **{f"{name}/__init__.py": "" for name in ("drivers", "procedures")})
    program = """
        import labctl
        from drivers.myoven import MyOven
        from procedures.eis import EIS
        from procedures.quick import Quick
        import drivers.lakeshore33x, drivers.myoven

        assert issubclass(Quick, EIS) and issubclass(MyOven, drivers.lakeshore33x.LakeShore336)
        print(drivers.lakeshore33x.__file__, drivers.myoven.__file__)
        """
    write(lab, **{"measure.py": program})
    status, output = python(lab, [site], "measure.py")
    assert status == 0, output
    assert [*map(Path, output.split())] == [site / "drivers/lakeshore33x.py", lab / "drivers/myoven.py"]


@pytest.fixture
def others(tmp_path):
    """Another distribution with a package `drivers`, and modules named as ours in it."""
    folder = tmp_path / "others"
    files = {
        "__init__.py": "",
        "catalogue.py": "THEIRS = 1",
        "theirs.py": "class Theirs: pass",
        "modbus.py": "",
    }
    write(folder / "drivers", **files)
    return folder


def test_another_distribution_with_a_package_drivers_does_not_hide_ours(site, others, tmp_path):
    write_toml(tmp_path, "drivers.eurotherm:Eurotherm2400")
    program = """
        from pathlib import Path
        from labctl.config.loading import load_reference
        from labctl.config.station import read_station
        from labctl.instruments.discovery import roles_of_drivers

        read_station("station.toml")
        assert len(roles_of_drivers()) > 20
        print(load_reference("drivers.theirs:Theirs", Path()).value)
        """
    status, output = python(tmp_path, [others, site], "-c", textwrap.dedent(program))
    assert (status, output) == (0, "<class 'drivers.theirs.Theirs'>\n")


def test_ours_is_found_after_a_script_has_imported_another_package_drivers(site, others, tmp_path):
    write_toml(tmp_path, "drivers.eurotherm:Eurotherm2400")
    program = (
        "import drivers, drivers.theirs\nfrom labctl.config.station import read_station\n"
        "station = read_station('station.toml')\nprint(station.instruments[0].code[0].path)"
    )
    status, output = python(tmp_path, [others, site], "-c", program)
    assert status == 0, output
    assert Path(output.strip()) == site / "drivers" / "eurotherm.py"


def test_a_name_that_another_package_has_taken_in_this_process_is_told(site, others, tmp_path):
    program = (
        "import drivers.catalogue\nfrom labctl.shipped import shipped_module\n"
        "try: shipped_module('drivers.catalogue')\nexcept ImportError as error: print(error)"
    )
    status, output = python(tmp_path, [others, site], "-c", program)
    assert status == 0, output
    assert re.search(r"the name drivers\.catalogue is taken in this process by .*others", output)


@pytest.mark.slow
def test_a_wheel_installed_by_pip_finds_its_own_drivers_beside_those_of_a_laboratory(lab, tmp_path):
    """As above, with what pip puts into a folder; skipped where pip cannot fetch what builds a wheel."""
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info"))
    target = tmp_path / "installed"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(source)]
    done = subprocess.run(
        [sys.executable, *install], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.skip(f"pip cannot build the wheel here: {done.stderr.strip().splitlines()[-1]}")
    write_toml(lab, "drivers.myoven:MyOven")
    status, output = python(lab, [target], "-m", "labctl", "run", "protocol.toml", "--db", "lab.db")
    assert status == 0, output
    with labctl.open(lab / "lab.db") as db:
        assert target / "drivers" / "solartron1260.py" in {
            Path(file["path"]) for file in db.provenance(2)["script_files"]
        }
