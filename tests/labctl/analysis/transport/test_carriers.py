"""The verdict on carriers: what several methods together say, and leave open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis.transport.carriers import CONDUCTORS, SINGLE, Evidence, weigh


def says(carrier, low, high, method="a method", **more):
    return Evidence(method=method, carrier=carrier, low=low, high=high, **more)


def test_nothing_measured_says_nothing_and_excludes_nothing():
    verdict = weigh([])
    assert (verdict.carries, verdict.statements, verdict.limits) == ((), (), {})
    assert verdict.not_excluded == tuple(CONDUCTORS.values())


def test_few_electrons_say_ions_and_not_which_ion():
    verdict = weigh([says("electrons", 0.0, 0.02)])
    assert verdict.carries == ("ions",)
    assert verdict.statements == ("ions together carry 0.98 to 1 of the current",)
    assert CONDUCTORS["electrons"] not in verdict.not_excluded
    assert {CONDUCTORS[name] for name in ("cation", "anion", "protons")} <= set(verdict.not_excluded)


def test_a_cation_that_carries_excludes_all_others():
    verdict = weigh([says("cation", 0.95, 1.01)])
    assert verdict.carries == ("ions", "cation")
    assert verdict.not_excluded == ()
    assert verdict.limits["anion"] == pytest.approx((0.0, 0.05))


def test_an_anion_that_carries_leaves_the_cation_less_than_half():
    verdict = weigh([says("anion", 0.8, 1.0)])
    assert "cation" not in verdict.carries
    assert verdict.limits["cation"][1] == pytest.approx(0.2)


def test_a_broken_presumption_is_named_and_counts_for_nothing():
    verdict = weigh([says("cation", 0.9, 1.0, "Tubandt", broken=("the masses contradict each other",))])
    assert verdict.broken == ("Tubandt: the masses contradict each other",)
    assert verdict.carries == ()


def test_a_share_beyond_one_is_a_broken_presumption():
    verdict = weigh([says("ions", 1.02, 1.08, "emf")])
    assert verdict.broken == ("emf: a share of 1.02 to 1.08 is not possible",)
    assert verdict.carries == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (says("electrons", 0.4, 0.5), says("electrons", 0.0, 0.1)),
        (says("electrons", 0.4, 0.5), says("ions", 0.9, 1.0)),
        (says("ions", 0.0, 0.3), says("electrons", 0.0, 0.1)),
        (says("cation", 0.6, 0.7), says("anion", 0.5, 0.6)),
        (says("cation", 0.6, 0.7), says("ions", 0.0, 0.5)),
    ],
)
def test_methods_that_contradict_are_named_and_neither_counts(one, other):
    for pair in ([one, other], [other, one]):
        verdict = weigh(pair)
        assert len(verdict.contradictions) == 1
        assert "neither counts" in verdict.contradictions[0]
        assert verdict.carries == ()


def test_intervals_that_overlap_do_not_contradict():
    verdict = weigh([says("electrons", 0.05, 0.15), says("ions", 0.8, 0.9), says("cation", 0.7, 0.9)])
    assert verdict.contradictions == ()
    assert verdict.limits["ions"] == pytest.approx((0.85, 0.9))


@given(
    st.lists(st.floats(0.01, 1), min_size=5, max_size=5),
    st.lists(st.tuples(st.sampled_from(range(5)), st.floats(0, 0.3), st.floats(0, 0.3)), max_size=6),
)
def test_true_intervals_never_contradict_and_never_name_a_wrong_carrier(weights, drawn):
    shares = dict(zip(SINGLE, (w / sum(weights) for w in weights), strict=True))
    evidence = [
        says(SINGLE[i], max(shares[SINGLE[i]] - below, 0), min(shares[SINGLE[i]] + above, 1))
        for i, below, above in drawn
    ]
    verdict = weigh(evidence)
    assert verdict.contradictions == ()
    for name in set(verdict.carries) & set(SINGLE):
        assert shares[name] > 0.5
    for name, (low, high) in verdict.limits.items():
        share = 1 - shares["electrons"] if name == "ions" else shares[name]
        assert low - 1e-9 <= share <= high + 1e-9
    open_ = {name for name in SINGLE if CONDUCTORS[name] in verdict.not_excluded}
    assert all(name in open_ or name in verdict.carries for name in SINGLE if shares[name] > 0.5)


def test_impossible_evidence_is_named():
    with pytest.raises(ValueError, match="carrier must be one of"):
        says("holes", 0, 1)
    with pytest.raises(ValueError, match="low must not exceed high"):
        says("ions", 1, 0)
