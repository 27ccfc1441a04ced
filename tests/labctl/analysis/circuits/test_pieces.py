"""Recognition of the parts of a circuit in its parsed tree."""

import pytest

from labctl.analysis.circuits.pieces import Capacitive, ResistiveArc, pieces_of


def test_the_parts_of_a_blocking_cell_are_found():
    pieces = pieces_of("R0-p(R1,CPE1)-p(R2,C2)-CPE3")
    assert pieces.resistors == ("R0",)
    assert pieces.arcs == (
        ResistiveArc("R1", Capacitive("CPE1_Q", "CPE1_n")),
        ResistiveArc("R2", Capacitive("C2", None)),
    )
    assert pieces.spike == Capacitive("CPE3_Q", "CPE3_n")
    assert pieces.diffusion_times == ()


def test_labels_are_free():
    pieces = pieces_of("Rlead-p(CPEbulk,Rbulk)-Wslow")
    assert pieces.resistors == ("Rlead",)
    assert [arc.resistance for arc in pieces.arcs] == ["Rbulk"]
    assert pieces.diffusion_times == ("Wslow_tau",)


def test_a_resistor_in_series_with_diffusion_beside_a_cpe_is_an_arc():
    pieces = pieces_of("R0-p(R1-Ws1,CPE1)")
    assert pieces.arcs == (ResistiveArc("R1", Capacitive("CPE1_Q", "CPE1_n")),)
    assert pieces.diffusion_times == ("Ws1_tau",)


@pytest.mark.parametrize("description", ["p(R1,R2)", "p(C1,C2)", "p(R1,L1)", "p(R1,C1,C2)", "R1-W1", "Ws1"])
def test_what_is_no_arc_is_not_called_one(description):
    assert pieces_of(description).arcs == ()


def test_an_arc_at_the_end_is_no_spike():
    assert pieces_of("R0-p(R1,C1)").spike is None
    assert pieces_of("CPE1-R0").spike is None
