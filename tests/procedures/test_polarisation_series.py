from types import SimpleNamespace

from labctl.bench import CurrentPoint
from procedures.bruce_vincent import BruceVincent
from procedures.transient import Transient


def test_a_hold_that_reaches_its_longest_time_is_still_polarised_for_its_spectrum():
    switched_off = []

    def hold():
        try:
            for elapsed_s in (0.0, 1.0, 2.0, 3.0):
                yield CurrentPoint(elapsed_s, elapsed_s, 0.01, 1e-6)
        finally:
            switched_off.append(True)

    procedure = BruceVincent()
    procedure.bench = SimpleNamespace(thermometer=SimpleNamespace(temperature_k=300.0))
    procedure.emit, procedure.should_stop = (lambda topic, record: None), (lambda: False)
    points = hold()
    ending = procedure.watch({}, points, Transient(0.01, 1e-3, 0.0, 0.0), longest_s=3.0)
    assert ending.ended_by == "maximum time"
    assert not switched_off
    points.close()
    assert switched_off
