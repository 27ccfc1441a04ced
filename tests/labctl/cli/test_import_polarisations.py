"""`labctl import` of a polarisation: current against time, with its spectra a transference number."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.analysis.transport.relaxation import relaxation_current_a
from labctl.store import Database
from labctl.store.care import verify

BULK_OHM, INTERPHASE_OHM, STEP_V, RHO = 1000.0, 400.0, 0.010, 0.3
GEOMETRY = ("--thickness-mm", "0.5", "--diameter-mm", "10", "--electrodes", "reversible", "--cation", "Li+")
INITIAL_A = STEP_V / (BULK_OHM + INTERPHASE_OHM)
STEADY_A = STEP_V / (BULK_OHM / RHO + INTERPHASE_OHM)


def spectrum_text(bulk_ohm=BULK_OHM, interphase_ohm=INTERPHASE_OHM):
    """Bulk arc and an interphase of 1e-5 F, far apart."""
    frequency_hz = np.logspace(7, -1, 61)
    jw = 2j * np.pi * frequency_hz
    z = bulk_ohm / (1 + jw * bulk_ohm * 1e-11) + interphase_ohm / (1 + jw * interphase_ohm * 1e-5)
    rng = np.random.default_rng(1)
    z = z * (1 + 1e-3 * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size)))
    rows = zip(frequency_hz, z.real, z.imag, strict=True)
    return "\n".join(["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *(f"{f},{a},{b}" for f, a, b in rows)]) + "\n"


def current():
    """Time and current of a hold of an hour, exact relaxation with a little noise."""
    time_s = np.linspace(0, 3600, 400)
    current_a = relaxation_current_a(time_s, INITIAL_A, STEADY_A, 200.0)
    rng = np.random.default_rng(2)
    return time_s, current_a * (1 + 5e-4 * rng.standard_normal(time_s.size))


def csv_text(potential=True):
    heading = "time (s),current (uA)" + (",potential (mV)" if potential else "")
    more = f",{1e3 * STEP_V}" if potential else ""
    return "\n".join([heading, *(f"{t},{1e6 * i}{more}" for t, i in zip(*current(), strict=True))]) + "\n"


def ec_lab_text():
    lines = ["EC-Lab ASCII FILE", "Nb header lines : 6", "", "Chronoamperometry / Chronocoulometry", ""]
    lines.append("mode\tNs\ttime/s\tcontrol/V\tEwe/V\t<I>/mA")
    lines += [f"2\t0\t{t}\t{STEP_V}\t{STEP_V}\t{1e3 * i}" for t, i in zip(*current(), strict=True)]
    return "\n".join(lines) + "\n"


def gamry_text():
    lines = ["EXPLAIN", "TAG\tCHRONOA", "OCVCURVE\tTABLE\t1", "\tPt\tT\tVf", "\t#\ts\tV", "\t0\t0.5\t0.0"]
    lines += ["CURVE\tTABLE\t400", "\tPt\tT\tVf\tIm", "\t#\ts\tV vs. Ref.\tA"]
    lines += [f"\t{n}\t{t}\t{STEP_V}\t{i}" for n, (t, i) in enumerate(zip(*current(), strict=True))]
    return "\n".join(lines) + "\n"


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def db(tmp_path):
    return tmp_path / "lab.db"


@pytest.fixture
def labctl_import(db):
    def run(*arguments, geometry=GEOMETRY):
        words = ["import", *map(str, arguments), "--sample", "cell", *geometry, "--into", str(db)]
        return CliRunner().invoke(labctl.cli.app, words)

    return run


@pytest.fixture
def cell(file):
    """Return the words that name a hold and its spectra."""

    def words(name="hold_60C.csv", text=None):
        before = file("before_60C.csv", spectrum_text())
        after = file("after_60C.csv", spectrum_text(interphase_ohm=INTERPHASE_OHM * 1.001))
        return (file(name, text or csv_text()), "--before", before, "--after", after)

    return words


def shown(db, run="1"):
    done = CliRunner().invoke(labctl.cli.app, ["show", run, "--db", str(db), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "text"),
    [("hold_60C.csv", csv_text()), ("hold_60C.mpt", ec_lab_text()), ("hold_60C.DTA", gamry_text())],
)
def test_a_hold_with_its_spectra_is_a_run_with_the_transference_number(db, cell, labctl_import, name, text):
    done = labctl_import(*cell(name, text), "--temperatures", "from-name", "--rest-mv", "0")
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output.splitlines()[0] == "before_60C.csv: run 1, 1 spectrum"
    assert f"{name}: run 1, 1 polarisation" in done.output
    content = shown(db)
    (number,) = content["transference_numbers"]
    assert number["value"] == pytest.approx(RHO, rel=0.02), number["flags"]
    # the written cell is linear to the last digit: it lacks the error of an ideal salt that is taken out
    (taken_out,) = [
        2 * part["standard_uncertainty"] for part in number["budget"] if part["source"] == "linear range"
    ]
    assert number["low_95"] - taken_out < RHO < number["high_95"]
    assert number["temperature_k"] == pytest.approx(333.15)
    assert number["delta_v_v"] == pytest.approx(STEP_V)
    assert [f["name"] for f in content["imported_files"]] == ["before_60C.csv", name, "after_60C.csv"]
    assert [run.intact for run in verify(db)] == [True]


def test_a_hold_alone_is_kept_and_says_what_a_number_needs(db, file, labctl_import):
    done = labctl_import(file("hold.csv", csv_text()))
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output.splitlines()[0] == "hold.csv: run 1, 1 polarisation"
    assert (
        "no transference number: it needs the spectra before and after (--before, --after, or" in done.output
    )
    with Database(db) as database:
        points = database.polarisation_points(1)
        assert database.rows("SELECT potential_v, rest_potential_v FROM polarisations") == [
            {"potential_v": pytest.approx(STEP_V), "rest_potential_v": None}
        ]
    np.testing.assert_allclose(points["current_a"], current()[1], rtol=1e-12)
    assert shown(db)["transference_numbers"] == []
    human = CliRunner().invoke(labctl.cli.app, ["show", "1", "--db", str(db)]).output
    assert "polarisation 0 imported from hold.csv (table, sha256" in human


def test_a_potential_that_is_in_no_file_is_asked_for_and_not_guessed(db, cell, labctl_import):
    done = labctl_import(*cell(text=csv_text(potential=False)), "--rest-mv", "0")
    assert done.exit_code == 2
    assert "state the potential held, e.g. --potential-mv 10" in done.output
    assert "before_60C.csv: not imported: hold_60C.csv is refused" in done.output
    assert not db.exists()
    done = labctl_import(*cell(text=csv_text(potential=False)), "--rest-mv", "0", "--potential-mv", "10")
    assert done.exit_code == 0, done.output
    (number,) = shown(db)["transference_numbers"]
    assert number["value"] == pytest.approx(RHO, rel=0.02)
    assert "the potential is the one stated" in json.dumps(shown(db)["imported_files"])


def test_the_same_hold_is_imported_once(db, cell, labctl_import):
    assert labctl_import(*cell()).exit_code == 0
    done = labctl_import(*cell())
    assert done.exit_code == 0
    assert "0 of 3 files imported as 0 run(s), 3 here already, 0 refused" in done.output


def test_a_spectrum_imported_before_refuses_the_hold_and_says_what_to_do(db, cell, labctl_import):
    words = cell()
    labctl_import(words[2])
    done = labctl_import(*words)
    assert done.exit_code == 2
    assert "a polarisation and its spectra are one run" in done.output
    assert "import them together into another results file (--into)" in done.output
    assert [row["id"] for row in _runs(db)] == [1]


def _runs(db):
    with Database(db) as database:
        return database.rows("SELECT id FROM runs")


def test_a_sweep_of_the_potential_is_no_polarisation(file, labctl_import, db):
    lines = ["t/s,I/A,E/V", *(f"{t},{1e-6 * t},{0.01 * t}" for t in range(20))]
    done = labctl_import(file("cv.csv", "\n".join(lines) + "\n"))
    assert done.exit_code == 2
    assert "its potential goes from 0 to 190 mV: it is not one step of the potential" in done.output
    assert not db.exists()


def test_a_file_with_several_steps_is_refused_until_one_is_chosen(db, file, labctl_import):
    text = ec_lab_text() + f"2\t1\t3700\t0\t0\t{1e-6}\n2\t1\t3800\t0\t0\t{1e-6}\n"
    path = file("ca.mpt", text)
    done = labctl_import(path)
    assert done.exit_code == 2
    assert "it has the steps 0, 1: choose one (step= in Python, --step of `labctl import`)" in done.output
    assert labctl_import(path, "--step", "0").exit_code == 0
    with Database(db) as database:
        assert len(database.polarisation_points(1)) == 400


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda words: words[:3], "needs the spectrum --after too"),
        (lambda words: (words[0], *words[3:]), "--after alone gives no number"),
        (lambda words: (words[2], *words), "name one file"),
        (lambda words: (words[0], "--before", words[0], "--after", words[4]), "are different files"),
        (lambda words: (words[0], "--before", "none.csv", "--after", words[4]), "none.csv: no such file"),
    ],
)
def test_options_that_do_not_belong_together_touch_nothing(db, cell, labctl_import, change, why):
    done = labctl_import(*change(cell()))
    assert why in str(done.exception)
    assert labctl.cli.exit_code_of(done.exception) == 2
    assert not db.exists()


def test_a_hold_in_a_series_is_a_run_of_its_own(db, file, labctl_import):
    files = [
        file("hold_60C.csv", csv_text()),
        *(file(f"a_{t}C.csv", spectrum_text(BULK_OHM * 40 / t)) for t in (40, 60)),
    ]
    done = labctl_import(*files, "--temperatures", "from-name")
    assert done.exit_code == 0, done.output
    assert [len(shown(db, run)["imported_files"]) for run in "12"] == [2, 1]
    with Database(db) as database:
        assert database.polarisation_points(1)["temperature_k"].dropna().tolist() == [pytest.approx(333.15)]


def test_a_blocking_cell_needs_only_the_spectrum_before_for_its_electronic_share(db, file, labctl_import):
    frequency_hz = np.logspace(6, -1, 51)
    jw = 2j * np.pi * frequency_hz
    y = 1j * 2 * np.pi * frequency_hz * 1e-10 + 1 / (1000 + 1 / (1e-6 * jw)) + 1 / 1e5
    rows = zip(frequency_hz, (1 / y).real, (1 / y).imag, strict=True)
    text = "\n".join(["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *(f"{f},{a},{b}" for f, a, b in rows)]) + "\n"
    hold = "t/s,I/A,E/V\n" + "".join(f"{t},{1e-7 * (1 + 1e-4 * (-1) ** t)},0.01\n" for t in range(100))
    words = (file("hold.csv", hold), "--before", file("before.csv", text), "--rest-mv", "0")
    done = labctl_import(*words, geometry=("--thickness-mm", "1", "--diameter-mm", "10"))
    assert done.exit_code == 0, (done.output, done.exception)
    (number,) = shown(db)["transference_numbers"]
    assert number["quantity"] == "electronic"
    assert number["steady_current_a"] == pytest.approx(1e-7, rel=1e-3)


def test_a_table_of_conductivities_is_named_with_what_reads_it(db, file, labctl_import):
    done = labctl_import(file("sigma.csv", "T (degC),sigma (S/cm)\n25,1e-5\n60,1e-4\n"))
    assert done.exit_code == 2
    assert "it is a table of 2 conductivities against temperature, not of spectra" in done.output
    assert "labctl.analysis.read_conductivities reads it" in done.output
    assert not db.exists()


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("1,05", "can be 1.05 or the list 1 and 05; write 1.05"),
        ("1.05mm", "is not a number; write 1.05"),
        ("1 mm", "is not a number; write 1"),
        ("nan", "is not a number; write 1.05"),
        ("abc", "is not a number; write 1.05"),
    ],
)
def test_a_number_with_a_comma_or_a_unit_is_answered_with_how_to_write_it(
    file, labctl_import, db, typed, right
):
    geometry = ("--thickness-mm", typed, "--diameter-mm", "10")
    done = labctl_import(file("a.csv", spectrum_text()), geometry=geometry)
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert f"'{typed}' {right}, with a decimal point and without a unit" in said
    assert not db.exists()


def write_folder(folder, names):
    """Write spectra and holds; the spectrum of a name with `after` or a 3 has grown interphases."""
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        is_hold = any(word in name for word in ("hold", "pol"))
        grown = any(word in name for word in ("after", "3"))
        ohm = INTERPHASE_OHM * (1.001 if grown else 1.0)
        path.write_text(csv_text() if is_hold else spectrum_text(interphase_ohm=ohm), encoding="utf-8")


@pytest.mark.parametrize(
    "names",
    [
        ("a_before.csv", "a_hold.csv", "a_after.csv"),
        ("1_eis.csv", "2_pol.csv", "3_eis.csv"),
    ],
)
def test_a_hold_of_a_folder_is_paired_with_the_spectra_that_its_name_puts_beside_it(
    tmp_path, db, labctl_import, names
):
    write_folder(tmp_path / "night", names)
    done = labctl_import(tmp_path / "night")
    assert done.exit_code == 0, (done.output, done.exception)
    content = shown(db)
    (number,) = content["transference_numbers"]
    assert number["value"] == pytest.approx(RHO, rel=0.02)
    assert [f["name"] for f in content["imported_files"]] == list(names)
