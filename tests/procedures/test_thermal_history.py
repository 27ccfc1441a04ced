"""Steps of temperature before a series: each is held, recorded, and not repeated after a cut."""

import pytest

from labctl.config.protocol import plan_of
from procedures.temperature_stepped_eis import TemperatureSteppedEIS
from procedures.thermal_history import ThermalStep, parse_history

SERIES = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
QUICK = """
frequency_max_hz = 1e5
frequency_min_hz = 1e3
points_per_decade = 2
band_k = 2.0
slope_k_min = 1.0
"""


def test_a_history_is_a_list_of_purposes_temperatures_and_times():
    assert parse_history("dry 80 degC 12 h; melt 150.5 degC 30 min") == [
        ThermalStep("dry", 353.15, 43200.0),
        ThermalStep("melt", 423.65, 1800.0),
    ]
    assert parse_history("") == []


@pytest.mark.parametrize(
    "text", ["dry", "dry 80 12 h", "dry 80 degC", "dry 80 K 1 h", "dry 9999 degC 1 h", "80 degC 1 h"]
)
def test_what_is_no_history_is_refused_with_an_example(text):
    series = TemperatureSteppedEIS()
    with pytest.raises(ValueError, match="is no step of a thermal history; give e"):
        series.set_parameters({"history": text})


def test_each_step_is_held_and_recorded_before_the_first_spectrum(cell_station, measure_cell):
    found = measure_cell(
        cell_station(), QUICK + 'history = "dry 60 degC 10 min; anneal 40 degC 5 min"', procedure=SERIES
    )
    assert found.outcome.status == "finished", found.outcome.reason
    dry, anneal = found.rows("SELECT * FROM thermal_steps ORDER BY number")
    assert [(one["name"], one["state"]) for one in (dry, anneal)] == [
        ("dry", "finished"),
        ("anneal", "finished"),
    ]
    assert dry["ended_s"] - dry["settled_s"] == pytest.approx(600, abs=10)
    assert dry["mean_k"] == pytest.approx(333.15, abs=2.0)
    assert dry["min_k"] < 310
    assert anneal["started_s"] >= dry["ended_s"]
    (spectrum,) = found.rows("SELECT started_s FROM spectra")
    assert spectrum["started_s"] > anneal["ended_s"]
    told = found.rows("SELECT message FROM events WHERE kind = 'thermal step' ORDER BY id")
    assert told[0]["message"] == "begins: dry at 60 degC for 10 min"
    assert told[1]["message"] == "ended: dry, finished"


def test_a_step_that_never_settles_is_recorded_as_failed(cell_station, measure_cell):
    more = QUICK + 'history = "melt 140 degC 5 min"\nsettling_timeout_min = 2'
    found = measure_cell(cell_station(), more, procedure=SERIES)
    assert found.outcome.status == "failed"
    (melt,) = found.rows("SELECT * FROM thermal_steps")
    assert (melt["state"], melt["settled_s"], melt["mean_k"]) == ("failed", None, None)


def test_finished_steps_are_not_held_again(cell_station, measure_cell):
    def finished(bench, rig):
        TemperatureSteppedEIS.finished_history = frozenset({0})
        return bench

    try:
        more = QUICK + 'history = "dry 60 degC 10 min; anneal 40 degC 5 min"'
        found = measure_cell(cell_station(), more, procedure=SERIES, before=finished)
    finally:
        del TemperatureSteppedEIS.finished_history
    assert [row["name"] for row in found.rows("SELECT name FROM thermal_steps")] == ["anneal"]


def test_the_plan_counts_the_history():
    series = TemperatureSteppedEIS()
    without = sum(step.duration_s for step in plan_of(series))
    series.history = "dry 80 degC 12 h"
    plan = plan_of(series)
    assert (plan[0].label, plan[0].temperature_k) == ("dry at 80 degC for 720 min", 353.15)
    assert sum(step.duration_s for step in plan) > without + 12 * 3600
