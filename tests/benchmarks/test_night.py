"""One percent of a long night: late steps read no more rows than early ones, and the laws are complete."""

import math
import sys
from pathlib import Path

import pytest

from labctl.analysis import Estimate
from labctl.analysis.resistance.single import Resistance
from labctl.derive import conductivities

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def night(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "night", raising=False)
    import night

    return night


def quick(spectra, temperatures_k, electrodes, *, lead_ohm, details):
    """Resistances without a fit: what is counted here is the reading of rows."""
    return tuple(
        Resistance(
            total_ohm=Estimate(float(abs(spectrum.z_ohm[-1])), 1.0),
            arcs=(),
            interphase_ohm=None,
            circuit="",
            bound=None,
            flags=(),
            intercept_ohm=math.nan,
            minimum_ohm=math.nan,
            candidates=(),
            fit=None,
        )
        for spectrum in spectra
    )


def test_a_late_step_reads_no_more_rows_than_an_early_one(night, tmp_path, monkeypatch):
    monkeypatch.setattr(conductivities, "ionic_resistance_series", quick)
    costs, _ = night.long_night(tmp_path, 120, 0.2, tell=lambda words: None)
    assert len(costs) == 120
    assert night.late_to_early(costs, "instructions") < 1.2
    assert night.laws_are_complete(tmp_path / "lab.db")
