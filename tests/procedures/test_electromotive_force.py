import math

import pytest

from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError
from procedures.electromotive_force import ElectromotiveForce, OpenCell
from labctl.bench import CurrentPoint

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
