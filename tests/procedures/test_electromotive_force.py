import math

import pytest

from labctl.bench import CurrentPoint
from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError
from procedures.electromotive_force import OpenCell

EMF = "procedures.electromotive_force:ElectromotiveForce"
QUICK = "window_min = 1.0\nwait_max_min = 5.0\ninterval_s = 5.0\n"
SILVER = {"ions": {"Ag+": {"share": 0.8, "activity_ratio": 0.1}}, "electrons": 0.2}
NERNST_V = 8.617333262e-5 * 303.15 * math.log(10.0)


def phases(measured):
    rows = measured.rows("SELECT json_extract(data, '$.phase') AS phase FROM records ORDER BY number")
    return [row["phase"] for row in rows]


def test_the_steady_potential_of_the_open_cell_is_counted(cell_station, measure_cell):
    measured = measure_cell(cell_station(carriers=SILVER), QUICK, EMF, cation="Ag+")
    assert (measured.outcome.status, measured.outcome.reason) == ("finished", "")
    assert not measured.cell_on
    assert phases(measured)[-1] == "end of step"
    counted = measured.rows(
        "SELECT avg(json_extract(data, '$.potential_v')) AS mean_v, count(*) AS n FROM records "
        "WHERE json_extract(data, '$.phase') = 'counted'"
    )
    assert counted[0]["n"] >= 10
    assert counted[0]["mean_v"] == pytest.approx(0.8 * NERNST_V, abs=1e-4)


def test_leads_that_are_open_are_told_and_the_potential_does_not_count(cell_station, measure_cell):
    def cut(bench, rig):
        rig.faults.add("cell_open", after_s=0.0)
        return bench

    measured = measure_cell(cell_station(carriers=SILVER), QUICK, EMF, cation="Ag+", before=cut)
    assert measured.outcome.status == "finished"
    assert "a lead may be open" in measured.outcome.reason
    assert phases(measured)[-1] == "not connected"


def test_a_potential_that_drifts_on_is_told_and_does_not_count(cell_station, measure_cell):
    strict = QUICK + "steady_v_h = 1e-6\n"
    measured = measure_cell(cell_station(carriers=SILVER), strict, EMF, cation="Ag+")
    assert "potential not steady within its time at 30 degC" in measured.outcome.reason
    assert phases(measured)[-1] == "not settled"
    assert "counted" not in phases(measured)


def test_a_cell_is_steady_when_its_drift_with_its_error_is_small():
    cell = OpenCell(window_s=100.0, steady_v_s=1e-6)
    for number in range(11):
        cell.take(CurrentPoint(0.0, 10.0 * number, 0.1, 0.0))
        assert cell.is_steady() == (number == 10)
    drifting = OpenCell(window_s=100.0, steady_v_s=1e-6)
    for number in range(30):
        drifting.take(CurrentPoint(0.0, 10.0 * number, 0.1 + 1e-4 * number, 0.0))
    assert not drifting.is_steady()


def test_points_that_the_instrument_doubts_do_not_count():
    cell = OpenCell(window_s=100.0, steady_v_s=1e-6)
    cell.take(CurrentPoint(0.0, 10.0, 9.9, 0.0, "overload"))
    assert cell.potential_v == []


def test_a_window_of_too_few_points_is_refused():
    text = (
        '[sample]\nname = "film"\nthickness_mm = 0.1\narea_cm2 = 1.0\n'
        f'[[procedure]]\nuse = "{EMF}"\nwindow_min = 0.5\ninterval_s = 10\n'
    )
    with pytest.raises(ConfigurationError, match="five intervals"):
        parse_protocol(text, "protocol.toml")
