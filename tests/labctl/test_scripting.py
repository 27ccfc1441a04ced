import subprocess
import sys
from contextlib import closing

import pytest

import labctl
from labctl.bench import BenchCell, Limits
from labctl.clock import VirtualClock
from labctl.config.station import read_station
from labctl.errors import ConfigurationError, InstrumentError, LimitExceeded
from labctl.queue.station_lock import station_lock
from labctl.scripting import ScriptBench
from labctl.testing import STATION, watched
from procedures.eis import EIS

OVEN, FRA = "GPIB0::12::INSTR", "GPIB0::4::INSTR"
LIMITS = Limits((250.0, 400.0), 0.1, 1e-3)
SAMPLE = {"name": "pellet 3", "thickness_mm": 1.0, "diameter_mm": 10.0}


@pytest.fixture
def db_path(tmp_path):
    return tmp_path / "lab.db"


@pytest.fixture
def rig_of(monkeypatch):
    """Let scripts open this station; return its rig."""

    def watch(station):
        watched_station, keeper = watched(station)
        monkeypatch.setattr("labctl.scripting.read_station", lambda path: watched_station)
        return keeper

    return watch


@pytest.fixture
def keeper(station, rig_of):
    return rig_of(station)


def outputs(keeper):
    instruments = keeper.rig.instruments
    return instruments[OVEN].heater_range, instruments[FRA].amplitude_v


def rows(db_path, query):
    with labctl.open(db_path) as db:
        return db.rows(query)


def test_a_script_in_plain_words_gives_conductivities_and_a_law(keeper, db_path):
    with labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench:
        assert isinstance(bench, ScriptBench)
        for temperature_degc in (60, 80, 100):
            reached_k = bench.bring_to(temperature_degc, dwell_min=5)
            assert reached_k == pytest.approx(temperature_degc + 273.15, abs=0.5)
            spectrum = bench.take_spectrum(frequency_min_hz=10, points_per_decade=8)
            assert len(spectrum.frequency_hz) == 41
        bench.oven.setpoint_k = 340.0
        assert outputs(keeper)[0] > 0
    assert outputs(keeper) == (0, 0)
    with labctl.open(db_path) as db:
        run = db.run()
        assert (run["procedure"], run["status"], run["reason"]) == ("script", "finished", "")
        assert list(db.spectra()["branch"]) == ["heating"] * 3
        assert list(db.spectra()["step"]) == [0, 1, 2]
        assert list(db.conductivities()["temperature_k"]) == pytest.approx([333.15, 353.15, 373.15], abs=0.5)
        law = next(fit for fit in db.rows("SELECT * FROM law_fits") if fit["law"] == "arrhenius")
        assert law["activation_energy_ev"] == pytest.approx(0.84, abs=0.01)
        assert set(db.temperatures()["phase"]) == {"approach", "dwell"}
        assert {row["role"] for row in db.rows("SELECT role FROM run_instruments")} == {"oven", "fra"}


def test_the_script_itself_is_kept(keeper, db_path):
    with labctl.bench("station.toml", database=db_path, sample=SAMPLE):
        pass
    with labctl.open(db_path) as db:
        facts = db.provenance()
    assert "def test_the_script_itself_is_kept" in facts["script_text"]
    assert __file__ in [file["path"] for file in facts["script_files"]]


@pytest.mark.parametrize(
    ("thrown", "status", "reason"),
    [
        (KeyboardInterrupt(), "aborted", "interrupted"),
        (RuntimeError("my mistake"), "failed", "RuntimeError: my mistake"),
        (SystemExit(0), "finished", ""),
        (SystemExit(3), "failed", "SystemExit: 3"),
    ],
)
def test_whatever_ends_the_block_everything_is_safe_and_the_run_says_how(
    keeper, db_path, thrown, status, reason
):
    with (  # noqa: PT012 - the block is what is tested
        pytest.raises(type(thrown)),
        labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench,
    ):
        bench.oven.setpoint_k = 340.0
        for _ in bench.fra.sweep([1e4, 1e3], 0.02):
            assert min(outputs(keeper)) > 0
            raise thrown
    assert outputs(keeper) == (0, 0)
    (run,) = rows(db_path, "SELECT status, reason FROM runs")
    assert (run["status"], run["reason"]) == (status, reason)
    (spectrum,) = rows(db_path, "SELECT status FROM spectra")
    assert spectrum["status"] == "aborted"


def test_without_a_database_nothing_is_recorded_and_a_wish_to_is_refused(keeper, tmp_path):
    with labctl.bench("station.toml") as bench:
        assert len(list(bench.fra.sweep([1e4, 1e3], 0.02))) == 2
        assert bench.run_id is None
        with pytest.raises(ConfigurationError, match="nothing can be recorded"):
            bench.record(x=1)
    assert not list(tmp_path.glob("*.db"))


def test_rows_of_ones_own_are_recorded_beside(keeper, db_path):
    with labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench:
        for point in bench.fra.sweep([1e4, 1e3], 0.02):
            bench.record(frequency_hz=point.frequency_hz, remark="door open")
    with labctl.open(db_path) as db:
        assert list(db.records()["remark"]) == ["door open"] * 2
        assert len(db.rows("SELECT * FROM impedance_points")) == 2


def test_a_database_wants_to_know_what_is_measured(keeper, db_path):
    with pytest.raises(ConfigurationError, match="say what is measured"):
        labctl.bench("station.toml", database=db_path)
    assert not db_path.exists()


