"""`labctl import`: spectra measured elsewhere are runs like any other."""

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.clock import RealClock
from labctl.errors import StoreError
from labctl.store import Database, Store
from labctl.store.care import check, verify
from labctl.store.merging import merge
from labctl.store.queries import imported_files

GEOMETRY = ("--thickness-mm", "1", "--diameter-mm", "10")


def impedance(frequency_hz, bulk_ohm):
    """Bulk arc before a blocking electrode."""
    jw = 2j * np.pi * frequency_hz
    return bulk_ohm / (1 + bulk_ohm * 2e-10 * jw) + 1 / (2e-6 * jw**0.9)


@pytest.fixture
def spectrum_file(tmp_path):
    def write(name, bulk_ohm=5000.0, points=31):
        frequency_hz = np.logspace(6, 0, points)
        z_ohm = impedance(frequency_hz, bulk_ohm)
        rows = zip(frequency_hz, z_ohm.real, z_ohm.imag, strict=True)
        lines = ["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *(f"{f},{a},{b}" for f, a, b in rows)]
        path = tmp_path / "measured" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def db(tmp_path):
    return tmp_path / "lab.db"


@pytest.fixture
def labctl_import(db):
    def run(*arguments, sample="P7", geometry=GEOMETRY):
        words = ["import", *map(str, arguments), "--sample", sample, *geometry, "--into", str(db)]
        return CliRunner().invoke(labctl.cli.app, words)

    return run


def shown(db, *arguments):
    done = CliRunner().invoke(labctl.cli.app, [*arguments, "--db", str(db), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_file_becomes_a_run_with_its_conductivity(db, spectrum_file, labctl_import):
    path = spectrum_file("a.csv")
    done = labctl_import(path)
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "a.csv: run 1, 1 spectrum")
    content = shown(db, "show", "1")
    assert content["run"]["procedure"] == "import"
    assert content["run"]["status"] == "finished"
    (point,) = content["conductivities"]
    assert point["total_resistance_ohm"] == pytest.approx(5000, rel=1e-3)
    assert point["temperature_k"] is None
    (file,) = content["imported_files"]
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert file["format"] == "table"


def test_the_points_are_those_of_the_file_and_the_file_is_kept(db, spectrum_file, labctl_import):
    path = spectrum_file("a.csv")
    labctl_import(path)
    with Database(db) as database:
        (spectrum_id,) = [row["id"] for row in database.rows("SELECT id FROM spectra")]
        kept = database.spectrum(spectrum_id)
        assert imported_files.content(database, 1) == path.read_bytes()
    frequency_hz = np.logspace(6, 0, 31)
    np.testing.assert_array_equal(kept.frequency_hz, frequency_hz)
    np.testing.assert_array_equal(kept.z_ohm, impedance(frequency_hz, 5000.0))


def test_the_list_of_runs_names_the_file_of_each_import(db, spectrum_file, labctl_import):
    labctl_import(spectrum_file("b.csv", 7000.0))
    labctl_import(
        spectrum_file("a_25C.csv"), spectrum_file("a_60C.csv", 900.0), "--temperatures", "from-name"
    )
    done = CliRunner().invoke(labctl.cli.app, ["show", "--db", str(db)])
    assert "import of b.csv " in done.output
    assert "import of a_25C.csv and 1 more" in done.output


def test_show_names_the_file(db, spectrum_file, labctl_import):
    labctl_import(spectrum_file("a_25C.csv"), "--temperatures", "from-name")
    done = CliRunner().invoke(labctl.cli.app, ["show", "1", "--db", str(db)])
    output = " ".join(done.output.split())
    assert "spectrum 0 imported from a_25C.csv (table, sha256" in output
    assert "temperature from its name" in output


@pytest.mark.parametrize(
    ("uncertainties", "title"),
    [
        ((), "(geometry not included)"),
        (("--thickness-u-mm", "0.01"), "(area not included)"),
        (("--thickness-u-mm", "0.01", "--diameter-u-mm", "0.1"), "(geometry included)"),
    ],
)
def test_the_table_says_whether_intervals_contain_the_geometry(
    db, spectrum_file, labctl_import, uncertainties, title
):
    labctl_import(spectrum_file("a.csv"), geometry=(*GEOMETRY, *uncertainties))
    done = CliRunner().invoke(labctl.cli.app, ["show", "1", "--db", str(db)])
    assert f"conductivity, ± one standard uncertainty {title}" in done.output


def test_only_the_laws_that_are_listed_are_written_out(db, spectrum_file, labctl_import):
    files = [spectrum_file(f"a_{kelvin}K.csv", 5000 / (kelvin - 290)) for kelvin in (300, 310)]
    labctl_import(*files, "--temperatures", "from-name")
    done = CliRunner().invoke(labctl.cli.app, ["show", "1", "--db", str(db)])
    assert "Arrhenius  sigma T, or sigma, = A exp(-Ea / kB T)" in done.output
    assert "VTF        sigma" not in done.output


def test_an_imported_pellet_can_be_larger_than_its_electrodes(db, spectrum_file, labctl_import):
    labctl_import(spectrum_file("a.csv"), geometry=(*GEOMETRY, "--pellet-diameter-mm", "13"))
    assert shown(db, "show", "1")["sample"]["pellet_area_m2"] == pytest.approx(np.pi / 4 * 0.013**2)


def test_files_with_temperatures_are_one_run_with_its_law(db, spectrum_file, labctl_import):
    kelvins = np.array([300.0, 320.0, 340.0, 360.0])
    sigma = 1e5 / kelvins * np.exp(-0.4 / (8.617333262e-5 * kelvins))
    for kelvin, s_m in zip(kelvins, sigma, strict=True):
        spectrum_file(f"a_{kelvin:.0f}K.csv", 1e-3 / (np.pi / 4 * 1e-4) / s_m)
    done = labctl_import(
        spectrum_file("a_300K.csv", 1e-3 / (np.pi / 4 * 1e-4) / sigma[0]).parent,
        "--temperatures",
        "from-name",
    )
    assert done.exit_code == 0, done.output
    assert "4 of 4 files imported as 1 run(s)" in done.output
    fits = shown(db, "show", "1")["fits"]
    (preferred,) = [fit for fit in fits if fit["preferred"]]
    assert preferred["law"] == "arrhenius"
    assert preferred["activation_energy_ev"] == pytest.approx(0.4, abs=0.002)


def hot_series(spectrum_file, degc, name="a"):
    """Write a spectrum for each temperature of a conductor of 0.8 eV; return the files."""
    kelvin = degc + 273.15
    ohm = 1e-3 / (np.pi / 4 * 1e-4) / (1e8 / kelvin * np.exp(-0.8 / (8.617333262e-5 * kelvin)))
    return [spectrum_file(f"{name}{n}.csv", each) for n, each in enumerate(ohm)]


def test_a_table_of_temperatures_without_a_unit_is_decided_by_the_conductivities(
    db, tmp_path, spectrum_file, labctl_import
):
    degc = np.linspace(150, 400, 6)
    files = hot_series(spectrum_file, degc)
    table = tmp_path / "T.csv"
    rows = "".join(f"{path.name},{t}\n" for path, t in zip(files, degc, strict=True))
    table.write_text(f"file,T\n{rows}", encoding="utf-8")
    done = labctl_import(*files, "--temperatures", table)
    assert done.exit_code == 0, (done.output, done.exception)
    assert "the temperature has no unit: taken as degC, with which the Arrhenius line is" in done.output
    content = shown(db, "show", "1")
    measured_k = [point["temperature_k"] for point in content["conductivities"]]
    np.testing.assert_allclose(measured_k, degc + 273.15)


def test_temperatures_without_a_unit_that_nothing_decides_refuse_the_series(
    db, tmp_path, spectrum_file, labctl_import
):
    files = hot_series(spectrum_file, np.array([200.0, 220.0]))
    table = tmp_path / "T.csv"
    table.write_text(f"file,T\n{files[0].name},200\n{files[1].name},220\n", encoding="utf-8")
    done = labctl_import(*files, "--temperatures", table)
    assert done.exit_code == 2
    assert "a0.csv: refused: the temperature has no unit and may be degC or K" in done.output
    assert "write T (degC) or T (K)" in done.output
    assert not db.exists()


def test_a_column_of_temperatures_without_a_unit_is_decided_or_refused_from_the_file(
    db, spectrum_file, labctl_import
):
    degc = np.linspace(150, 400, 6)
    lines = ["T,f/Hz,Re(Z)/Ohm,Im(Z)/Ohm"]
    for t, path in zip(degc, hot_series(spectrum_file, degc, "part"), strict=True):
        lines += [f"{t},{line}" for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        path.unlink()
    for count, exit_code in ((31 * 3, 2), (31 * 6, 0)):
        path = spectrum_file(f"all{count}.csv")
        path.write_text("\n".join(lines[: count + 1]) + "\n", encoding="utf-8")
        done = labctl_import(path, "--temperatures", "from-file")
        assert done.exit_code == exit_code, (done.output, done.exception)
    measured_k = [point["temperature_k"] for point in shown(db, "show", "1")["conductivities"]]
    np.testing.assert_allclose(measured_k, degc + 273.15)


def test_the_same_content_is_not_imported_twice(db, spectrum_file, labctl_import):
    path = spectrum_file("a.csv")
    labctl_import(path)
    copy = path.with_name("b.csv")
    copy.write_bytes(path.read_bytes())
    done = labctl_import(path, copy)
    assert done.exit_code == 0
    assert "a.csv: not imported again: it was imported before, as run 1 of sample P7" in done.output
    assert "b.csv: not imported again: it was imported before from a.csv, as run 1" in done.output
    assert len(shown(db, "show")["runs"]) == 1


def test_two_files_of_one_content_in_one_request_are_one(db, spectrum_file, labctl_import):
    path = spectrum_file("a.csv")
    path.with_name("b.csv").write_bytes(path.read_bytes())
    assert "b.csv: not imported again: it has the content of a.csv" in labctl_import(path.parent).output
    assert len(shown(db, "show")["runs"]) == 1


def test_a_bad_file_is_named_with_its_reason_and_leaves_no_trace(db, spectrum_file, labctl_import):
    folder = spectrum_file("a.csv").parent
    (folder / "notes.txt").write_text("nothing to see\n", encoding="utf-8")
    done = labctl_import(folder)
    assert done.exit_code == 1
    assert "notes.txt: refused: no line names the columns" in done.output
    with Database(db) as database:
        assert [row["name"] for row in database.rows("SELECT name FROM imported_files")] == ["a.csv"]
        assert "notes" not in json.dumps(database.rows("SELECT * FROM run_provenance"), default=str)


def test_an_import_of_every_sweep_has_no_remark_that_each_is_one_of_several(spectrum_file, labctl_import):
    path = spectrum_file("a.csv")
    both = path.read_text(encoding="utf-8")
    both += spectrum_file("a.csv", 6000.0).read_text(encoding="utf-8").partition("\n")[2]
    path.write_text(both, encoding="utf-8")
    (file,) = json.loads(labctl_import(path, "--json").stdout)["files"]
    assert file["spectra"] == 2
    assert not [remark for remark in file["remarks"] if "one of them" in remark]


def series(spectrum_file):
    """Return the folder of two files that can be read and one that cannot."""
    spectrum_file("a_25C.csv", 5000.0)
    folder = spectrum_file("a_60C.csv", 1200.0).parent
    (folder / "a_40C.csv").write_text("nothing to see\n", encoding="utf-8")
    return folder


def test_a_series_with_a_refused_file_is_not_imported_until_the_file_is_mended(
    db, spectrum_file, labctl_import
):
    folder = series(spectrum_file)
    done = labctl_import(folder, "--temperatures", "from-name")
    assert done.exit_code == 2
    assert not db.exists()
    lines = done.stdout.splitlines()
    assert lines[0] == "a_25C.csv: not imported: a_40C.csv is refused"
    assert lines[1].startswith("a_40C.csv: refused: no line names the columns")
    assert lines[2] == "a_60C.csv: not imported: a_40C.csv is refused"
    assert "give --skip-refused" in lines[-1]
    spectrum_file("a_40C.csv", 2500.0)
    assert labctl_import(folder, "--temperatures", "from-name").exit_code == 0
    assert len(shown(db, "show", "1")["imported_files"]) == 3


def test_a_series_without_its_refused_file_is_imported_on_request(db, spectrum_file, labctl_import):
    folder = series(spectrum_file)
    done = labctl_import(folder, "--temperatures", "from-name", "--skip-refused")
    assert done.exit_code == 1
    assert [file["name"] for file in shown(db, "show", "1")["imported_files"]] == ["a_25C.csv", "a_60C.csv"]


def test_files_of_a_series_that_come_later_are_told_to_be_another_run(db, spectrum_file, labctl_import):
    folder = series(spectrum_file)
    labctl_import(folder, "--temperatures", "from-name", "--skip-refused")
    spectrum_file("a_40C.csv", 2500.0)
    done = labctl_import(folder, "--temperatures", "from-name")
    assert done.exit_code == 0
    assert "a run of their own, 2, with a law of their own" in done.output
    assert "those imported before stay in run 1" in done.output
    assert [len(shown(db, "show", run)["imported_files"]) for run in "12"] == [2, 1]


def test_the_table_of_temperatures_in_the_folder_is_no_spectrum(db, spectrum_file, labctl_import):
    folder = spectrum_file("a.csv").parent
    table = folder / "T.csv"
    table.write_text("file,T (degC)\na.csv,25\n", encoding="utf-8")
    done = labctl_import(folder, "--temperatures", table)
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "a.csv: run 1, 1 spectrum")


def test_a_failed_evaluation_is_told_and_the_import_stays(db, spectrum_file, labctl_import, monkeypatch):
    def fails(store, run_id, now_s):
        raise ArithmeticError("no fit converged")

    monkeypatch.setattr("labctl.report.importing.derive_run", fails)
    done = labctl_import(spectrum_file("a.csv"))
    assert done.exit_code == 0
    assert done.output.splitlines()[:2] == [
        "a.csv: run 1, 1 spectrum",
        "    no conductivity: ArithmeticError: no fit converged",
    ]
    with Database(db) as database:
        assert [row["name"] for row in database.rows("SELECT name FROM imported_files")] == ["a.csv"]


def test_a_spectrum_without_a_conductivity_is_told_with_the_reason(tmp_path, labctl_import):
    lines = ["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *(f"{f},{1e-3 * f},{1e-2 * f}" for f in (1e5, 1e4, 1e3, 100, 10))]
    path = tmp_path / "coil.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = labctl_import(path)
    assert done.exit_code == 0
    first, second, *_ = done.output.splitlines()
    assert first == "coil.csv: run 1, 1 spectrum"
    assert second.startswith("    no conductivity: ")
    assert len(second) > len("    no conductivity: not evaluated")


def test_files_of_one_name_are_told_apart_by_their_folder(spectrum_file, tmp_path, labctl_import):
    path = spectrum_file("a.csv")
    other = tmp_path / "measured" / "old.csv" / "a.csv"  # a folder may have any name
    other.parent.mkdir()
    other.write_text("nothing\n", encoding="utf-8")
    output = labctl_import(path.parent).output
    assert f"{path}: run 1, 1 spectrum" in output
    assert f"{other}: refused: no line names the columns" in output


def test_a_results_file_that_cannot_be_written_on_the_way_says_how_far_it_came(
    spectrum_file, labctl_import, monkeypatch
):
    folder = spectrum_file("a.csv").parent
    spectrum_file("b.csv", 7000.0)
    write = Store.import_run

    def full(store, new):
        if new.files[0]["name"] == "b.csv":
            raise StoreError("lab.db: the disk is full")
        return write(store, new)

    monkeypatch.setattr(Store, "import_run", full)
    done = labctl_import(folder)
    words = "the disk is full; 1 of 2 files are imported, and the same command imports the others"
    assert words in str(done.exception)
    monkeypatch.undo()
    assert "1 of 2 files imported as 1 run(s), 1 here already" in labctl_import(folder).output


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path, labctl_import, monkeypatch):
    def read(path):
        raise AssertionError(f"{path} was read")

    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.truncate(49 * 2**20)
    monkeypatch.setattr("pathlib.Path.read_bytes", read)
    done = labctl_import(path)
    assert done.exit_code == 2, done.exception
    assert "long.csv: refused: it has 49 MiB; the limit is 48 MiB" in done.output


def test_where_every_file_is_refused_no_results_file_is_made(db, tmp_path, labctl_import):
    (tmp_path / "notes.txt").write_text("nothing to see\n", encoding="utf-8")
    done = labctl_import(tmp_path / "notes.txt")
    assert done.exit_code == 2
    assert not db.exists()


@pytest.mark.parametrize(
    ("arguments", "geometry", "why"),
    [
        (("none.csv",), GEOMETRY, "no such file or folder"),
        ((), (), "there is no sample 'P7'"),
        ((), (), "a new sample needs --thickness-mm, and --diameter-mm or --area-mm2"),
        ((), ("--thickness-mm", "1"), "give either --diameter-mm or --area-mm2"),
        ((), (*GEOMETRY, "--area-mm2", "79"), "give either --diameter-mm or --area-mm2"),
        ((), (*GEOMETRY, "--pellet-diameter-mm", "8"), "less than its electrodes of 10 mm"),
        ((), ("--thickness-mm", "0", "--diameter-mm", "10"), "greater than zero"),
        ((), (*GEOMETRY, "--electrodes", "gold"), "gold"),
        (("--temperatures", "warm"), GEOMETRY, "neither from-name, from-file nor a table"),
    ],
)
def test_a_wrong_request_touches_nothing(db, spectrum_file, labctl_import, arguments, geometry, why):
    path = spectrum_file("a.csv")
    done = labctl_import(
        *(arguments or (path,)), *((path,) if arguments[:1] == ("--temperatures",) else ()), geometry=geometry
    )
    assert why in str(done.exception)
    assert labctl.cli.exit_code_of(done.exception) == 2
    assert not db.exists()


def test_a_sample_measured_before_needs_no_geometry(db, spectrum_file, labctl_import):
    labctl_import(
        spectrum_file("a.csv"),
        geometry=("--thickness-mm", "1.2", "--thickness-u-mm", "0.1", "--diameter-mm", "10"),
    )
    done = labctl_import(spectrum_file("b.csv", 6000.0), geometry=())
    assert done.exit_code == 0, done.output
    first, second = (shown(db, "show", run)["sample"] for run in "12")
    assert first["thickness_u_m"] == pytest.approx(1e-4)
    assert second["id"] == first["id"]


def test_an_imported_run_is_fitted_amended_found_and_compared_like_any_other(
    db, spectrum_file, labctl_import
):
    for name, ohm in (("a", 5000.0), ("b", 10000.0)):
        files = [spectrum_file(f"{name}_25C.csv", ohm), spectrum_file(f"{name}_60C.csv", ohm / 4)]
        labctl_import(*files, "--temperatures", "from-name")
    run = CliRunner().invoke
    assert run(labctl.cli.app, ["fit", "1", "--db", str(db), "--as", "again"]).exit_code == 0
    amended = run(
        labctl.cli.app,
        ["amend", "--sample", "P7", "--thickness-mm", "2", "--reason", "measured again", "--db", str(db)],
    )
    assert amended.exit_code == 0, amended.output
    sigmas = [shown(db, "show", number)["conductivities"][0]["conductivity_s_m"] for number in "12"]
    assert sigmas == [pytest.approx(2e-3 / (np.pi / 4 * 1e-4) / ohm, rel=2e-3) for ohm in (5000, 10000)]
    for command in (["samples"], ["find", "--sample", "P7"], ["compare", "1", "2", "--at-degc", "25"]):
        done = run(labctl.cli.app, [*command, "--db", str(db)])
        assert done.exit_code == 0, (command, done.output, done.exception)
        assert "P7" in done.output


def test_an_imported_run_is_intact_and_arrives_whole_in_another_file(
    db, tmp_path, spectrum_file, labctl_import
):
    path = spectrum_file("a.csv")
    labctl_import(path)
    other = tmp_path / "other.db"
    CliRunner().invoke(
        labctl.cli.app,
        ["import", str(spectrum_file("b.csv", 7000.0)), "--sample", "Q", *GEOMETRY, "--into", str(other)],
    )
    merged = merge(other, db)
    assert (len(merged.added), merged.refused) == (1, ())
    assert all(run.intact for run in verify(other))
    assert check(other).problems == ()
    with Database(other) as database:
        assert (
            imported_files.with_hash(database, hashlib.sha256(path.read_bytes()).hexdigest())["run_id"] == 2
        )
        assert imported_files.content(database, 2) == path.read_bytes()


def test_the_output_for_programs_has_every_file(spectrum_file, labctl_import):
    folder = spectrum_file("a.csv").parent
    (folder / "notes.txt").write_text("nothing\n", encoding="utf-8")
    files = json.loads(labctl_import(folder, "--json").stdout)["files"]
    assert [(file["outcome"], file["run_id"]) for file in files] == [("imported", 1), ("refused", None)]


def test_a_kill_in_the_middle_leaves_whole_runs_only_and_the_next_import_does_the_rest(db, spectrum_file):
    for number in range(12):
        folder = spectrum_file(f"{number:02}.csv", 1000.0 * (number + 1)).parent
    command = [
        sys.executable,
        "-m",
        "labctl",
        "import",
        str(folder),
        "--sample",
        "P7",
        *GEOMETRY,
        "--into",
        str(db),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
        while killed.poll() is None and _count_runs(db) < 2:
            RealClock().sleep(0.01)
        killed.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        killed.wait(60)
    before = _count_runs(db)
    assert 2 <= before < 12
    assert all(run.status == "finished" and run.intact for run in verify(db))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{12 - before} of 12 files imported as {12 - before} run(s), {before} here already" in done.stdout
    runs = shown(db, "show")["runs"]
    assert len(runs) == 12
    with Database(db) as database:
        assert imported_files.not_derived(database) == []
        assert len(database.rows("SELECT id FROM conductivities")) == 12


def _count_runs(db):
    if not db.exists():
        return 0
    with closing(sqlite3.connect(db)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM runs").fetchone()
        except sqlite3.OperationalError:  # not made or migrated yet, or locked
            return 0
        return count
