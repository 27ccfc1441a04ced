"""Recognition of the parts of a circuit in its parsed tree."""

import pytest

from labctl.analysis.circuits import circuit as circuit_module
from labctl.analysis.circuits import elements
from labctl.analysis.circuits.elements import EXPONENT, RESISTANCE, TIME, element
from labctl.analysis.circuits.pieces import Capacitive, Dispersion, ResistiveArc, pieces_of
from labctl.analysis.resistance.candidates import BLOCKING, REVERSIBLE


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


@pytest.mark.parametrize("description", [*BLOCKING, *REVERSIBLE, "L0-R0-p(R9,L9)-p(R1-Ws1,CPE1)"])
def test_every_resistance_of_a_shipped_candidate_is_read(description):
    assert pieces_of(description).unread == ()


@pytest.mark.parametrize(
    ("description", "unread"),
    [
        ("R0-p(R1,C1,CPE3)-CPE2", ("R1",)),
        ("R0-p(R1-p(R2,CPE2),C1)-CPE3", ("R1", "R2")),
        ("p(R1,R2)-CPE1", ("R1", "R2")),
    ],
)
def test_a_resistance_in_any_other_place_is_unread(description, unread):
    assert pieces_of(description).unread == unread


def test_an_own_element_with_resistance_time_and_exponent_is_an_arc(monkeypatch):
    known = dict(elements.ELEMENTS)
    monkeypatch.setattr(elements, "ELEMENTS", known)
    monkeypatch.setattr(circuit_module, "ELEMENTS", known)
    element("Zone", R=RESISTANCE, tau=TIME, n=EXPONENT)(lambda ln_w, p, dz: p[..., 0, :])
    pieces = pieces_of("R0-Zone1-CPE2")
    assert pieces.arcs == (ResistiveArc("Zone1_R", Dispersion("Zone1_tau", "Zone1_n")),)
    assert (pieces.diffusion_times, pieces.unread) == ((), ())
