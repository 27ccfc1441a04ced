"""Numbers that differ between two derivations."""

from labctl.derive.moves import moves


def row(ohm, relative):
    names = ("spectrum_id", "total_resistance_ohm", "relative_uncertainty_resistance")
    return dict(zip(names, (7, ohm, relative), strict=True))


def test_a_resistance_moves_with_its_uncertainty_in_ohm():
    before, after = (
        {1: {"conductivities": [one], "law_fits": [], "transference_numbers": []}}
        for one in (row(1000.0, 0.01), row(2000.0, None))
    )
    (move,) = moves(before, after)
    assert (move.quantity, move.before, move.u_before) == ("total_resistance_ohm", 1000.0, 10.0)
    assert (move.after, move.u_after) == (2000.0, None)
