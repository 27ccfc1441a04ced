"""The progress display of a run on the terminal."""

import pytest

from labctl.cli.progress import progress_display
from labctl.clock import VirtualClock
from labctl.measure.events import ProgressMade, RowMeasured, SpectrumEvaluated


def evaluated(run_id):
    row = {"run_id": run_id, "conductivity_s_m": 1e-2, "standard_uncertainty_s_m": 1e-4, "bound": None}
    law = {"preferred": 1, "branch": "all", "activation_energy_ev": None, "flags": ["two temperatures"]}
    return SpectrumEvaluated(conductivity=row | {"temperature_k": 300.0, "flags": []}, fits=[law])


@pytest.mark.parametrize(
    ("several", "begins"), [(True, ["run 1 ", "run 2 ", "run 1 "]), (False, ["26.85"] * 3)]
)
def test_lines_of_samples_that_take_turns_name_their_run(capsys, several, begins):
    with progress_display(VirtualClock(), [], quiet=False, several_runs=several) as show:
        for run_id in (1, 2, 1):
            show(evaluated(run_id))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "S/cm" in line]
    assert [line.startswith(begin) for line, begin in zip(lines, begins, strict=True)] == [True] * 3


def test_a_flag_of_a_law_is_told_once_for_each_run(capsys):
    with progress_display(VirtualClock(), [], quiet=False, several_runs=True) as show:
        for run_id in (1, 2, 1, 2):
            show(evaluated(run_id))
    assert capsys.readouterr().out.count("two temperatures") == 2


def test_where_no_plan_has_times_the_bar_follows_what_the_procedure_emits(capsys):
    with progress_display(VirtualClock(), [], quiet=False) as show:
        show(ProgressMade(percent=42.4))
        show(RowMeasured(values_by_column={"x": 1.0}))
        show(ProgressMade(percent=None))
    assert "42 %" in capsys.readouterr().out
