"""The studies that `make benchmarks` runs: their questions, in a short and in a full form.

A study is a script of this folder with options. `goes_on` is the option that names a file of finished cases,
from which the study continues. `is_timed` studies measure times, which need an idle machine; all others may
run beside other work. `needs` are modules without which a study is left out, by name.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Study:
    """One script, with the options of its short form and of its full form."""

    name: str
    asks: str
    short: tuple[str, ...]
    full: tuple[str, ...]
    goes_on: str | None = None
    is_timed: bool = False
    needs: tuple[str, ...] = ()

    def words(self, full: bool) -> tuple[str, ...]:
        """Return script and options of one form."""
        return self.full if full else self.short

    def command(self, full: bool) -> str:
        """Return the command for the same figures."""
        return " ".join(["python", f"benchmarks/{self.words(full)[0]}", *map(_quoted, self.words(full)[1:])])

    def arguments(self, full: bool, cases: Path) -> list[str]:
        """Return the words after the interpreter, with the file of finished cases."""
        script, *options = self.words(full)
        found = [str(Path(__file__).with_name(script)), *options]
        return found if self.goes_on is None else [*found, self.goes_on, str(cases)]


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _timed(name: str, asks: str, short: tuple[str, ...], full: tuple[str, ...], *needs: str) -> Study:
    return Study(name, asks, short, full, is_timed=True, needs=needs)


SMALL_ARCHIVE = (
    *("archive.py", "--runs", "20", "--spectra", "50", "--fit-runs", "20"),
    *("--kills", "5", "--worker-kills", "2"),
)
STUDIES = (
    _timed("startup", "start of each command", ("startup.py",), ("startup.py", "--rounds", "15")),
    _timed("night", "a night of 14 h: simulated over real time", ("night.py",), ("night.py",)),
    _timed(
        "night_memory",
        "memory of a night of 12 h",
        ("night.py", "--spectra", "340", "--days", "0.5"),
        ("night.py", "--spectra", "340", "--days", "0.5"),
    ),
    _timed("sim_rig", "the simulated rig beside pyvisa-sim", ("sim_rig.py",), ("sim_rig.py",)),
    _timed("eis", "fits beside impedance.py and pyimpspec", ("eis.py", "50", "300"), ("eis.py",)),
    _timed("laws", "VTF fits beside scipy and lmfit", ("laws.py", "100"), ("laws.py",)),
    _timed(
        "store",
        "writing rows beside pymeasure and QCoDeS",
        ("store.py", "--rounds", "1", "--rows", "10000", "--long", "20000"),
        ("store.py",),
    ),
    _timed(
        "window",
        "the window beside a stock pymeasure window",
        ("window.py",),
        ("window.py", "--rounds", "3"),
        "qtpy.QtWidgets",
    ),
    _timed(
        "rehearsal",
        "predicted over true duration of nights",
        ("rehearsal.py", "ten temperatures up and down"),
        ("rehearsal.py",),
    ),
    _timed(
        "large_file",
        "commands on the file of years",
        ("large_file.py", "--runs", "200", "--rounds", "1"),
        ("large_file.py",),
    ),
    _timed("refit", "two workers over one", ("refit.py", "--runs", "10", "--rounds", "1"), ("refit.py",)),
    _timed("export", "exports of 100 runs", ("export.py", "--runs", "20"), ("export.py",)),
    _timed(
        "archive",
        "an archive through kills",
        SMALL_ARCHIVE,
        ("archive.py",),
        "duckdb",
    ),
    Study(
        "after_kill",
        "heater after kill -9, beside bluesky-queueserver",
        ("after_kill.py", "--kills", "2"),
        ("after_kill.py", "--kills", "10"),
        is_timed=True,
    ),
    Study("wal", "size of the -wal of an idle station", ("wal.py", "--days", "0.02"), ("wal.py",)),
    Study(
        "calibration",
        "whole nights: coverage of the stated intervals",
        ("calibration.py", "--nights", "30", "--seed", "1", "--fewest", "10"),
        ("calibration.py", "--nights", "1000", "--seed", "1"),
        "--results",
    ),
    Study(
        "calibration_2",
        "whole nights of another seed",
        ("calibration.py", "--nights", "10", "--seed", "2", "--fewest", "3"),
        ("calibration.py", "--nights", "1000", "--seed", "2"),
        "--results",
    ),
    Study(
        "calibration_laws",
        "the choice of law from points",
        ("calibration.py", "--laws", "--series", "20"),
        ("calibration.py", "--laws", "--series", "400"),
    ),
    Study(
        "eis_trust",
        "spectra with known truth: errors without a flag",
        ("eis_accuracy.py", "trust", "--spectra", "60", "--seed", "2026"),
        ("eis_accuracy.py", "trust", "--spectra", "2000", "--seed", "2026"),
        "--results",
    ),
    Study(
        "eis_drift",
        "Kramers-Kronig and check points: false alarms, drift that is seen",
        ("eis_accuracy.py", "kk", "--spectra", "60", "--seed", "1"),
        ("eis_accuracy.py", "kk", "--spectra", "1000", "--seed", "1"),
        "--results",
    ),
    Study(
        "eis_series",
        "series of spectra: false breaks and wrong energies",
        ("eis_accuracy.py", "series", "--samples", "12", "--seed", "4"),
        ("eis_accuracy.py", "series", "--samples", "200", "--seed", "4"),
        "--results",
    ),
    Study(
        "transference",
        "t+ of simulated cells: coverage",
        ("transference.py", "--runs", "10"),
        ("transference.py", "--runs", "400"),
        "--lines",
    ),
    Study(
        "transference_early",
        "t+ with early stop: wait and steady current",
        ("transference.py", "--runs", "6", "--early", "--noise", "0.002"),
        ("transference.py", "--runs", "60", "--early", "--noise", "0.002"),
        "--lines",
    ),
    Study(
        "transference_early_quiet",
        "t+ with early stop, noise a tenth: wait and steady current",
        ("transference.py", "--runs", "6", "--early", "--noise", "0.0002"),
        ("transference.py", "--runs", "60", "--early", "--noise", "0.0002"),
        "--lines",
    ),
    Study(
        "transference_table",
        "t+ of cells made with other code: covered or flagged",
        ("transference_table.py", "--cells", "4"),
        ("transference_table.py", "--cells", "80"),
        "--lines",
    ),
    Study(
        "carriers",
        "what carries: coverage and false statements",
        ("carriers.py", "--samples", "60"),
        ("carriers.py",),
    ),
    *(
        Study(
            f"carriers_{fault.replace(' ', '_')}",
            f"what carries, with a fault ({fault}) that has to be named",
            ("carriers.py", "--samples", "30", "--fault", fault),
            ("carriers.py", "--samples", "300", "--fault", fault),
        )
        for fault in ("leak", "offset", "lost mass")
    ),
    Study(
        "celsius",
        "kelvin taken for degrees Celsius",
        ("laws.py", "--celsius", "500"),
        ("laws.py", "--celsius", "10000"),
    ),
    _timed(
        "month",
        "late steps of a run of 30 days beside early ones",
        ("night.py", "--spectra", "1000", "--days", "2"),
        ("night.py", "--spectra", "20000", "--days", "30"),
    ),
    Study("refine", "temperatures chosen by the law", ("refine.py", "1"), ("refine.py",)),
    Study(
        "faults",
        "nights with faults: promises broken",
        ("faults.py", "--faults", "60"),
        ("faults.py", "--faults", "1000"),
        "--results",
    ),
    Study(
        "combined_faults",
        "nights with combined faults and real processes",
        ("combined_faults.py", "--nights", "6"),
        ("combined_faults.py", "--nights", "300"),
        "--results",
    ),
    Study(
        "concurrency",
        "four processes on one results file",
        ("concurrency.py", "--seconds", "40", "--seed", "4"),
        ("concurrency.py", "--seconds", "300", "--seed", "4"),
    ),
    Study(
        "front_panel",
        "instruments left in any state",
        ("front_panel.py", "--states", "3"),
        ("front_panel.py", "--states", "50"),
        "--results",
    ),
    Study(
        "front_panel_meanwhile",
        "instruments changed after they were prepared",
        ("front_panel.py", "--states", "3", "--meanwhile"),
        ("front_panel.py", "--states", "24", "--meanwhile"),
        "--results",
    ),
    Study(
        "switch_faults",
        "a spectrum attributed to a wrong cell",
        ("switch_faults.py", "--trials", "8"),
        ("switch_faults.py", "--trials", "200"),
        "--results",
    ),
    Study(
        "files",
        "files of many dialects",
        ("files.py", "--spectra", "600"),
        ("files.py", "--spectra", "20000"),
        "--results",
    ),
    Study(
        "damaged_files",
        "damaged files",
        ("files.py", "--damaged", "200"),
        ("files.py", "--damaged", "3000"),
        "--results",
    ),
    *(
        Study(
            f"fuzz_{kind}",
            f"random input: {kind}",
            ("fuzz.py", kind, "--cases", "50"),
            ("fuzz.py", kind, "--cases", "10000"),
            "--results",
        )
        for kind in ("toml", "command_lines", "replies", "databases")
    ),
    Study(
        "mutants",
        "changes of the source that tests notice",
        ("mutants.py", "--mutants", "12", "--seed", "1"),
        ("mutants.py", "--mutants", "400", "--seed", "1"),
        "--out",
    ),
)