def test_the_limits_of_the_station_hold_in_a_script(keeper, db_path):
    with labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench:
        with pytest.raises(LimitExceeded):
            bench.bring_to(900)
        with pytest.raises(LimitExceeded):
            bench.fra.sweep([1e3], 5.0)
        with pytest.raises(LimitExceeded):
            bench.run(EIS, amplitude_v=2.5)
        assert outputs(keeper)[0] == 0
    assert rows(db_path, "SELECT * FROM spectra") == []


def test_a_procedure_runs_within_a_script(keeper, db_path):
    with labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench:
        bench.run(EIS, frequency_min_hz=100.0)
    with labctl.open(db_path) as db:
        assert list(db.spectra()["status"]) == ["finished"]
        assert len(db.conductivities()) == 1


def test_the_way_down_is_told_from_the_way_up(keeper, db_path):
    with labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench:
        list(bench.fra.sweep([1e4], 0.02))
        for temperature_degc in (50, 40):
            bench.bring_to(temperature_degc, dwell_min=0)
            list(bench.fra.sweep([1e4], 0.02))
    branches = [row["branch"] for row in rows(db_path, "SELECT branch FROM spectra ORDER BY number")]
    assert branches == ["isothermal", "heating", "cooling"]


def test_a_hold_between_two_spectra_gives_a_transference_number(cell_station, rig_of, db_path):
    keeper = rig_of(cell_station(transference_number=0.3))
    film = {"name": "film", "thickness_mm": 0.1, "area_cm2": 1.0, "electrodes": "reversible", "cation": "Li+"}
    with labctl.bench("station.toml", database=db_path, sample=film) as bench:
        list(bench.potentiostat.rest([0, 10, 20]))
        bench.take_spectrum(1e5, 0.05, amplitude_v=0.005)
        with closing(bench.potentiostat.hold(0.01, range(0, 20000, 20), 0.01)) as current:
            for point in current:
                if point.elapsed_s >= 4000:
                    break
            bench.take_spectrum(1e5, 0.05, amplitude_v=0.005, bias_v=0.01)
        assert not keeper.rig.instruments["GPIB0::6::INSTR"].cell_on
    (polarisation,) = rows(db_path, "SELECT * FROM polarisations")
    assert polarisation["status"] == "finished"
    assert [polarisation["initial_spectrum_id"], polarisation["steady_spectrum_id"]] == [1, 2]
    with labctl.open(db_path) as db:
        (number,) = db.transference_numbers()["value"]
        assert number == pytest.approx(0.3, abs=0.05)
        assert len(db.records()) == 3


def test_a_hold_cut_by_an_error_is_not_called_finished(cell_station, rig_of, db_path):
    rig_of(cell_station())
    with (  # noqa: PT012 - the block is what is tested
        pytest.raises(RuntimeError),
        labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench,
        closing(bench.potentiostat.hold(0.01, [0, 20, 40], 0.01)) as current,
    ):
        next(current)
        raise RuntimeError("my mistake")
    (polarisation,) = rows(db_path, "SELECT status FROM polarisations")
    assert polarisation["status"] == "aborted"


def test_an_instrument_that_cannot_be_made_safe_is_told_loudly(keeper, db_path):
    with (  # noqa: PT012 - the block is what is tested
        pytest.raises(InstrumentError),
        labctl.bench("station.toml", database=db_path, sample=SAMPLE) as bench,
    ):
        bench.oven.setpoint_k = 340.0
        keeper.rig.faults.add("timeout", instrument=OVEN, count=1000)
    (run,) = rows(db_path, "SELECT status, reason FROM runs")
    assert run["status"] == "failed"
    assert "while making safe" in run["reason"]


def test_a_station_in_use_is_refused(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION.replace("[simulation]\n", ""), encoding="utf-8")
    with (
        station_lock(read_station(path)),
        pytest.raises(ConfigurationError, match="already has a runner"),
        labctl.bench(path),
    ):
        pass


@pytest.mark.parametrize(
    "imports",
    [
        "import labctl",
        "from labctl.bench import Bench; import labctl",
        "import drivers.lakeshore33x; import labctl",
    ],
)
def test_the_name_means_both_whatever_was_imported_before(imports, tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION, encoding="utf-8")
    code = (
        f"{imports}\n"
        f"with labctl.bench({str(path)!r}) as bench:\n"
        "    assert isinstance(bench, labctl.bench.Bench)\n"
        "    print(bench.oven.temperature_k > 0)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_a_script_cannot_heat_a_sample_above_its_ceiling(keeper, db_path):
    sample = SAMPLE | {"temperature_max_degc": 80.0, "potential_max_v": 0.01}
    with labctl.bench("station.toml", database=db_path, sample=sample) as bench:
        with pytest.raises(LimitExceeded, match="80 degC"):
            bench.oven.setpoint_k = 81.0 + 273.15
        with pytest.raises(LimitExceeded, match="potential"):
            bench.take_spectrum(frequency_min_hz=1e5, amplitude_v=0.02)
        assert outputs(keeper)[0] == 0
    assert rows(db_path, "SELECT temperature_max_k, potential_max_v, current_max_a FROM samples") == [
        {"temperature_max_k": 353.15, "potential_max_v": 0.01, "current_max_a": None}
    ]


def test_a_script_that_records_refuses_a_cell_that_it_would_not_record():
    cells = {"A": BenchCell("A")}
    bench = ScriptBench(VirtualClock(), LIMITS, {}, "rig", cells=cells)
    with bench.connected("A") as cell_bench:
        assert cell_bench.of_cell == cells["A"]
    recorded = ScriptBench(VirtualClock(), LIMITS, {}, "rig", cells=cells, recording=object())
    with pytest.raises(ConfigurationError, match="records nothing of a cell"), recorded.connected("A"):
        pass
