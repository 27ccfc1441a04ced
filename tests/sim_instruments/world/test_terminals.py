import pytest

from sim_instruments.world.cell import Cell, CircuitCell
from sim_instruments.world.laws import Arrhenius
from sim_instruments.world.oven import Oven
from sim_instruments.world.terminals import Terminals


@pytest.fixture
def terminals():
    circuit = CircuitCell(Arrhenius(1e-2, 333.15, 0.5), 1e-4, 1e-4, electrodes="reversible")
    return Terminals(Cell(circuit), Oven(333.15))


def test_a_disconnected_cell_carries_nothing(terminals):
    assert not terminals.connected
    assert terminals.current_a(10.0) == 0


def test_the_current_falls_to_potential_over_direct_resistance(terminals):
    terminals.hold(0.01, 0.0)
    direct_ohm = terminals._cell.electrochemistry.direct_ohm(333.15)
    assert terminals.current_a(1.0) > terminals.current_a(1e5)
    assert terminals.current_a(1e6) == pytest.approx(0.01 / direct_ohm, rel=1e-4)


def test_stepping_back_to_zero_turns_the_current_round(terminals):
    terminals.hold(0.01, 0.0)
    terminals.hold(0.0, 1000.0)
    assert terminals.connected
    assert terminals.current_a(1010.0) < 0
    assert terminals.current_a(1e6) == pytest.approx(0.0, abs=1e-9)


def test_a_cell_that_was_polarised_long_ago_has_forgotten_it(terminals):
    terminals.hold(0.01, 0.0)
    terminals.disconnect(1000.0)
    assert terminals.current_a(1001.0) == 0
    terminals.hold(0.0, 1e6)
    assert terminals.current_a(1e6 + 1) == pytest.approx(0.0, abs=1e-12)


def test_a_short_opening_leaves_the_gradient_that_the_polarisation_built_up(terminals):
    terminals.hold(0.01, 0.0)
    terminals.hold(0.0, 1000.0)
    without_opening_a = terminals.current_a(1030.0)
    terminals.disconnect(1e7)
    terminals.hold(0.01, 2e7)
    terminals.disconnect(2e7 + 1000.0)
    terminals.hold(0.0, 2e7 + 1002.0)
    assert terminals.current_a(2e7 + 1032.0) == pytest.approx(without_opening_a, rel=0.05)


def test_a_long_history_ends_where_a_short_one_does(terminals):
    for step in range(500):
        terminals.hold(0.001 * step, float(step))
    total = terminals.current_a(1e6)
    terminals.disconnect(499.0)
    terminals.hold(0.499, 499.0)
    assert total == pytest.approx(terminals.current_a(1e6), rel=1e-6)


def test_a_stand_in_that_gives_no_time_disconnects_when_the_current_was_last_read(terminals):
    terminals.hold(0.01, 0.0)
    terminals.current_a(1000.0)
    terminals.disconnect()
    assert not terminals.connected
    terminals.hold(0.0, 1002.0)
    assert terminals.current_a(1032.0) < 0
